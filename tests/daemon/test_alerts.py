"""The alerts, the dashboard and the pages speak of metrics that there are, and Prometheus takes all."""

import json
import os
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from syncd.daemon.metrics import families
from tests.daemon.busy import busy
from tests.servers.prometheus import Faulty, Prometheus, promtool

DOCS = Path(__file__).parents[2] / "docs"
RULES = DOCS / "alerts" / "syncd.rules.yaml"
TESTS = DOCS / "alerts" / "syncd.test.yaml"
PAGE = DOCS / "operating.md"
METRICS = DOCS / "metrics.md"
DASHBOARD = DOCS / "grafana" / "syncd.json"

GROUPS = yaml.safe_load(RULES.read_text())["groups"]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule}
RECORDED = {rule["record"] for group in GROUPS for rule in group["rules"] if "record" in rule}
PROMETHEUS_OWN = {"up"}


def dashboard():
    return json.loads(DASHBOARD.read_text())


def queries():
    """The dashboard's, as Grafana sends them."""
    asked = [
        target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ())
    ]
    for name, value in (
        ("$__rate_interval", "2m"),
        ("$__range", "1d"),
        ("$job", "syncd"),
        ("$sync", ".*"),
    ):
        asked = [expression.replace(name, value) for expression in asked]
    return asked


def names(expression):
    """The metrics that a query names."""
    plain = re.sub(r'"[^"]*"', "", expression)
    return set(re.findall(r"\b(?:syncd|process)_\w+|\bjob_sync:[\w:]+|\bup\b", plain))


@pytest.fixture(scope="module")
def rendered():
    return busy().render().decode()


@pytest.fixture(scope="module")
def series(rendered):
    """The names of all series."""
    return {
        sample.name
        for family in text_string_to_metric_families(rendered)
        for sample in family.samples
    }


def test_all_metrics_are_rendered(series):
    """A daemon to which everything has happened tells of each metric that is declared."""
    suffixes = {"gauge": ("",), "counter": ("",), "histogram": ("_bucket", "_sum", "_count")}
    wanted = {one.name + suffix for one in families.ALL for suffix in suffixes[one.type]}

    assert {name for name in series if name.startswith("syncd_")} == wanted


def test_promtool_finds_no_fault_with_the_metrics(rendered):
    """Names, types and help are as Prometheus wants them."""
    assert promtool("check", "metrics", given=rendered) == ""


def test_promtool_finds_no_fault_with_the_rules():
    """They are rules."""
    assert f"{len(ALERTS) + len(RECORDED)} rules found" in promtool("check", "rules", RULES)


def test_each_alert_fires_when_it_should_and_only_then():
    """By the tests that lie beside the rules."""
    assert "SUCCESS" in promtool("test", "rules", TESTS)


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_is_tested_in_both_ways(name):
    """There is a series in which it fires, and one in which it does not."""
    fires = {
        bool(asked["exp_alerts"])
        for test in yaml.safe_load(TESTS.read_text())["tests"]
        for asked in test["alert_rule_test"]
        if asked["alertname"] == name and test["name"].startswith(f"{name}: ")
    }

    assert fires == {True, False}


