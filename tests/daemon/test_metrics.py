"""What a scraper is told is what the ledger has and the daemon saw."""

import re
from datetime import timedelta
from math import inf
from threading import Event

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from syncd.config.running import ScheduleSettings
from syncd.core.model import Kind, Op
from syncd.core.plan import Change
from syncd.core.policy import Budget, Policy
from syncd.daemon.listener import Listener
from syncd.daemon.live import Live, Progress
from syncd.daemon.metrics import Metrics, families, glance
from syncd.daemon.metrics.interval import longest_interval
from syncd.errors import SourceError, Unavailable
from syncd.ledger import DONE, FAILED, Ended
from tests.audited import audited, cut_off
from tests.daemon.standin import StandIn, scraped
from tests.world import ADA, ENGINEERING, EVERYONE, KIM, NOON, ZOE, office, opened


def test_how_a_sync_stands_is_known_to_who_has_just_started():
    """Of what the ledger has nothing is lost by a restart, nor unknown to a daemon that waits."""
    here = opened(ADA, ZOE, KIM, groups=[ENGINEERING, EVERYONE])
    here.pass_days(0.5)
    waits = StandIn(here, leader=False)

    told = scraped(waits.metrics())

    assert told["syncd_sync_verified_age_seconds", "main"] == 43200
    assert told["syncd_sync_verified_timestamp_seconds", "main"] == NOON.timestamp()
    assert told["syncd_sync_attempt_age_seconds", "main"] == 43200
    assert told["syncd_sync_outcome", "main", "done"] == 1
    assert told["syncd_sync_failures", "main"] == told["syncd_sync_failing_seconds", "main"] == 0
    assert told["syncd_source_entries", "main", "p", "user"] == 3
    assert told["syncd_source_entries", "main", "p", "group"] == 2
    assert told["syncd_source_whole", "main", "p"] == 1
    assert told["syncd_target_whole", "main", "wiki"] == 1
    assert (told["syncd_leader",], told["syncd_ledger_up",], told["syncd_able",]) == (0, 1, 1)
    assert told["syncd_ledger_size_bytes",] > 10_000
    assert ("syncd_sync_next_run_timestamp_seconds", "main") not in told
    assert told["syncd_sync_interval_seconds", "main"] == 600
    assert told["syncd_sync_time_limit_seconds", "main"] == 7200


def test_an_audit_that_cannot_be_written_or_is_not_whole_is_told(tmp_path):
    """For as long as it lasts; where there is none, nothing is told of it."""
    here = opened(ADA, ZOE)
    metrics = StandIn(here).metrics()
    assert ("syncd_audit_up",) not in scraped(metrics)
    (tmp_path / "state").touch()
    audited(here.ledger, tmp_path / "state" / "audit")
    told = scraped(metrics)
    assert (told["syncd_audit_up",], told["syncd_audit_whole",]) == (0, 1)
    (tmp_path / "state").unlink()
    here.ledger.follow()
    told = scraped(metrics)
    assert (told["syncd_audit_up",], told["syncd_audit_whole",]) == (1, 1)
    cut_off(here.ledger, tmp_path / "state" / "audit")
    told = scraped(metrics)
    assert (told["syncd_audit_up",], told["syncd_audit_whole",]) == (1, 0)


def test_changes_and_runs_are_counted_by_outcome():
    """Each change that the ledger has an outcome for is counted, by kind and op."""
    here = StandIn(office(ADA, ZOE, KIM, groups=[ENGINEERING]))
    metrics = here.metrics()

    here.cycle(metrics, seconds=2.0)
    change = Change(Op.UPDATE, Kind.USER, "p:1", "ada")
    metrics.changes("main", 1, [Ended(1, change, FAILED), Ended(2, change, FAILED)])

    told = scraped(metrics)
    assert told["syncd_changes_total", "main", "user", "create", DONE] == 3
    assert told["syncd_changes_total", "main", "group", "create", DONE] == 1
    assert told["syncd_changes_total", "main", "member", "add", DONE] == 2
    assert told["syncd_changes_total", "main", "user", "update", FAILED] == 2
    assert told["syncd_runs_total", "main", "done"] == 1
    assert told["syncd_run_duration_seconds_sum", "main"] == 2.0
    assert told["syncd_changes_pending", "main", "user", "create"] == 0


def test_what_is_held_is_told_by_kind_and_op():
    """What waits for an approval is counted, and where nothing does, that is told as 0."""
    here = opened(ADA, ZOE, KIM)
    here.policy = Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(count=0)})
    here.source.has(ADA)
    daemon = StandIn(here)
    metrics = daemon.metrics()

    daemon.cycle(metrics)

    told = scraped(metrics)
    assert told["syncd_changes_held", "main", "user", "suspend"] == 2
    assert told["syncd_changes_held", "main", "user", "create"] == 0


