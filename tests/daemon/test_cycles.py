"""One cycle as the daemon runs it: within its time, stoppable, and never the daemon's end."""

from collections.abc import Iterator
from contextlib import closing
from threading import Thread
from typing import Any

import pytest

from syncd.config import load_settings
from syncd.config.assemble import ledger
from syncd.daemon import cycles
from syncd.daemon.cycles import Cycles
from syncd.daemon.live import Progress
from syncd.errors import Busy
from syncd.ledger import Ledger, Standing
from tests.daemon.supervised import ADA, Place


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.ended: list[Standing] = []
        self.names: list[str] = []
        self.events: list[tuple[str, dict[str, Any]]] = []

    def cycle_begun(self, sync: str) -> None:
        del sync

    def changes(self, sync: str, run: int, ended) -> None:
        del sync, run
        self.names += [one.change.name for one in ended]

    def cycle_ended(self, _before, standing: Standing, seconds: float) -> None:
        assert seconds >= 0
        self.ended.append(standing)

    def happened(self, event: str, **words: object) -> None:
        self.events.append((event, words))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def memory(place) -> Iterator[Ledger]:
    with closing(ledger(load_settings(place.path / "config.yaml", {}), write=True)) as opened:
        yield opened


@pytest.fixture
def running(memory, heard) -> Cycles:
    return Cycles(memory, heard, str)


def run(running: Cycles, place: Place) -> Standing | None:
    return running.run(load_settings(place.path / "config.yaml", {}), "staff")


def test_a_cycle_is_told_of_with_each_of_its_changes(place, running, heard):
    """And what it came to is in the ledger."""
    standing = run(running, place)
    assert standing is not None
    assert (standing.outcome, standing.done) == ("done", {"user.create": 2})
    assert heard.names == ["ada", "bob"]
    assert heard.ended == [standing]
    assert standing.verified_at == standing.ended_at
    assert standing.sources["people"].users == 2


@pytest.mark.parametrize(
    ("mistake", "outcome"),
    [
        ({"sources": {"people": {"type": "yaml", "paths": ["nowhere.yaml"]}}}, "source failed"),
        ({"targets": {"store": {"type": "sql", "url": "sqlite:////dev/null/place.db"}}}, "target failed"),
        (
            {
                "sources": {
                    "people": {
                        "type": "ldap",
                        "preset": "openldap",
                        "servers": ["ldap://127.0.0.1:1"],
                        "bind": {"method": "anonymous"},
                        "users": {"bases": ["dc=x"]},
                    }
                }
            },
            "source failed",
        ),
    ],
)  # fmt: skip
def test_a_failure_is_counted_and_dated_and_ends_nothing(place, running, heard, mistake, outcome):
    """The next success ends it."""
    place.configure(**mistake)
    first, second = run(running, place), run(running, place)
    assert first is not None
    assert second is not None
    assert (second.outcome, second.failures) == (outcome, 2)
    assert second.failing_since == first.ended_at
    assert second.trouble
    assert len(heard.ended) == 2
    place.configure()
    mended = run(running, place)
    assert mended is not None
    assert (mended.outcome, mended.failures, mended.failing_since) == ("done", 0, None)


def test_a_bug_ends_one_cycle_and_not_the_daemon(place, memory, heard):
    """It is told with its place; the standing says that it was a bug, and nothing of its words."""

    def broken(_sync: object) -> Any:
        raise RuntimeError("5ecret of somebody")

    standing = run(Cycles(memory, heard, str, broken), place)
    assert standing is not None
    assert (standing.outcome, standing.trouble) == ("broken by a bug", "RuntimeError")
    assert [event for event, _ in heard.events] == ["bug"]


def test_who_is_to_stop_while_reading_writes_nothing(place, running, heard):
    """And is no failure."""
    running.stop()
    assert run(running, place) is None
    assert heard.ended == []
    assert place.runs() == []


def test_who_is_to_stop_while_writing_finishes_the_change_in_hand(place, memory, heard):
    """The rest is left to the next start."""
    place.people(*({**ADA, "id": f"u{n}", "user_name": f"u{n}", "email": None} for n in range(20)))
    place.settings["targets"]["store"]["batch_size"] = 1
    place.write()
    heard_one = Cycles(memory, heard, str)

    class Stops(Heard):
        def changes(self, sync: str, run: int, ended) -> None:
            super().changes(sync, run, ended)
            self.stop()

        def stop(self) -> None:
            running.stop()

    listener = Stops()
    running = Cycles(memory, listener, str)
    standing = run(running, place)
    assert standing is not None
    assert (standing.outcome, standing.failures) == ("stopped", 0)
    made = len(listener.names)
    assert 0 < made < 20
    assert standing.pending == 20 - made
    rest = run(heard_one, place)
    assert rest is not None
    assert rest.outcome == "done"
    assert sorted(listener.names + heard.names) == sorted(f"u{n}" for n in range(20))


def test_a_time_limit_ends_a_reading_and_is_a_failure(place, running, monkeypatch):
    """With what it was about when the time was over."""
    place.configure({"every": "1h", "time_limit": "1s"})
    moments = iter([0.0, *[100.0] * 1000])
    monkeypatch.setattr(cycles, "monotonic", lambda: next(moments))
    standing = run(running, place)
    assert standing is not None
    assert standing.outcome == "took too long"
    assert "the time limit of 0:00:01 passed" in standing.trouble
    assert place.runs() == []


def test_what_is_under_way_is_seen_from_elsewhere(place, memory):
    """With what it is about, how far it is, and whether it writes by now."""
    seen: list[Progress] = []

    class Looks(Heard):
        def changes(self, sync: str, run: int, ended) -> None:
            super().changes(sync, run, ended)
            seen.extend(running.under_way().values())

    running = Cycles(memory, Looks(), str)
    thread = Thread(target=run, args=(running, place))
    thread.start()
    thread.join(10)
    assert [(one.sync, one.writing) for one in seen] == [("staff", True)]
    assert running.under_way() == {}
    assert running.hanging() == []


def test_nobody_whose_lock_is_taken_counts_as_broken(place, memory, running, heard):
    """Another program's apply is under way, which keeps how the sync stands; this one tries again."""
    before = run(running, place)
    with memory.lock("staff"), pytest.raises(Busy, match="another run of staff is under way"):
        run(running, place)
    assert memory.desk.standing("staff") == before
    assert heard.ended == [before]
    assert running.under_way() == {}


def test_who_comes_to_its_turn_after_the_stop_begins_nothing(place, memory, heard):
    """Not even a connection, which may take longer than anybody waits."""
    reached: list[object] = []
    running = Cycles(memory, heard, str, reached.append)  # type: ignore[arg-type]  # never asked
    running.stop()
    assert run(running, place) is None
    assert reached == []
