"""Whatever is done to an audit's files is found, at the line where it was done."""

import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.audit.chain import Chain, End, Said
from syncd.audit.record import members
from syncd.audit.segments import segments
from syncd.audit.verdict import Anchors, Verdict
from syncd.audit.verify import verify
from syncd.ledger.heads import Head
from tests.audit.book import NOW, Book

laws = settings(
    max_examples=int(os.environ.get("SYNCD_AUDIT_EXAMPLES", "25")),
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
)
SEGMENTS = 3
LINES = 8
"""In each segment but the last, with the one that opens it and the one that closes it."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Head, list[list[bytes]]]:
    """The lines of an audit in several segments, and the ledger's memory of its end."""
    directory = tmp_path_factory.mktemp("whole")
    chain = Chain(directory, End(ledger="a"))
    for number in range(SEGMENTS):
        if number:
            chain.close_segment(NOW)
        chain.open_segment(NOW, "machine", "machine:/audit")
        chain.append(_said(LINES * number + one) for one in range(LINES - 2))
    chain.release()
    end = chain.end
    head = Head("here", "", end.offset, end.seq, end.hash, 0, end.entry, 0, NOW)
    return head, [path.read_bytes().splitlines(keepends=True) for path in segments(directory)]


def _said(number: int) -> Said:
    facts = members({"line": number, "key": f"p{number}", "name": "Zoë"})
    return Said(NOW, "change", facts, number, 1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tampered")


def verified(place: Path, files: list[list[bytes]], head: Head | None) -> Verdict:
    paths = []
    for number, lines in enumerate(files):
        path = place / f"audit-{number * LINES + 1:012}.jsonl"
        path.write_bytes(b"".join(lines))
        paths.append(path)
    return verify(paths, Anchors(head))


def first(found: Verdict) -> tuple[str, int]:
    """Where the first problem is."""
    assert found.problems
    return found.problems[0].file, found.problems[0].line


def at(file: int, line: int) -> tuple[str, int]:
    return f"audit-{file * LINES + 1:012}.jsonl", line + 1


def copied(files: list[list[bytes]]) -> list[list[bytes]]:
    return [list(lines) for lines in files]


anywhere = st.tuples(st.integers(0, SEGMENTS - 1), st.integers(0, LINES - 2))


def test_what_nobody_touched_is_whole(whole, place: Path):
    """With the ledger's memory of the end, and without."""
    head, files = whole
    assert [len(lines) for lines in files] == [LINES, LINES, LINES - 1]
    for anchor in (head, None):
        found = verified(place, files, anchor)
        assert (found.problems, found.notes) == ([], [])
        assert (found.lines, found.files, found.last) == (3 * LINES - 1, 3, 3 * LINES - 1)


@laws
@given(anywhere, st.data())
def test_a_bit_that_was_flipped_is_found_at_its_line(whole, place: Path, where, data):
    """Any bit of any line, its hashes and its end too."""
    head, files = whole[0], copied(whole[1])
    file, line = where
    octets = bytearray(files[file][line])
    bit = data.draw(st.integers(0, len(octets) * 8 - 1))
    octets[bit // 8] ^= 1 << bit % 8
    files[file][line] = bytes(octets)
    assert first(verified(place, files, head)) == at(file, line)
    assert first(verified(place, files, None)) == at(file, line)


@laws
@given(anywhere)
def test_a_line_that_was_removed_is_found_where_it_was(whole, place: Path, where):
    """In the middle by its number; at the very end by the ledger's memory alone."""
    head, files = whole[0], copied(whole[1])
    file, line = where
    del files[file][line]
    found = verified(place, files, head)
    last = line == len(files[file]) and file < SEGMENTS - 1
    assert first(found) == (at(file + 1, -1) if last else at(file, line))


@laws
@given(anywhere, anywhere)
def test_a_line_that_was_repeated_is_found_where_it_does_not_belong(whole, place: Path, one, other):
    """Wherever it was put."""
    head, files = whole[0], copied(whole[1])
    file, line = other
    files[file].insert(line + 1, files[one[0]][one[1]])
    seen = (
        line + 2 if one == (file, line + 1) else line + 1
    )  # which of two equal lines is the copy?
    assert first(verified(place, files, head)) == at(file, seen)


@laws
@given(st.integers(0, SEGMENTS - 1), st.lists(st.integers(0, LINES - 2), min_size=2, max_size=2))
def test_lines_that_changed_places_are_found(whole, place: Path, file, lines):
    """At the first of both."""
    head, files = whole[0], copied(whole[1])
    one, other = sorted(lines)
    if one == other:
        return
    files[file][one], files[file][other] = files[file][other], files[file][one]
    assert first(verified(place, files, head)) == at(file, one)


@laws
@given(anywhere, st.binary(max_size=80))
def test_octets_that_were_put_in_are_found(whole, place: Path, where, octets: bytes):
    """Be they a line or part of one."""
    head, files = whole[0], copied(whole[1])
    file, line = where
    files[file].insert(line, octets + b"\n")
    assert first(verified(place, files, head)) == at(file, line)


@laws
@given(anywhere, st.data())
def test_what_was_cut_off_is_found_where_it_ends(whole, place: Path, where, data):
    """In the middle of a line, or between two."""
    head, files = whole[0], copied(whole[1])
    file, line = where
    kept = data.draw(st.integers(0, len(files[file][line]) - 1))
    files[file] = [*files[file][:line], files[file][line][:kept]]
    found = verified(place, files[: file + 1], head)
    assert first(found) == at(file, line)
    found = verified(place, files, head)
    assert at(file, line) == first(found) or first(found) == at(file + 1, -1)


@laws
@given(anywhere)
def test_lines_that_were_written_anew_with_good_hashes_do_not_meet_the_ledgers_memory(
    whole, place: Path, where
):
    """Whoever can reckon hashes makes a chain that is whole in itself, and ends elsewhere."""
    head, _ = whole
    file, line = where
    forged = Chain(place / "forged", End(ledger="a"))
    for path in segments(place / "forged"):
        path.unlink()
    for number in range(SEGMENTS):
        if number:
            forged.close_segment(NOW)
        forged.open_segment(NOW, "machine", "machine:/audit")
        forged.append(
            _said(LINES * number + one + 100 * ((number, one) == (file, min(line, LINES - 3))))
            for one in range(LINES - 2)
        )
    forged.release()
    paths = segments(place / "forged")
    assert verify(paths, Anchors()).problems == []
    [problem] = verify(paths, Anchors(head)).problems
    assert problem.what == "is not the line that the ledger remembers"


def test_a_segment_that_somebody_removed_is_missed(whole, place: Path):
    """The oldest, which nothing says that syncd removed, and one in the middle, at the file after
    it. Of a segment alone it is only said."""
    head, files = whole
    verified(place, files, head)
    paths = sorted(place.glob("audit-*.jsonl"))
    [problem] = verify(paths[1:], Anchors(head)).problems
    words = f"lines 1 to {LINES} are not here, and it was not audit.keep that removed them"
    assert (problem.file, problem.line, problem.what) == (paths[1].name, 0, words)
    [problem] = verify([paths[0], paths[2]], Anchors(head)).problems
    assert (problem.file, problem.line) == (paths[2].name, 0)
    assert problem.what == "lines or a whole segment are missing before this file"
    alone = verify([paths[1]], Anchors(alone=True))
    assert (alone.problems, alone.notes) == ([], [f"lines 1 to {LINES} are not here"])
    alone = verify([paths[2]], Anchors(alone=True))
    assert alone.notes[-1] == "the segment is not closed: more lines may have followed"


def test_several_things_that_are_wrong_are_all_told(whole, place: Path):
    """Each at its line."""
    head, files = whole[0], copied(whole[1])
    files[0][3] = files[0][3].replace(b"Zo", b"Za")
    del files[1][4]
    files[2][2] = files[2][2].replace(b"Zo", b"Za")
    found = [(one.file, one.line) for one in verified(place, files, head).problems]
    assert found == [at(0, 3), at(1, 4), at(2, 2)]


def test_a_book_that_was_written_at_random_is_whole_and_each_change_in_it_is_found(
    book: Book,
):
    """As syncd itself writes it, and not only this test."""
    chance = random.Random(3)
    for number in range(4):
        book.run(*(f"p{number}{one}" for one in range(3)))
    lines = book.newest.read_bytes().splitlines(keepends=True)
    for _ in range(20):
        which = chance.randrange(len(lines))
        octets = bytearray(lines[which])
        octets[chance.randrange(len(octets))] ^= 1
        book.newest.write_bytes(b"".join([*lines[:which], octets, *lines[which + 1 :]]))
        found = verify(segments(book.directory), Anchors())
        assert found.problems[0].line == which + 1
