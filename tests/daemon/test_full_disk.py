"""A ledger that cannot be written to: the daemon says so, ends nothing, and recovers by itself."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncd.errors import LedgerError
from syncd.ledger.lock import FileLock
from tests.daemon.inhand import in_hand
from tests.daemon.supervised import ADA, Supervised


@contextmanager
def full(process: int) -> Iterator[None]:
    """Every write to a file fails, as on a disk without room (setrlimit(2), EFBIG)."""
    before = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_said_and_outlived(place, start):
    """The status says what is wrong, not how well it was before; then all goes on."""
    place.configure({"every": "1s", "back_off": {"first": "1s", "most": "1s"}})
    daemon: Supervised = start().ready()
    daemon.wait(lambda: "done" in place.runs(), "the first run")
    with full(daemon.process.pid):
        place.people(ADA)
        daemon.wait(lambda: daemon.status.startswith("the ledger /"), "the trouble")
        assert "cannot be read or written" in daemon.status
    before = len(place.runs())
    daemon.wait(lambda: place.runs()[:-before].count("done") >= 2, "the recovery")
    daemon.wait(lambda: daemon.status.startswith("staff: nothing to change"), "the status")
    code, out = daemon.stop()
    assert code == 0
    assert "broken by a bug" not in out


def test_a_lock_needs_no_room():
    """What stands in its file is for people; the lock is the kernel's."""
    lock = FileLock(Path("/dev/full"))
    assert lock.held()
    lock.release()


def test_failures_that_the_ledger_cannot_keep_are_counted_all_the_same(place, monkeypatch):
    """So that somebody is told of them, and the pauses grow."""
    with in_hand(place) as one:
        settings = one.daemon.settings

        def refuse(*_given: object) -> None:
            raise LedgerError("the disk is full")

        with monkeypatch.context() as broken:
            for name in ("stand", "keep_plan"):
                broken.setattr(one.ledger.desk, name, refuse)
            found = [one.cycles.run(settings, "staff") for _ in range(3)]
        assert [standing.failures for standing in found if standing] == [1, 2, 3]
        assert len({standing.failing_since for standing in found if standing}) == 1
        mended = one.cycles.run(settings, "staff")
        assert mended is not None
        assert (mended.outcome, mended.failures) == ("done", 0)


def test_a_daemon_that_cannot_sign_is_not_able(place, monkeypatch):
    """On SQLite to lead is the kernel's word, and says nothing of the ledger's file."""
    with in_hand(place) as one:

        def refuse(*_given: object) -> None:
            raise LedgerError("the ledger sqlite:///x is read-only")

        def breaks() -> None:
            monkeypatch.setattr(one.ledger.desk, "see", refuse)
            monkeypatch.setattr("syncd.daemon.daemon._SIGN_EVERY", 0.0)

        def look() -> None:
            assert one.daemon.leads()
            assert one.daemon.unable() == "the ledger sqlite:///x is read-only"
            assert one.status == one.daemon.unable()
            monkeypatch.undo()

        def look_again() -> None:
            assert one.daemon.unable() == ""

        one.run(breaks, look, look_again)
        assert one.heard.events.count("ledger_trouble") == 1
