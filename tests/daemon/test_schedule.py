"""When a sync runs: by its interval or its cron expression, one at a time, some side by side."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Condition, Event
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from syncd.config.cron import weekdays_by_name
from syncd.config.running import BackOffSettings, ScheduleSettings, StatusSettings
from syncd.daemon.backoff import pause
from syncd.daemon.schedule import Schedule, first_run, trigger
from syncd.ledger import Standing

NOW = datetime(2026, 3, 27, 9, 0, tzinfo=UTC)
"""A Friday; in Europe clocks go forward on the Sunday after."""


def settings(**given: object) -> ScheduleSettings:
    return ScheduleSettings.model_validate(given)


def next_time(now: datetime, **given: object) -> datetime:
    found = trigger(settings(**given)).get_next_fire_time(None, now)
    assert found is not None
    return found.astimezone(UTC)


class Runs:
    """What ran, and what holds it."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.at_once = self.most = 0
        self.go = Event()
        self._news = Condition()

    def __call__(self, name: str) -> timedelta | None:
        with self._news:
            self.begun.append(name)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            self._news.notify_all()
        self.go.wait(10)
        with self._news:
            self.at_once -= 1
            self._news.notify_all()
        return None

    def until(self, number: int, seconds: float = 5.0) -> bool:
        with self._news:
            return self._news.wait_for(lambda: len(self.begun) >= number, seconds)

    def until_idle(self) -> bool:
        with self._news:
            return self._news.wait_for(lambda: self.at_once == 0, 5)


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
def schedule(runs) -> Iterator[Schedule]:
    made = Schedule(runs, parallel=2)
    made.start()
    yield made
    runs.go.set()
    made.shutdown()


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("0 6 * * 1-5", "0 6 * * mon-fri"),
        ("0 6 * * 0", "0 6 * * sun"),
        ("0 6 * * 7", "0 6 * * sun"),
        ("0 6 * * 0-3", "0 6 * * sun,mon-wed"),
        ("0 6 * * 6-7", "0 6 * * sat-sun"),
        ("0 6 * * */2", "0 6 * * */2"),
        ("*/15 6-20 1 * *", "*/15 6-20 1 * *"),
    ],
)
def test_weekdays_are_counted_as_cron_does(expression, named):
    """0 and 7 are Sunday, and ranges stay whole."""
    assert weekdays_by_name(expression) == named


@pytest.mark.parametrize("expression", ["", "* * * *", "61 * * * *", "0 6 1 * 1", "0 0 31 2 x"])
def test_what_is_no_cron_expression_is_refused(expression):
    """Before anything runs by it."""
    with pytest.raises(ValueError, match=r"should have 5 fields|restricts the day|no cron"):
        weekdays_by_name(expression)


def test_a_cron_expression_is_of_its_time_zone():
    """Six in the morning stays six in the morning when the clocks go forward."""
    berlin = {"cron": "0 6 * * *", "time_zone": "Europe/Berlin"}
    before = next_time(NOW, **berlin)
    after = next_time(NOW + timedelta(days=2), **berlin)
    assert before == datetime(2026, 3, 28, 5, tzinfo=UTC)
    assert after == datetime(2026, 3, 30, 4, tzinfo=UTC)
    assert after.astimezone(ZoneInfo("Europe/Berlin")).hour == 6


@given(st.integers(0, 20 * 365 * 24))
def test_a_working_days_schedule_never_falls_on_a_weekend(hours):
    """Whatever the time is from which on it is asked for."""
    now = NOW + timedelta(hours=hours)
    assert next_time(now, cron="30 7 * * 1-5").weekday() < 5


def test_jitter_only_makes_later():
    """And by so much at most."""
    for _ in range(50):
        late = next_time(NOW, cron="0 12 * * *", jitter="5m") - NOW.replace(hour=12)
        assert timedelta() <= late <= timedelta(minutes=5)


def test_who_does_not_run_at_the_start_runs_when_it_would_have_come():
    """A restart neither hurries nor delays it."""
    hourly = settings(every="1h", at_start=False)
    assert first_run(hourly, NOW - timedelta(minutes=50), NOW) == NOW + timedelta(minutes=10)
    assert first_run(hourly, NOW - timedelta(hours=5), NOW) == NOW
    assert first_run(settings(every="1h"), NOW, NOW) == NOW


def test_one_run_of_a_sync_at_a_time(schedule, runs):
    """What comes due meanwhile is one run afterwards, not two at once and not five in a row."""
    schedule.add({"staff": settings(every="1s")}, {})
    assert runs.until(1)
    time.sleep(2.5)
    assert (runs.begun, runs.most) == (["staff"], 1)
    runs.go.set()
    assert runs.until(2)
    assert runs.most == 1


