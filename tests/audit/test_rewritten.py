"""Who can write to the audit's files alone is found out, before the next run and for ever after."""

from datetime import timedelta

import pytest

from syncd.audit.segments import segments
from syncd.audit.verify import Anchors, verify
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