def test_removals_that_wait_for_a_whole_reading_are_told():
    """A source with a gap is told as not whole, with what waits for it."""
    here = opened(ADA, ZOE, KIM)
    here.source.has(ADA, ZOE)
    here.source.gaps = ("page 3 was lost",)
    daemon = StandIn(here)
    metrics = daemon.metrics()

    daemon.cycle(metrics)
    here.pass_days(1)

    told = scraped(metrics)
    assert told["syncd_source_whole", "main", "p"] == 0
    assert told["syncd_changes_withheld", "main", "user", "suspend"] == 1
    assert told["syncd_withheld_reasons", "main"] == 1
    assert told["syncd_sync_verified_age_seconds", "main"] == 86400
    assert told["syncd_sync_attempt_age_seconds", "main"] == 86400


def test_a_row_of_failures_is_told_with_its_age():
    """A sync that fails says how often in a row, and for how long; readings are counted once."""
    here = opened(ADA)
    daemon = StandIn(here)
    metrics = daemon.metrics()
    here.source.down = True

    for _ in range(3):
        with pytest.raises(SourceError):
            daemon.cycle(metrics)
        here.pass_days(1)

    told = scraped(metrics)
    assert told["syncd_sync_failures", "main"] == 3
    assert told["syncd_sync_failing_seconds", "main"] == 3 * 86400
    assert told["syncd_sync_outcome", "main", "source failed"] == 1
    assert told["syncd_runs_total", "main", "source failed"] == 3
    assert ("syncd_source_reading_duration_seconds_count", "main", "p") not in told


def test_what_was_never_verified_is_infinitely_old():
    """A sync without any success is older than any threshold."""
    here = office(ADA)
    here.source.down = True
    daemon = StandIn(here)
    metrics = daemon.metrics()

    with pytest.raises(SourceError):
        daemon.cycle(metrics)

    assert scraped(metrics)["syncd_sync_verified_age_seconds", "main"] == inf


def suspensions(metrics):
    told = scraped(metrics)
    return (
        told["syncd_leaver_suspension_seconds_count", "main"],
        told["syncd_leaver_suspension_seconds_sum", "main"],
    )


def test_a_leaver_is_observed_once_from_first_sight_to_suspension():
    """The time is that from when the leaver was missed, however many cycles follow."""
    here = opened(ADA, ZOE, KIM)
    daemon = StandIn(here)
    metrics = daemon.metrics()
    assert suspensions(metrics) == (0, 0)

    here.policy = Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(count=0)})
    here.source.has(ADA, ZOE)
    daemon.cycle(metrics)
    here.pass_days(2)
    here.policy = Policy(budgets={})
    daemon.cycle(metrics)
    assert suspensions(metrics) == (1, 2 * 86400)

    for people in ([ADA, ZOE], [ADA, ZOE], [ADA]):
        here.pass_days(1)
        here.source.has(*people)
        daemon.cycle(metrics)
    assert suspensions(metrics) == (2, 2 * 86400)


def test_a_suspension_in_doubt_is_observed_when_it_is_found_to_be_made():
    """The target's answer was lost: the next cycle finds the leaver suspended, and it counts."""
    here = opened(ADA, ZOE)
    daemon = StandIn(here)
    metrics = daemon.metrics()
    here.source.has(ADA)
    update, users = here.backend.users.update, here.backend.users

    def lost(*args):
        update(*args)
        raise Unavailable("the answer was lost")

    here.backend.batch_size = 1
    users.update = lost
    daemon.cycle(metrics)
    users.update = update
    assert suspensions(metrics) == (0, 0)

    here.pass_days(1)
    daemon.cycle(metrics)
    assert suspensions(metrics) == (1, 86400)


def test_suspensions_during_an_outage_of_the_ledger_are_observed_after_it():
    """What could not be asked for at once is asked for by the next cycle."""
    here = opened(ADA, ZOE, KIM)
    daemon = StandIn(here)
    metrics = daemon.metrics()
    here.source.has(ADA, ZOE)

    daemon.lost = True
    daemon.cycle(metrics)
    daemon.lost = False
    here.pass_days(1)
    daemon.cycle(metrics)

    assert suspensions(metrics) == (1, 0)


def test_without_its_ledger_a_daemon_tells_what_it_knows():
    """A ledger that cannot be used is told as down, and ages go on."""
    here = opened(ADA)
    daemon = StandIn(here)
    metrics = daemon.metrics()
    scraped(metrics)
    daemon.lost, daemon.trouble = True, "the ledger cannot be reached"
    here.pass_days(1)

    told = scraped(metrics)

    assert (told["syncd_ledger_up",], told["syncd_able",], told["syncd_leader",]) == (0, 0, 1)
    assert told["syncd_sync_verified_age_seconds", "main"] == 86400
    assert scraped(StandIn(here, lost=True).metrics())["syncd_ledger_up",] == 0


def test_a_ledger_that_never_answers_does_not_hold_a_scrape_up(monkeypatch):
    """A database that is cut off is waited for only so long, by one thread whoever asks."""
    here = opened(ADA)
    daemon = StandIn(here)
    metrics = daemon.metrics()
    assert scraped(metrics)["syncd_ledger_up",] == 1
    answer, asked = Event(), []

    def hang():
        asked.append(1)
        answer.wait(30)
        return {}

    monkeypatch.setattr(here.ledger.desk, "standings", hang)
    monkeypatch.setattr(glance, "_PATIENCE", 0.1)
    for _ in range(3):
        told = scraped(metrics)
        assert told["syncd_ledger_up",] == 0
        assert told["syncd_sync_failures", "main"] == 0
    assert asked == [1]
    answer.set()


