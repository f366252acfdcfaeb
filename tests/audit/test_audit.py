"""What the ledger committed is in the audit: all of it, once, in order, whatever happens."""

import os
import stat
from datetime import datetime
from pathlib import Path

import pytest

from syncd.core.memory import Mark, Remark
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change
from syncd.errors import AuditError
from syncd.ledger import open_ledger
from syncd.ledger.daemons import Daemon
from syncd.ledger.schema import SCHEMA
from tests.audit.book import NOW, Book
from tests.audited import assert_told, records, verdict
from tests.servers.databases import Place


@pytest.fixture
def kept(books, place: Place) -> Book:
    """On SQLite and on PostgreSQL."""
    return books(place)


def test_a_run_is_told_from_its_beginning_to_its_end(kept: Book):
    """With what it was to do, each change's outcome, and what it came to."""
    run = kept.begin()
    kept.do(run, "ada", "bob", fails=["bob"])
    kept.end(run)
    assert kept.told() == ["segment opened", "run begun", "ada", "bob", "run ended"]
    opened, begun, ada, bob, ended = records(kept.directory)
    assert opened["prev"] == "0" * 64
    facts = {name: begun[name] for name in ("sync", "run", "target", "configuration", "planned")}
    assert facts == {
        "sync": "staff",
        "run": 1,
        "target": "wiki",
        "configuration": "c",
        "planned": 0,
    }
    assert len(begun["plan"]) == 64
    assert {name: one for name, one in ada.items() if name not in {"ledger", "prev", "hash"}} == {
        "seq": 3,
        "at": "2026-03-01T12:00:00Z",
        "event": "change",
        "entry": 2,
        "sync": "staff",
        "run": 1,
        "line": 1,
        "key": "ada",
        "change": {
            "op": "create",
            "kind": "user",
            "name": "ada",
            "after": {"user_name": "ada", "phone": "0815"},
        },
        "outcome": "done",
        "ref": "r-ada",
    }
    assert (bob["outcome"], bob["error"]) == ("failed", "bob is taken: 0815")
    assert (ended["outcome"], ended["done"]) == ("done", 1)
    assert_told(kept.directory, kept.place)


def test_files_are_their_owners_only(book: Book):
    """What was done to whom is nobody else's business."""
    book.run("ada")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in book.directory.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(book.directory.stat().st_mode) == 0o700


def test_what_is_hidden_from_the_log_is_hidden_here(books):
    """Values of such fields stand in no line; the fields' names do."""
    book = books(hide=["phone"])
    run = book.begin()
    book.do(run, "ada", "bob", fails=["bob"])
    text = book.newest.read_text()
    assert "0815" not in text
    ada, bob = records(book.directory)[2:]
    assert ada["change"]["after"] == {"user_name": "ada", "phone": "…"}
    assert bob["error"] == "bob is taken: …"


def test_secrets_are_blotted_out_of_what_a_target_said(book: Book):
    """Though whoever wrote the error should have."""
    book.ledger.followed_by(book.another(lambda text: text.replace("taken", "***")))
    book.do(book.begin(), "bob", fails=["bob"])
    assert records(book.directory)[-1]["error"] == "bob is ***: 0815"


def test_what_was_in_doubt_is_told_when_it_is_settled(kept: Book):
    """An open line has no outcome yet, and is told once: as what the next run found."""
    run = kept.begin()
    [line] = kept.do(run, "ada")
    made = kept.ledger.begin(run, [_change("bob")], kept.now)
    assert kept.told()[-1] == "ada"
    again = kept.begin()
    kept.ledger.settle("staff", again, kept.now)
    last = records(kept.directory)[-1]
    assert (last["line"], last["outcome"], last["run"]) == (made[0], "moot", run)
    assert [one["outcome"] for one in records(kept.directory) if one["event"] == "run ended"] == [
        "broken off"
    ]
    assert line == 1
    assert_told(kept.directory, kept.place)


def _change(key: str) -> Change:
    return Change(Op.CREATE, Kind.USER, Key(key), key)


def test_marks_configurations_and_daemons_are_told(kept: Book):
    """What is adopted, by which configuration, and who leads."""
    run = kept.begin()
    adopted = Mark(Remark.ADOPT, Kind.USER, Key("ada"), Ref("r"), "ada", "by e-mail")
    kept.ledger.mark(run, [adopted], kept.now)
    kept.begin(config="d")
    waits = Daemon("pid 1 on a", "1.0", NOW, NOW, leads=False)
    kept.ledger.sign(waits)
    kept.ledger.sign(waits)
    kept.ledger.sign(Daemon("pid 1 on a", "1.0", NOW, NOW, leads=True))
    kept.ledger.desk.leave("pid 1 on a", kept.now)
    kept.ledger.desk.ask("staff", "due", "zoe on a", kept.now)
    assert kept.told()[1:] == [
        "run begun",
        "ada",
        "run ended",
        "configuration changed",
        "run begun",
        "daemon started",
        "daemon leads",
        "daemon stopped",
        "run asked for",
    ]
    told = records(kept.directory)
    assert (told[2]["event"], told[2]["remark"], told[2]["rule"]) == (
        "remembered",
        "adopt",
        "by e-mail",
    )
    assert (told[4]["before"], told[4]["after"]) == ("c", "d")
    assert told[-1]["by"] == "zoe on a"


