"""What the status endpoint answers, over a real ledger and a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from syncd.config.assemble import of_today
from syncd.core.plan import Plan
from syncd.daemon.live import Progress
from syncd.ledger import Daemon
from tests.audited import audited, cut_off
from tests.daemon.observed import (
    ACTION_TOKEN,
    NOW,
    TOKEN,
    WRONG,
    Observed,
    bearer,
    observed,
)

SEES, ACTS = bearer(TOKEN), bearer(ACTION_TOKEN)


@pytest.fixture
def live(tmp_path) -> Iterator[Observed]:
    made = observed(tmp_path, actions=True, action_token=ACTION_TOKEN)
    yield made
    made.ledger.close()


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def test_alive_and_able_are_said_in_plain_words_and_by_the_status(client, live):
    """Two questions: whether to start it anew, and whether it can do its work."""
    assert [(r.status_code, r.text) for r in map(client.get, ("/healthz", "/readyz"))] == [
        (200, "alive\n"),
        (200, "ready\n"),
    ]
    live.is_alive, live.why_unable = False, "the ledger cannot be reached"
    assert [(r.status_code, r.text) for r in map(client.get, ("/healthz", "/readyz"))] == [
        (503, "hanging: it gives no sign of life\n"),
        (503, "not able: the token shows why\n"),
    ]
    able = client.get("/readyz", headers=SEES)
    assert (able.status_code, able.text) == (503, "not able: the ledger cannot be reached\n")


def test_the_status_tells_whether_the_audit_is_written_and_whole(client, live, tmp_path):
    """What is wrong, to who has shown the token; on the page too."""

    def told(**headers):
        return client.get("/status", headers=headers).json()["audit"]

    assert told() is None
    (tmp_path / "state").touch()
    audited(live.ledger, tmp_path / "state" / "audit")
    assert told() == {"up": False, "whole": True, "trouble": None}
    why = f"the audit in {tmp_path}/state/audit cannot be written: Not a directory"
    assert told(**SEES)["trouble"].startswith(why)
    assert "The audit lacks what was done last. The log says why." in client.get("/").text
    assert why in client.get("/", headers=SEES).text
    (tmp_path / "state").unlink()
    live.ledger.follow()
    assert told(**SEES) == {"up": True, "whole": True, "trouble": ""}
    assert "audit" not in client.get("/", headers=SEES).text.lower()
    cut_off(live.ledger, tmp_path / "state" / "audit")
    assert told() == {"up": True, "whole": False, "trouble": None}
    assert "are missing at its end" in told(**SEES)["trouble"]
    assert "Somebody has changed the audit" in client.get("/").text


def test_the_status_tells_of_every_sync_how_it_stands(client, live):
    """The last run, the last verified success and its age, what is next and what is open."""
    live.running["new"] = Progress("new", NOW, "applying", 3, 10, writing=True)
    # Whoever was silent for a minute leads nobody.
    live.ledger.desk.see(Daemon(live.name, "0.1.0", NOW, datetime.now(UTC), leads=True))
    told = client.get("/status").json()
    main, new = told["syncs"]
    last = main.pop("last")
    age = main.pop("verified_age")
    assert age == (datetime.fromisoformat(told["at"]) - (NOW - timedelta(days=6))).total_seconds()
    assert main == {
        "sync": "main",
        "target": "wiki",
        "enabled": True,
        "verified_at": iso(NOW - timedelta(days=6)),
        "failures": 3,
        "failing_since": iso(NOW - timedelta(days=5)),
        "next_run": iso(NOW + timedelta(minutes=4)),
        "under_way": None,
    }
    numbers = ("run", "pending", "refused", "conflicts", "unmapped", "unsettled", "withheld")
    assert {name: last[name] for name in numbers} == {
        "run": 4,
        "pending": 1,
        "refused": 0,
        "conflicts": 1,
        "unmapped": 1,
        "unsettled": 0,
        "withheld": 1,
    }
    counts = ("planned", "done", "failed", "held", "withheld_changes")
    assert {name: last[name] for name in counts} == {
        "planned": {"user.update": 1},
        "done": {},
        "failed": {"user.update": 1},
        "held": {},
        "withheld_changes": {"user.suspend": 1},
    }
    assert (last["outcome"], last["began_at"]) == ("failed", iso(NOW - timedelta(days=2)))
    assert {name: one["whole"] for name, one in last["sources"].items()} == {"p": False}
    assert (last["target"]["whole"], last["target"]["users"]) == (True, 4)
    assert new["under_way"] == {
        "since": iso(NOW),
        "what": "applying",
        "done": 3,
        "total": 10,
        "writing": True,
    }
    assert (new["last"], new["verified_age"], new["enabled"]) == (None, None, False)
    assert (told["names"], told["daemon"], told["leads"]) == (False, live.name, True)
    assert [(one["name"], one["leads"]) for one in told["daemons"]] == [
        ("pid 4711 on sagittarius", True),
        ("pid 12 on capricorn", False),
    ]


def test_runs_come_page_by_page(client):
    """The newest first; each page says where the next begins, and the last says that it is."""
    seen, before, pages = [], "", 0
    while True:
        page = client.get(f"/runs?sync=main&limit=3{before}").json()
        seen += [run["run"] for run in page["runs"]]
        pages += 1
        if page["before"] is None:
            break
        before = f"&before={page['before']}"
    assert (seen, pages) == ([4, 3, 2, 1], 2)
    assert client.get("/runs?limit=4").json()["before"] is None
    assert client.get("/runs?sync=new").json()["runs"] == []


def test_a_run_tells_its_changes_before_and_after_page_by_page(client):
    """In the order in which they were made."""
    changes, after = [], 0
    while after is not None:
        page = client.get(f"/runs/1?limit=4&after={after}", headers=SEES).json()
        changes += page["changes"]
        after = page["after"]
    assert [f"{one['kind']} {one['op']}" for one in changes] == [
        "group create",
        *["user create"] * 3,
        *["member add"] * 2,
    ]
    (first, second) = client.get("/runs/2", headers=SEES).json()["changes"]
    assert (first["before"], first["after"]) == (
        {"title": "Enchantress of Numbers"},
        {"title": "Poet"},
    )
    assert (second["outcome"], second["error"]) == ("failed", "grace.hopper has an unpaid bill")
    blind = client.get("/runs/2").json()["changes"]
    assert [(one["fields"], one["before"], one["outcome"]) for one in blind] == [
        (["title"], None, "done"),
        (["title"], None, "failed"),
    ]


def test_a_plan_is_found_by_its_digest_or_the_beginning_of_it(client):
    """With what is held and why, conflicts, and records that cannot be mapped."""
    digest = client.get("/runs/3").json()["run"]["plan"]
    plan = client.get(f"/plans/{digest[:8].upper()}", headers=SEES).json()
    assert (plan["digest"], plan["run"], plan["held_changes"]) == (digest, 3, {"user.suspend": 1})
    (held,) = plan["held"]
    assert (held["name"], held["op"], held["fields"]) == ("alan.turing", "suspend", ["active"])
    assert held["rule"] == "over budget user.suspend: 1 planned, 0 allowed of 3; 1 of these held"
    assert [one["why"] for one in plan["conflicts"]] == [
        "user_name 'edsger.dijkstra' is taken by edsger.dijkstra (u4)"
    ]
    assert [one["origin"] for one in plan["failures"]] == ["people.yaml:ent-1952"]
    blind = client.get(f"/plans/{digest}").json()
    sizes = {"conflicts": 1, "failures": 1, "held": 1, "refused": 0}
    assert blind["sections"] == {**sizes, "unsettled": 0, "drifted": 0}
    assert [(one["op"], one["name"], one["rule"]) for one in blind["held"]] == [
        ("suspend", None, None)
    ]


def test_the_lists_of_a_plan_come_page_by_page(client):
    """The page after the last has nothing."""
    digest = client.get("/runs/3").json()["run"]["plan"]
    first = client.get(f"/plans/{digest}?limit=1").json()
    second = client.get(f"/plans/{digest}?limit=1&offset={first['offset']}").json()
    assert [len(first[name]) for name in ("held", "conflicts", "failures")] == [1, 1, 1]
    assert [len(second[name]) for name in ("held", "conflicts", "failures")] == [0, 0, 0]
    assert second["offset"] is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/runs/99", 404),
        ("/requests/99", 404),
        ("/plans/00000000", 404),
        ("/runs?sync=nobody", 404),
        ("/plans/xyz", 422),
        ("/plans/0000", 422),
        ("/runs/0", 422),
        ("/runs/99999999999999999999", 422),
        ("/runs/one", 422),
        ("/runs?limit=501", 422),
        ("/runs?limit=0", 422),
        ("/runs?before=-1", 422),
        ("/runs?sync=a%00b", 422),
        ("/plans/00000000?offset=-1", 422),
    ],
)
def test_what_is_not_there_and_what_is_no_number_is_said(client, path, status):
    """404 and 422, with what is wrong and without what was sent."""
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert "99999999" not in answer.text


def test_metrics_are_those_of_the_daemon(client):
    """In the form that Prometheus asks for."""
    answer = client.get("/metrics", headers={"accept": "text/plain"})
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "syncd_leader" in answer.text
    assert 'sync="main"' in answer.text


def test_a_sync_is_run_by_the_action_token_alone(client):
    """The request has a number, under which it is told what became of it."""
    answer = client.post("/syncs/main/run", headers=ACTS)
    assert (answer.status_code, answer.json()) == (202, {"request": 2, "sync": "main"})
    told = client.get(answer.headers["location"], headers=SEES).json()
    assert (told["sync"], told["asked_by"], told["outcome"]) == (
        "main",
        "the API, from 127.0.0.1",
        None,
    )
    assert client.post("/syncs/nobody/run", headers=ACTS).status_code == 404


def test_what_a_plan_holds_is_approved_by_the_action_token_alone(client, live):
    """Once it is, the plan says so, and the ledger lets these changes through."""
    digest = client.get("/runs/3").json()["run"]["plan"]
    answer = client.post(f"/plans/{digest[:12]}/approve", headers=ACTS, json={"by": "Kay"})
    assert answer.status_code == 201
    assert (answer.json()["changes"], answer.json()["approved_by"]) == (1, None)
    (approval,) = client.get(f"/plans/{digest}", headers=SEES).json()["approvals"]
    assert approval["approved_by"] == "Kay, by the API from 127.0.0.1"
    until = datetime.fromisoformat(approval["expires_at"])
    assert until - datetime.fromisoformat(approval["approved_at"]) == timedelta(days=1)
    assert len(live.ledger.desk.approved("main", NOW, of_today(live.settings, "main"))) == 1


def test_where_two_people_must_approve_one_of_them_is_not_enough(client, live):
    """It is told how many have and how many must; the same person is refused, another one not."""
    main = live.settings.syncs["main"]
    approval = main.policy.approval.model_copy(update={"people": 2})
    policy = main.policy.model_copy(update={"approval": approval})
    syncs = {"main": main.model_copy(update={"policy": policy})}
    live.settings = live.settings.model_copy(update={"syncs": syncs})
    desk = live.ledger.desk
    kept = desk.plan(client.get("/runs/3").json()["run"]["plan"])
    today = of_today(live.settings, "main")
    made = {"created": kept.created, "config": today.config, "identity": kept.identity}
    plan = Plan(sync="main", target="wiki", held=tuple(desk.held(kept)), **made)
    desk.keep_plan(3, plan, NOW)
    digest = plan.digest
    path = f"/plans/{digest}/approve"
    first = client.post(path, headers=ACTS, json={"by": "Kay"})
    assert (first.status_code, first.json()["people"], first.json()["needed"]) == (201, 1, 2)
    (told,) = client.get(f"/plans/{digest}", headers=SEES).json()["approvals"]
    assert (told["people"], told["needed"]) == (1, 2)
    again = client.post(path, headers=ACTS, json={"by": "KAY"})
    assert (again.status_code, "somebody else must" in again.text) == (409, True)
    other = client.post(path, headers=ACTS, json={"by": "Lee"})
    assert (other.status_code, other.json()["people"]) == (201, 2)


@pytest.mark.parametrize(
    "body", [None, {}, {"by": ""}, {"by": "a\n"}, {"by": "a", "hours": 0}, {"by": "a", "x": 1}]
)
def test_an_approval_needs_somebody(client, body):
    """Who approves is written down, for how long is bounded, and nothing else is understood."""
    digest = client.get("/runs/3").json()["run"]["plan"]
    answer = client.post(f"/plans/{digest}/approve", headers=ACTS, json=body)
    assert answer.status_code == 422


def test_a_plan_of_another_configuration_cannot_be_approved(client, live):
    """409 where the sync has another target by now, is gone, or is set otherwise."""
    digest = client.get("/runs/3").json()["run"]["plan"]
    before = live.settings
    moved = before.syncs["main"].model_copy(update={"target": "forum"})
    for syncs in ({"main": moved}, {}):
        live.settings = before.model_copy(update={"syncs": syncs})
        answer = client.post(f"/plans/{digest}/approve", headers=ACTS, json={"by": "Kay"})
        assert answer.status_code == 409
    main = before.syncs["main"]
    later = main.model_copy(update={"merge": main.merge.model_copy(update={"by": "email"})})
    live.settings = live.settings.model_copy(update={"syncs": {"main": later}})
    answer = client.post(f"/plans/{digest}/approve", headers=ACTS, json={"by": "Kay"})
    assert (answer.status_code, "another configuration of main" in answer.text) == (409, True)
    assert live.ledger.desk.approvals("main", NOW) == []


def test_a_plan_that_holds_nothing_cannot_be_approved(client):
    """409; one that is not there is 404."""
    digest = client.get("/runs/1").json()["run"]["plan"]
    for path, status in ((digest, 409), ("0" * 64, 404)):
        answer = client.post(f"/plans/{path}/approve", headers=ACTS, json={"by": "Kay"})
        assert answer.status_code == status


ACTIONS = ["/syncs/main/run", "/syncs/nobody/run", "/plans/00000000/approve"]


@pytest.mark.parametrize("path", ACTIONS)
def test_nobody_else_may_act(client, live, path):
    """Not without a token, nor by that which shows names, nor by a session's cookie."""
    body = {"by": "Kay"}
    assert client.post(path, json=body).status_code == 401
    assert client.post(path, json=body, headers=SEES).status_code == 403
    assert client.post("/session", data={"token": TOKEN}).status_code == 303
    assert client.get("/status").json()["names"] is True
    assert client.post(path, json=body).status_code == 403
    assert client.post(path, json=body, headers=bearer(WRONG)).status_code == 401
    assert [one.asked_by for one in live.ledger.desk.requests()] == ["kay.stranger"]


@pytest.mark.parametrize("path", ACTIONS)
def test_nobody_may_act_where_actions_are_switched_off(client, live, path):
    """The token for it is none then."""
    live.allow(actions=False)
    assert client.post(path, json={"by": "Kay"}).status_code == 403
    assert client.post(path, json={"by": "Kay"}, headers=SEES).status_code == 403
    assert client.post(path, json={"by": "Kay"}, headers=ACTS).status_code == 401
    assert [one.asked_by for one in live.ledger.desk.requests()] == ["kay.stranger"]


def test_the_documentation_works_without_anything_from_elsewhere(client):
    """A page of plain HTML: all routes, all answers, no script, and a stylesheet of our own."""
    page, document = client.get("/docs").text, client.get("/openapi.json").json()
    for path in document["paths"]:
        assert f" {path}</code>" in page
    for name in document["components"]["schemas"]:
        assert f'id="{name}"' in page
    assert 'Body: <a href="#Approve">Approve</a> <code>application/json</code>' in page
    assert "<script" not in page
    assert "style=" not in page
    assert "//" not in page.replace("<!DOCTYPE", "")
    assert client.get("/docs/style.css").headers["content-type"].startswith("text/css")