def test_what_a_newer_syncd_wrote_is_an_unusable_ledger():
    """While a pair is upgraded, the older daemon may not understand; it goes on telling."""
    here = opened(ADA)
    with here.ledger._database.writing() as connection:
        connection.exec_driver_sql("UPDATE ledger_standings SET standing = '[1]'")

    assert scraped(StandIn(here).metrics())["syncd_ledger_up",] == 0


def test_a_cycle_under_way_is_told_with_its_age():
    """How long a run takes is seen while it does."""
    daemon = StandIn(opened(ADA))
    daemon.going_on["main"] = Progress("main", NOON - timedelta(minutes=5))

    told = scraped(daemon.metrics())

    assert told["syncd_sync_under_way", "main"] == 1
    assert told["syncd_sync_under_way_seconds", "main"] == 300


def test_calls_are_told_by_verb_and_errors_by_class():
    """Latency has every call, errors those that failed."""
    metrics = StandIn().metrics()
    metrics.call("wiki", "users.create", 0.2, "")
    metrics.call("wiki", "users.create", 0.4, "Unavailable")

    told = scraped(metrics)

    assert told["syncd_target_call_duration_seconds_count", "wiki", "users.create"] == 2
    assert told["syncd_target_errors_total", "wiki", "users.create", "Unavailable"] == 1


def test_a_sync_that_is_not_configured_any_more_is_not_told():
    """What once ran and is no longer there would be an alert for ever."""
    here = opened(ADA)
    daemon = StandIn(here)
    daemon.settings.syncs.clear()

    assert not [name for name, *labels in scraped(daemon.metrics()) if "main" in labels]


@pytest.mark.parametrize(
    ("accept", "form", "parse"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8", plain),
        ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "text/plain; version=0.0.4; charset=utf-8", plain),
        ("application/openmetrics-text;version=1.0.0,*/*;q=0.1", "application/openmetrics-text; version=1.0.0; charset=utf-8", openmetrics),
        ("application/openmetrics-text;version=x=", "application/openmetrics-text; version=1.0.0; charset=utf-8", openmetrics),
    ],
)  # fmt: skip
def test_a_scraper_gets_the_form_that_it_asks_for(accept, form, parse):
    """OpenMetrics where it is asked for, else Prometheus' own text; whatever the header says."""
    daemon = StandIn(opened(ADA))
    metrics = daemon.metrics()
    daemon.cycle(metrics)

    assert Metrics.content_type(accept) == form
    names = {one.name for one in parse(metrics.render(accept).decode())}
    assert {"syncd_runs", "syncd_run_duration_seconds", "syncd_leader"} <= names


def test_what_befell_the_daemon_is_counted():
    """A reload that was refused is told until one is taken."""
    metrics = StandIn().metrics()
    listening: Listener = metrics
    assert scraped(metrics)["syncd_reload_refused",] == 0

    listening.happened("reload_refused", problems=("no such source",))
    listening.happened("lead_won")
    told = scraped(metrics)
    assert told["syncd_reload_refused",] == told["syncd_events_total", "lead_won"] == 1

    listening.happened("reloaded", syncs=3)
    assert scraped(metrics)["syncd_reload_refused",] == 0


def test_two_daemons_in_one_process_count_apart():
    """Each has a registry of its own, with the process's own metrics."""
    one, other = StandIn().metrics(), StandIn().metrics()
    one.call("wiki", "users.get", 0.1, "")

    assert not [name for name in scraped(other) if name[0].startswith("syncd_target_call")]
    assert scraped(other)["process_open_fds",] > 0


def test_labels_name_no_person_and_no_host():
    """Each label is one of a few words of the configuration or the code."""
    labels = {label for one in families.ALL for label in one.labels}

    assert labels == {
        *("sync", "source", "target", "kind", "op", "outcome", "verb", "error", "event"),
        *("version", "python"),
    }
    assert all(re.fullmatch(r"syncd_[a-z_]+", one.name) and one.help for one in families.ALL)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({}, 900),
        ({"every": "1h"}, 3600),
        ({"cron": "0 3 * * *", "time_zone": "Europe/Berlin"}, 86400),
        ({"cron": "0 7 * * 1-5"}, 3 * 86400),
        ({"cron": "*/5 * * * *"}, 300),
    ],
)
def test_the_interval_of_a_schedule_is_the_longest_between_its_runs(given, seconds):
    """A sync that rests at weekends is not late on Sunday."""
    schedule = ScheduleSettings.model_validate(given)

    assert longest_interval(schedule, NOON.date()) == seconds


def test_the_service_of_the_tests_is_a_live_one():
    """What stands for a daemon here has all that one shows."""
    shown = {name for name in dir(Live) if not name.startswith("_")}

    assert shown <= set(dir(StandIn()))