def test_who_comes_later_tells_what_was_not_told(book: Book):
    """A process that died after it committed has left it in the ledger."""
    book.ledger.followed_by(None)
    book.run("ada", "bob")
    assert not book.directory.exists() or book.told() == []
    book.ledger.followed_by(book.another())
    book.ledger.follow()
    assert book.told() == ["segment opened", "run begun", "ada", "bob", "run ended"]
    book.ledger.follow()
    assert_told(book.directory, book.place)


@pytest.mark.parametrize("kept_lines", [2, 3, 4])
def test_a_chunk_that_was_told_in_part_is_told_to_its_end(book: Book, kept_lines: int):
    """Killed between two lines of one event, the next process goes on after the last line."""
    book.ledger.followed_by(None)
    book.run("ada", "bob", "kim")
    book.ledger.followed_by(book.another())
    book.ledger.follow()
    whole = book.newest.read_bytes().splitlines(keepends=True)
    book.close()
    book.newest.write_bytes(b"".join(whole[:kept_lines]))
    book.place.ask(SCHEMA, "DELETE FROM ledger_audits")
    book.open()
    assert book.told() == ["segment opened", "run begun", "ada", "bob", "kim", "run ended"]
    assert_told(book.directory, book.place)


@pytest.mark.parametrize("torn", [b'{"seq":6,"at":"2026', b"\0" * 5000, b'{"seq":6}\n\0\0'])
def test_a_line_that_was_torn_is_set_aside_and_said(book: Book, torn: bytes):
    """After a loss of power: never silently dropped, and never taken for a line."""
    book.run("ada")
    book.close()
    book.tear(torn)
    book.open()
    last = records(book.directory)[-1]
    assert (last["event"], last["octets"]) == ("line torn", len(torn))
    assert (book.directory / last["set_aside"]).read_bytes() == torn
    book.run("bob")
    assert verdict(book.directory, book.place).problems == []
    assert "half-written line" in verdict(book.directory).notes[0]
    assert_told(book.directory, book.place)


def test_what_was_set_aside_and_not_said_before_a_second_crash_is_said_then(book: Book):
    """It was cut off already, and the line that says so was never written."""
    book.run("ada")
    book.close()
    end = book.newest.stat().st_size
    book.newest.with_name(f"{book.newest.name}.torn-{end}-1").write_bytes(b"first")
    book.tear(b"second")
    book.open()
    said = [(one["event"], one["octets"]) for one in records(book.directory)[-2:]]
    assert said == [("line torn", 5), ("line torn", 6)]
    book.close()
    book.open()
    assert book.told().count("line torn") == 2


def test_a_segment_of_which_nothing_was_written_is_begun_anew(book: Book):
    """Power was lost when it was opened."""
    book.run("ada")
    book.close()
    (book.directory / "audit-000000000006.jsonl").write_bytes(b"")
    book.open()
    book.run("bob")
    assert_told(book.directory, book.place)


GONE = "lines 3 to 4 were gone when this one was written; what the ledger has of them follows again"


def test_lines_that_are_gone_are_missed_for_good(book: Book):
    """The ledger remembers the end. Whoever cuts it off is found out before the next run and after
    it, and what the ledger knows of it is told again."""
    book.run("ada")
    book.close()
    lines = book.newest.read_bytes().splitlines(keepends=True)
    book.newest.write_bytes(b"".join(lines[:-2]))
    [before] = verdict(book.directory, book.place).problems
    assert (before.line, before.seq) == (3, 3)
    assert before.what == "the end is cut off: the ledger remembers line 4"
    assert (book.alarms, book.audit.damage) == ([], "")
    book.open()
    book.run("bob")
    assert book.alarms == [book.audit.damage]
    assert "is not whole: lines 3 to 4 are missing at its end" in book.audit.damage
    found = verdict(book.directory, book.place)
    assert [(one.line, one.what) for one in found.problems] == [
        (3, "lines 3 to 4 are missing"),
        (3, GONE),
    ]
    told = records(book.directory)
    assert [one["seq"] for one in told] == [1, 2, *range(5, 5 + len(told) - 2)]
    assert book.told()[2:5] == ["lines gone", "ada", "run ended"]


