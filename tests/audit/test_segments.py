"""Segments: full or old ones are closed, those before the time that is kept are removed."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from syncd.audit.checkpoint import Signer, Verifier, new_pair, read_checkpoints
from syncd.audit.segments import segments
from syncd.audit.verdict import Anchors
from syncd.audit.verify import verify
from syncd.errors import ConfigError
from tests.audit.book import Book
from tests.audited import assert_told, records, verdict
from tests.servers.databases import Place


def test_a_full_segment_is_closed_and_the_next_one_goes_on(books):
    """Its first line has the hash of the last one before."""
    book = books(largest=1500)
    for number in range(5):
        book.run(f"p{number}")
    assert len(segments(book.directory)) > 2
    told = records(book.directory)
    assert [one["prev"] for one in told[1:]] == [one["hash"] for one in told[:-1]]
    closed = [one["next"] for one in told if one["event"] == "segment closed"]
    assert closed == [path.name for path in segments(book.directory)[1:]]
    assert_told(book.directory, book.place)


def test_each_month_begins_a_segment(book):
    """However little there is to tell."""
    book.run("ada")
    book.pass_time(days=32)
    book.run("bob")
    assert len(segments(book.directory)) == 2
    assert_told(book.directory, book.place)


def test_a_segment_that_was_closed_before_the_process_died_takes_no_line(book):
    """The next process opens the next one."""
    book.run("ada")
    book.audit._chain.close_segment(book.now)
    book.close()
    book.open()
    book.run("bob")
    assert len(segments(book.directory)) == 2
    assert_told(book.directory, book.place)


def test_old_segments_are_removed_and_that_is_said_in_the_chain(books):
    """Which one, up to which line, with its last hash; the rest verifies."""
    book = books(keep=timedelta(days=60))
    book.run("ada")
    first = segments(book.directory)[0]
    for _ in range(3):
        book.pass_time(days=32)
        book.run("bob")
    assert not first.exists()
    removed = [one for one in records(book.directory) if one["event"] == "segment removed"]
    assert removed[0]["segment"] == first.name
    found = verdict(book.directory, book.place)
    assert found.problems == []
    assert found.notes[0] == f"lines 1 to {found.first - 1} are not here"


@pytest.mark.parametrize("days", [45, 3650])
def test_a_clock_that_jumps_once_removes_no_segment(books, days: int):
    """Neither the run that sees it first, nor the next ones before it is mended and after it."""
    book = books(keep=timedelta(days=70))
    for _ in range(3):
        book.run("ada")
        book.pass_time(days=31)
    there = segments(book.directory)
    for jump in (days, 0, -days):
        book.pass_time(days=jump)
        book.run("bob")
    assert segments(book.directory)[: len(there)] == there
    assert_told(book.directory, book.place)


def test_a_clock_that_stays_wrong_removes_no_more_than_half_before_its_time(books):
    """A month of such runs is believed for half of what is kept."""
    book = books(keep=timedelta(days=200))
    for _ in range(6):
        book.run("ada")
        book.pass_time(days=31)
    first, *others = segments(book.directory)
    for days in (3650, 31, 31):
        book.pass_time(days=days)
        book.run("bob")
    assert not first.exists()
    assert others[-1].exists()


def test_an_end_that_was_cut_off_does_not_meet_a_checkpoint_that_was_kept(books):
    """Though neither the chain in itself nor the ledger tells."""
    private, public = new_pair()
    book = books(signer=Signer(private))
    book.run("ada")
    kept = read_checkpoints((book.directory / "checkpoint.json").read_text(), "kept")
    verifier = Verifier(public)
    book.close()
    lines = book.newest.read_bytes().splitlines(keepends=True)
    assert verify(segments(book.directory), Anchors(None, kept, verifier)).checkpoints == 2
    book.newest.write_bytes(b"".join(lines[:-2]))
    anchors = Anchors(None, kept, verifier)
    [problem] = verify(segments(book.directory), anchors).problems
    assert "the end is cut off: the checkpoint of 2026-03-01T12:00:00Z remembers" in problem.what


def test_a_chain_that_was_made_anew_does_not_meet_a_checkpoint(books, tmp_path):
    """Nor can it have checkpoints of its own without the key."""
    private, public = new_pair()
    book = books(signer=Signer(private))
    book.run("ada")
    kept = read_checkpoints((book.directory / "checkpoint.json").read_text(), "kept")
    other, _ = new_pair()
    forged = Book(
        Place(f"sqlite:///{tmp_path}/other.db"), tmp_path / "forged", signer=Signer(other)
    )
    forged.run("bob")
    found = verify(segments(forged.directory), Anchors(None, kept, Verifier(public)))
    words = [one.what for one in found.problems]
    assert "is not the line that the checkpoint of 2026-03-01T12:00:00Z remembers" in words
    assert any("is signed by the key" in one for one in words)
    forged.close()


def test_a_beginning_that_was_removed_needs_a_later_line_that_somebody_signed(books, tmp_path):
    """Or one that was kept: that the beginning is old, whoever makes a chain anew can say."""
    private, public = new_pair()
    real = books(signer=Signer(private), keep=timedelta(days=60))
    real.run("ada")
    kept = read_checkpoints((real.directory / "checkpoint.json").read_text(), "kept")
    place = Place(f"sqlite:///{tmp_path}/other.db")
    forged = Book(place, tmp_path / "forged", keep=timedelta(days=60))
    forged.run("bob")
    for book in (real, forged):
        for _ in range(3):
            book.pass_time(days=31)
            book.run("bob")
    found = verify(segments(real.directory), Anchors(None, kept, Verifier(public)))
    assert (found.first > kept[0].seq, found.problems) == (True, [])
    assert found.checkpoints == 3  # those that are here: the kept one is not
    newest = read_checkpoints((real.directory / "checkpoint.json").read_text(), "kept")
    assert verify(segments(real.directory), Anchors(None, [*kept, *newest])).problems == []
    for key in (Verifier(public), None):
        found = verify(segments(forged.directory), Anchors(None, kept, key))
        assert found.first > kept[0].seq
        [problem] = found.problems
        assert problem.what.endswith("is not here, nor is a later one that somebody signed or kept")
    forged.close()


@pytest.mark.parametrize("field", ["seq", "hash", "at", "machine", "signature"])
def test_a_checkpoint_that_was_changed_is_found(books, field: str):
    """Whatever of it."""
    private, public = new_pair()
    book = books(signer=Signer(private))
    book.run("ada")
    [kept] = read_checkpoints((book.directory / "checkpoint.json").read_text(), "kept")
    other = {
        "seq": kept.seq - 1,
        "hash": "0" * 64,
        "at": kept.at + timedelta(seconds=1),
        "machine": "other",
        "signature": "A" * 86 + "==",
    }
    changed = replace(kept, **{field: other[field]})
    assert Verifier(public).wrong(kept) == ""
    found = verify(segments(book.directory), Anchors(None, [changed], Verifier(public)))
    assert "has a signature that is not that of the key" in found.problems[0].what


def test_checkpoints_come_after_what_was_done_and_after_so_many_lines(books):
    """A run that found nothing to do needs none."""
    private, _ = new_pair()
    book = books(signer=Signer(private), checkpoint_every=12)
    book.run("ada")
    for _ in range(6):
        book.end(book.begin())
    told = book.told()
    assert [number for number, one in enumerate(told) if one == "checkpoint"] == [4, 16]


def test_what_is_no_key_is_refused():
    """With what to do."""
    with pytest.raises(ConfigError, match="no private key in PEM"):
        Signer(b"nonsense")
    with pytest.raises(ConfigError, match="no public key in PEM"):
        Verifier(b"nonsense")
    curve = ec.generate_private_key(ec.SECP256R1())
    pem = curve.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(ConfigError, match="no Ed25519 key; `syncd audit keygen` makes one"):
        Signer(pem)