@pytest.mark.parametrize("name", [name for name, rule in ALERTS.items() if "for" in rule])
def test_an_alert_waits_as_long_as_it_says(name, tmp_path):
    """Without its patience its own tests fail: it would fire for what is over soon."""
    rules = yaml.safe_load(RULES.read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            if rule.get("alert") == name:
                del rule["for"]
    (tmp_path / RULES.name).write_text(yaml.safe_dump(rules))
    tests = yaml.safe_load(TESTS.read_text())
    tests["tests"] = [test for test in tests["tests"] if test["name"].startswith(f"{name}: ")]
    (tmp_path / TESTS.name).write_text(yaml.safe_dump(tests))

    with pytest.raises(Faulty, match="got:"):
        promtool("test", "rules", tmp_path / TESTS.name)


def test_a_sync_may_have_a_limit_of_its_own(tmp_path):
    """What docs/metrics.md says to put into the rules does what it says."""
    [block] = re.findall(r"^  ```yaml\n(.*?)^  ```", METRICS.read_text(), re.DOTALL | re.MULTILINE)
    rules = yaml.safe_load(RULES.read_text())
    rules["groups"][0]["rules"] = yaml.safe_load(block)
    (tmp_path / RULES.name).write_text(yaml.safe_dump(rules))
    series = [
        {"series": f'{name}{{job="syncd", sync="{sync}"}}', "values": values}
        for sync in ("payroll", "wiki")
        for name, values in (
            ("syncd_sync_interval_seconds", "600x20"),
            ("syncd_sync_verified_age_seconds", "80000x20"),
        )
    ]
    query = 'count by (sync) (ALERTS{alertname="SyncdNotVerified"})'
    asked = {
        "expr": query,
        "eval_time": "10m",
        "exp_samples": [{"labels": '{sync="wiki"}', "value": 1}],
    }
    test = {"interval": "1m", "input_series": series, "promql_expr_test": [asked]}
    told = {"rule_files": [RULES.name], "evaluation_interval": "1m", "tests": [test]}
    (tmp_path / TESTS.name).write_text(yaml.safe_dump(told))

    assert "SUCCESS" in promtool("test", "rules", tmp_path / TESTS.name)


def test_what_rules_and_dashboard_ask_for_is_there(series):
    """No alert is silent, and no panel empty, because a name was changed."""
    rules = [rule["expr"] for group in GROUPS for rule in group["rules"]]
    variables = [
        one["definition"] for one in dashboard()["templating"]["list"] if "definition" in one
    ]
    asked = set().union(*map(names, (*rules, *queries(), *variables)))

    assert asked - PROMETHEUS_OWN - RECORDED <= series
    assert len(asked) > 40


def test_every_metric_is_used():
    """What nobody looks at is not worth its place; but a time that is told as an age, too."""
    asked = set().union(*map(names, queries()))
    told_twice = {
        "syncd_sync_verified_timestamp_seconds",
        "syncd_sync_attempt_timestamp_seconds",
        "syncd_sync_time_limit_seconds",
        "syncd_sync_under_way",
    }
    used = {re.sub(r"_(bucket|count|sum)$", "", name) for name in asked}

    assert {one.name for one in families.ALL} - used == told_twice


def test_the_buckets_that_alerts_ask_for_are_there(rendered):
    """A bucket that is not there is never counted in."""
    asked = {le for rule in ALERTS.values() for le in re.findall(r'le="([^"]+)"', rule["expr"])}

    assert asked
    for le in asked:
        assert f'syncd_leaver_suspension_seconds_bucket{{le="{le}",sync="main"}}' in rendered


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_says_what_where_and_what_to_do(name):
    """Its texts are there, and its runbook leads to its paragraph."""
    rule = ALERTS[name]

    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook"}
    assert rule["annotations"]["runbook"] == f"docs/operating.md#{name.lower()}"
    assert PAGE.read_text().count(f"\n### {name}\n") == 1


def test_no_paragraph_is_about_an_alert_that_is_not():
    """What the page tells of alerts is of these, in their order."""
    told = re.findall(r"^### (Syncd.+)$", PAGE.read_text(), re.MULTILINE)

    assert told == list(ALERTS)


def table():
    yield "| metric | type | labels | what |"
    yield "| --- | --- | --- | --- |"
    for one in families.ALL:
        labels = ", ".join(f"`{label}`" for label in one.labels) or "none"
        yield f"| `{one.name}` | {one.type} | {labels} | {one.help} |"


def test_the_table_of_metrics_is_what_the_code_declares():
    """Made anew by `SYNCD_WRITE_PAGES=1 pytest tests/daemon/test_alerts.py`."""
    page = METRICS.read_text(encoding="utf-8")
    between = re.compile(r"(?<=<!-- metrics -->\n).*(?=<!-- end -->)", re.DOTALL)
    now = between.sub(lambda _: "".join(f"{line}\n" for line in table()), page)
    if os.environ.get("SYNCD_WRITE_PAGES"):
        METRICS.write_text(now, encoding="utf-8")
        page = now

    assert page == now


def test_the_dashboard_is_one_that_grafana_takes():
    """Panels have numbers and places of their own, a data source by variable, and a query each."""
    told = dashboard()
    panels = told["panels"]
    charts = [one for one in panels if one["type"] != "row"]

    assert told["schemaVersion"] >= 38
    assert told["id"] is None
    assert [one["name"] for one in told["templating"]["list"]] == ["datasource", "job", "sync"]
    assert len({one["id"] for one in panels}) == len(panels)
    assert all(one["datasource"]["uid"] == "${datasource}" for one in charts)
    assert all(target["expr"] for one in charts for target in one["targets"])
    taken = set()
    for one in panels:
        at = one["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, one["title"]
        taken |= cells


def test_prometheus_scrapes_the_metrics_and_answers_the_dashboard(tmp_path):
    """A real one takes what is rendered, as OpenMetrics, loads the rules, and has data for panels."""
    metrics = busy()
    wanted = {"SyncdReloadRefused", "SyncdSourceIncomplete", "SyncdRemovalsWithheld"}
    with Prometheus(tmp_path, metrics, RULES) as server:
        answers = {query: server.ask(query) for query in queries()}
        firing = server.alerts(wanted)

    assert server.asked_for == {"application/openmetrics-text; version=1.0.0; charset=utf-8"}
    steady = [query for query in queries() if not re.search(r"increase|rate|> 0$", query)]
    assert [query for query in steady if not answers[query]] == []
    assert wanted <= firing
