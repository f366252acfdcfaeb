"""Who can write to the audit's files alone is found out, before the next run and for ever after."""

import socket
from datetime import timedelta

import pytest

from syncd.audit.chain import Chain, End, of_its_own
from syncd.audit.segments import segments
from syncd.audit.verdict import Anchors
from syncd.audit.verify import verify
from tests.audit.book import Book
from tests.audited import records, rewrite, verdict

CHANGED = "were others than the ledger remembered when this was written"


def forge(book: Book, old: bytes = b"ada", new: bytes = b"eve") -> None:
    """While no process has the audit open."""
    book.close()
    rewrite(segments(book.directory)[0], old, new)
    assert verify(segments(book.directory), Anchors()).problems == []
    book.open()


@pytest.mark.parametrize("new", [b"eve", b"somebody.else", b"x"])
def test_a_chain_that_was_rewritten_is_never_whole_again(book: Book, new: bytes):
    """Though its hashes are good, whatever runs come after it, and whoever rewrites it again."""
    book.run("ada")
    head = book.ledger.trail.heads()[0]
    forge(book, new=new)
    [problem] = verdict(book.directory, book.place).problems
    assert problem.what.endswith(CHANGED)
    assert problem.expected == f"line {head.sequence} with the hash {head.hash}"
    for key in ("bob", "kim"):
        book.run(key)
        book.close()
        book.open()
    assert book.told().count("chain changed") == 1
    forge(book, b"chain changed", b"run ended")
    book.run("max")
    assert verdict(book.directory, book.place).problems[0].what.endswith(CHANGED)


def test_it_is_told_once_where_it_is_found(book: Book):
    """What was done to the files, in the log too, and not as a trouble that passes."""
    book.run("ada")
    forge(book)
    book.run("bob")
    [alarm] = book.alarms
    assert "is not as it was written: what stands at line" in alarm
    assert book.audit.trouble == ""
    book.close()
    book.newest.write_bytes(b"".join(book.newest.read_bytes().splitlines(keepends=True)[:-2]))
    book.open()
    book.run("kim")
    assert "are missing at its end" in book.alarms[-1]
    assert len(book.alarms) == 2


def test_what_was_told_and_not_remembered_before_a_crash_is_no_change(book: Book):
    """The ledger's memory may be behind: the line that it remembers is where it was."""
    book.run("ada")
    old = book.ledger.trail.heads()[0]
    book.run("bob")
    book.ledger.trail.keep(old)
    book.close()
    book.open()
    book.run("kim")
    assert book.alarms == []
    assert verdict(book.directory, book.place).problems == []


def test_a_segment_is_removed_after_the_ledger_remembers_what_comes_after_it(books, monkeypatch):
    """So that who died in between is not taken for a forger."""
    book = books(keep=timedelta(days=60))
    book.run("ada")
    for _ in range(2):
        book.pass_time(days=32)
        book.run("bob")
    removed = []
    monkeypatch.setattr(
        type(book.newest), "unlink", lambda path: removed.append((path, book.ledger.trail.heads()))
    )
    book.pass_time(days=32)
    book.run("kim")
    (path, [head]), *_ = removed
    assert head.file == book.newest.name != path.name


def test_a_line_of_the_audits_own_that_says_nothing_is_found(book: Book):
    """Somebody else wrote it."""
    book.run("ada")
    for event in (b"chain changed", b"lines gone", b"segment removed", b"line torn"):
        rewrite(book.newest, b'"run begun"', b'"%b"' % event)
        [problem] = verify(segments(book.directory), Anchors()).problems
        assert problem.what == f"is no {event.decode()!r} as syncd writes it"
        rewrite(book.newest, b'"%b"' % event, b'"run begun"')
    assert records(book.directory)[1]["event"] == "run begun"


def named(monkeypatch, name: str) -> None:
    """The machine is called so from now on."""
    monkeypatch.setattr(socket, "gethostname", lambda: name)


@pytest.mark.parametrize("lines", [0, 2])
def test_an_end_that_was_cut_off_is_found_though_the_machine_has_another_name(
    book: Book, monkeypatch, lines: int
):
    """As a container has that was made anew: before its first run, and after it. All of it, too."""
    book.run("ada")
    book.close()
    whole = book.newest.read_bytes().splitlines(keepends=True)
    book.newest.write_bytes(b"".join(whole[:lines]))
    if not lines:
        book.newest.unlink()
    named(monkeypatch, "pod-2")
    [problem] = verdict(book.directory, book.place).problems
    assert problem.what == "the end is cut off: the ledger remembers line 4"
    book.open()
    book.run("bob")
    assert any("were gone" in one.what for one in verdict(book.directory, book.place).problems)


def test_an_audit_is_known_by_the_name_that_it_began_with(books, place, monkeypatch):
    """Whatever the machine is called when it goes on, in whichever ledger; the line says which
    machine began a segment."""
    book = books(place)
    for name in ("pod-1", "pod-2", "pod-3"):
        named(monkeypatch, name)
        book.close()
        book.open()
        book.run(name)
        book.pass_time(days=32)
    assert [one["machine"] for one in records(book.directory) if "machine" in one] == [
        "pod-1",
        "pod-2",
        "pod-3",
    ]
    [head] = book.ledger.trail.heads()
    assert head.place == f"pod-1:{book.directory}"
    assert book.alarms == []
    assert verdict(book.directory, book.place).problems == []


def test_segments_that_somebody_removed_are_missed_and_what_syncd_removed_is_not(books):
    """The chain says which those are, up to which line and with which hash."""
    book = books(keep=timedelta(days=60))
    for _ in range(5):
        book.run("ada")
        book.pass_time(days=32)
    found = verdict(book.directory, book.place)
    assert (found.first > 1, found.problems) == (True, [])
    segments(book.directory)[0].unlink()
    [problem] = verdict(book.directory, book.place).problems
    assert "it was not audit.keep that removed them" in problem.what


def test_a_chain_that_begins_after_what_the_ledger_remembers_is_another(book: Book):
    """Though it says that syncd removed what was before."""
    book.run("ada")
    head = book.ledger.trail.heads()[0]
    book.close()
    book.newest.unlink()
    chain = Chain(book.directory, End(seq=head.sequence, hash=head.hash))
    chain.open_segment(book.now, "machine", head.place)
    removed = {"segment": head.file, "until": head.sequence, "last_hash": head.hash}
    chain.append([of_its_own(book.now, "segment removed", **removed)])
    chain.release()
    [problem] = verdict(book.directory, book.place).problems
    assert problem.what == f"line {head.sequence}, which the ledger remembers, is not here"
    book.open()
    assert "is not as it was written" in book.alarms[0]