def test_syncs_run_side_by_side_up_to_the_limit(schedule, runs):
    """The third waits for a place, and more places are had at once."""
    schedule.add({name: settings(every="1h") for name in ("a", "b", "c", "d")}, {})
    assert runs.until(2)
    time.sleep(0.3)
    assert len(runs.begun) == 2
    schedule.slots.resize(3)
    assert runs.until(3)
    time.sleep(0.2)
    assert len(runs.begun) == 3
    runs.go.set()
    assert runs.until(4)


def test_who_is_asked_for_while_it_runs_runs_once_more(schedule, runs):
    """Once, however often it was asked for."""
    schedule.add({"staff": settings(every="1h")}, {})
    assert runs.until(1)
    for _ in range(3):
        schedule.run_now("staff")
    runs.go.set()
    assert runs.until(2)
    assert runs.until_idle()
    assert not runs.until(3, seconds=0.5)


def test_what_is_taken_out_of_the_plan_runs_no_more(schedule, runs):
    """What is under way ends in its own time."""
    runs.go.set()
    schedule.add({"staff": settings(every="1s"), "wiki": settings(every="1s")}, {})
    assert runs.until(2)
    schedule.clear(keep=["wiki"])
    assert runs.until_idle()
    runs.begun.clear()
    assert runs.until(2)
    assert set(runs.begun) == {"wiki"}


def comes(what: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.02)
    return what()


def test_a_scheduler_that_stands_still_gives_no_sign_of_life(runs, monkeypatch):
    """Which is what the watchdog is told by."""
    monkeypatch.setattr("syncd.daemon.schedule._BEAT", 0.05)
    monkeypatch.setattr("syncd.daemon.schedule._LATE", 0.5)
    schedule = Schedule(runs, parallel=2)
    schedule.start()
    assert schedule.alive()
    schedule._jobs.pause()
    assert comes(lambda: not schedule.alive())
    schedule._jobs.resume()
    assert comes(schedule.alive)
    schedule.shutdown()


def failed(times: int, outcome: str = "target failed") -> Standing:
    return Standing(
        sync="s", target="t", began_at=NOW, ended_at=NOW, outcome=outcome, failures=times
    )


def test_pauses_grow_to_their_limit_and_end_with_the_first_success():
    """Twice as long each time."""
    by = BackOffSettings()
    minutes = [pause(failed(times), by) for times in (1, 2, 3, 7, 50)]
    assert minutes == [timedelta(minutes=n) for n in (1, 2, 4, 60, 60)]
    assert pause(failed(0, "done"), by) is None


def test_one_change_that_is_refused_delays_nobody():
    """The target is there; all others are served in their time."""
    assert pause(failed(5, "failed"), BackOffSettings()) is None
    assert pause(failed(5, "not converged"), BackOffSettings()) is None


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "syncd.example.org:80"]
)
def test_an_address_for_others_needs_a_token(listen):
    """Nobody opens the page to a network by one line."""
    with pytest.raises(ValidationError, match="there must be a token"):
        StatusSettings.model_validate({"listen": listen})
    StatusSettings.model_validate({"listen": listen, "token": "t" * 16})


@pytest.mark.parametrize("listen", ["127.0.0.1:80", "[::1]:80", "localhost:80", "unix:/run/s"])
def test_an_address_of_this_machine_needs_none(listen):
    """Which is the default."""
    assert StatusSettings.model_validate({"listen": listen}).token is None


def test_what_a_cron_expression_missed_is_made_up_for_at_once():
    """The daemon was restarted, or another took over, in the minute of the nightly run."""
    nightly = settings(cron="0 3 * * *", at_start=False)
    three = NOW.replace(hour=3)
    assert first_run(nightly, three - timedelta(hours=24), three + timedelta(minutes=1)) == (
        three + timedelta(minutes=1)
    )
    assert first_run(nightly, three, three + timedelta(minutes=1)) == three + timedelta(days=1)
    assert first_run(nightly, None, NOW) == three + timedelta(days=1)


@pytest.mark.parametrize("when", [{"every": "1h"}, {"cron": "0 * * * *"}])
def test_a_last_run_in_the_future_delays_nothing(when):
    """The clock was wrong when it began, or another machine's is."""
    planned = first_run(settings(**when, at_start=False), NOW + timedelta(days=400), NOW)
    assert planned == NOW + timedelta(hours=1)