def test_an_audit_that_was_removed_is_missed(book: Book):
    """All of it: the next one goes on with the next number, and says so."""
    book.run("ada")
    book.close()
    book.newest.unlink()
    assert "the ledger remembers line 4" in verdict(book.directory, book.place).problems[0].what
    book.open()
    assert records(book.directory)[0]["seq"] == 5
    assert "were gone" in verdict(book.directory, book.place).problems[0].what


def test_another_ledger_is_told_from_its_beginning(books, tmp_path: Path):
    """Its events have the same numbers and are others."""
    old = books()
    old.run("ada")
    old.close()
    new = books(Place(f"sqlite:///{tmp_path}/new.db"))
    new.pass_time(days=1)
    new.run("bob")
    assert new.told()[-4:] == ["ledger changed", "run begun", "bob", "run ended"]
    assert verdict(new.directory, new.place).problems == []


def test_a_ledger_that_was_restored_from_a_backup_is_told_of_again(book: Book, tmp_path: Path):
    """What it has done since is told, whatever numbers it has."""
    book.run("ada")
    book.close()
    file = tmp_path / "ledger.db"
    backup = file.read_bytes()
    book.open()
    book.run("bob")
    book.run("kim")
    book.close()
    for journal in tmp_path.glob("ledger.db-*"):
        journal.unlink()
    file.write_bytes(backup)
    book.open()
    book.run("max")
    assert book.told()[-4:] == ["ledger went back", "run begun", "max", "run ended"]
    assert verdict(book.directory, book.place).problems == []


def test_what_a_restored_ledger_did_untold_is_told_though_its_numbers_were_told_before(
    book: Book, tmp_path: Path
):
    """The audit could not be written, or another machine ran: by then there are as many events."""
    book.run("ada")
    book.close()
    file = tmp_path / "ledger.db"
    backup = file.read_bytes()
    book.open()
    book.run("bob")
    book.close()
    for journal in tmp_path.glob("ledger.db-*"):
        journal.unlink()
    file.write_bytes(backup)
    book.pass_time(hours=1)
    book.ledger = open_ledger(*book.place, write=True)
    for name in ("kim", "lee", "max"):
        book.run(name)
    book.close()
    book.open()
    told = book.told()
    again = told[told.index("ledger went back") + 1 :]
    assert [name for name in again if not name.startswith("run ")] == ["kim", "lee", "max"]
    assert verdict(book.directory, book.place).problems == []
    book.close()
    book.open()
    assert book.told() == told


def test_two_machines_with_one_ledger_have_each_all_of_it(books, tmp_path: Path, place: Place):
    """Each in its own chain; so neither is needed to read the other."""
    one = books(place)
    one.run("ada")
    other = Book(place, tmp_path / "elsewhere")
    other.run("bob")
    one.ledger.follow()
    for directory in (one.directory, other.directory):
        assert_told(directory, place)
    assert one.told() == other.told()
    other.close()


def test_a_disk_that_is_full_stops_nothing_and_is_said_once(book: Book):
    """The ledger has what is missing, and it is told as soon as that can be."""
    book.run("ada")
    book.directory.rename(book.directory.with_name("away"))
    book.directory.write_text("no directory")
    book.run("bob")
    book.run("kim")
    [alarm] = book.alarms
    assert "cannot be written: File exists" in alarm
    assert "the ledger has what is missing there" in alarm
    book.directory.unlink()
    book.directory.with_name("away").rename(book.directory)
    book.ledger.follow()
    assert book.alarms[1:] == [""]
    assert_told(book.directory, book.place)


def test_where_the_audit_is_required_nothing_begins_without_it(books):
    """The run is not begun as far as anybody can tell who was to make changes."""
    book = books(required=True)
    book.run("ada")
    book.directory.rename(book.directory.with_name("away"))
    book.directory.write_text("no directory")
    with pytest.raises(AuditError, match=r"cannot be written.*\n.*audit.required is on"):
        book.begin()


def test_half_a_write_is_taken_back(book: Book, monkeypatch: pytest.MonkeyPatch):
    """A full disk takes part of what it is given; the next lines begin where the last good one
    ended."""
    book.run("ada")
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, octets: write(fd, bytes(octets)[:7]) and _full())
    book.run("bob")
    monkeypatch.setattr(os, "write", write)
    assert "No space left on device" in book.alarms[0]
    book.run("kim")
    assert "line torn" not in book.told()
    assert_told(book.directory, book.place)


def _full() -> int:
    raise OSError(28, "No space left on device")


def test_times_are_utc_and_those_of_the_ledger(book: Book):
    """A line that is told late says when it happened."""
    book.ledger.followed_by(None)
    book.run("ada")
    book.pass_time(days=3)
    book.ledger.followed_by(book.another())
    book.ledger.follow()
    times = {one["event"]: datetime.fromisoformat(one["at"]) for one in records(book.directory)}
    assert times["change"] == NOW
    assert times["segment opened"] == book.now
