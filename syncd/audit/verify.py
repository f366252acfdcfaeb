"""Verifies an audit: finds each changed, removed, reordered, inserted or cut-off line."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from syncd.audit.checkpoint import Checkpoint
from syncd.audit.record import FIRST, Line, NoLine, decode
from syncd.audit.segments import first_of
from syncd.audit.verdict import Anchors, Problem, Verdict

Facts = Mapping[str, Any]

_LEDGER = "the ledger"

_MOST = 1000
"""Problems that are listed; where there are more, one thing is wrong with all."""


def verify(files: Sequence[Path], anchors: Anchors) -> Verdict:
    """Of these segments, in their order. Raises `OSError`."""
    return _Walk(anchors).through(files)


class _Signed(Struct, frozen=True):
    """A checkpoint as a line has it."""

    head: int
    head_hash: str
    machine: str
    key_id: str
    signature: str


class _Walk:
    def __init__(self, anchors: Anchors) -> None:
        self._anchors = anchors
        self._wanted: dict[int, list[tuple[str, str]]] = {}
        self.verdict = Verdict()
        self._seq, self._prev = 0, FIRST
        self._unsure = False
        self._file, self._number = "", 0
        self._closed = True
        self._before = FIRST
        self._accounted: dict[int, str] = {}
        # By a signature, or by a checkpoint that was kept elsewhere; anybody can write the rest.
        self._anchored = False
        # What syncd itself says of the chain. A gap that it found shows in the numbers besides.
        self._says: Mapping[str, Callable[[Facts, Line], None]] = {
            "lines gone": self._gone,
            "chain changed": self._changed,
            "line torn": self._torn,
            "segment removed": self._removed,
            "ledger changed": self._told_anew,
            "ledger went back": self._told_anew,
        }

    def through(self, files: Sequence[Path]) -> Verdict:
        self._want()
        for path in files:
            self._file, self._number = path.name, 0
            self._segment(path, self._anchors.size if path is files[-1] else None)
        verdict = self.verdict
        verdict.files = len(files)
        verdict.last, verdict.last_hash = self._seq, self._prev if self._seq else ""
        self._end(files)
        return verdict

    def _want(self) -> None:
        """Which hash is to be at which number, and by whose word."""
        for one in self._anchors.checkpoints:
            if self._anchors.key is None:
                self.verdict.unchecked += 1
            elif why := self._anchors.key.wrong(one):
                self._wrong(f"the checkpoint of line {one.seq} {why}", seq=one.seq)
                continue
            self._expect(one.seq, one.hash, f"the checkpoint of {one.at:%Y-%m-%dT%H:%M:%SZ}")
        head = self._anchors.head
        if head is not None and head.sequence:
            self._expect(head.sequence, head.hash, _LEDGER)

    def _expect(self, seq: int, hash_: str, whose: str) -> None:
        if seq:
            self._wanted.setdefault(seq, []).append((hash_, whose))

    def _segment(self, path: Path, size: int | None) -> None:
        if self._seq and first_of(path) != self._seq + 1:
            words = "lines or a whole segment are missing before this file"
            self._wrong(words, f"first sequence number {self._seq + 1}", str(first_of(path)))
            self._seq, self._unsure = first_of(path) - 1, True
        if not self._closed:
            self._wrong("the segment before this one was cut off: its last line does not close it")
        self._closed = False
        with path.open("rb") as file:
            for octets in file:
                if size is not None and (size := size - len(octets)) < 0:
                    break
                self._number += 1
                self._line(octets)
        if not self._number:
            self._number = 1
            self._wrong("the segment is empty")

    def _line(self, octets: bytes) -> None:
        self.verdict.lines += 1
        if not octets.endswith(b"\n"):
            self._lost("is cut off: it has no end")
            return
        try:
            line = decode(octets[:-1])
        except NoLine as error:
            self._lost(str(error))
            return
        self._follows(line)
        if line.seq <= self._seq:
            return
        self._seq, self._prev, self._unsure = line.seq, line.hash, False
        self._closed = line.closes
        self._held_against(line)
        if line.event == "checkpoint":
            self._signed(line, octets)
        elif say := self._says.get(line.event):
            try:
                say(msgspec.json.decode(octets), line)
            except (KeyError, TypeError):
                self._wrong(f"is no {line.event!r} as syncd writes it", seq=line.seq)

    def _lost(self, why: str) -> None:
        """A line that cannot be read: the next one is to have the number after it."""
        self._wrong(why, seq=self._seq + 1)
        self._seq, self._unsure = self._seq + 1, True

    def _follows(self, line: Line) -> None:
        if self._number == 1 and not self._seq:
            self.verdict.first = line.seq
            named = first_of(Path(self._file))
            if line.seq != named:
                words = "its first line is not the one it is named by"
                self._wrong(words, str(named), str(line.seq))
            self._before = line.prev
            if line.seq == 1 and line.prev != FIRST:
                self._wrong("does not begin a chain", f"previous hash {FIRST}", line.prev)
            return
        wanted = self._seq + 1
        if line.seq != wanted:
            words = f"line {wanted} is missing" if line.seq > wanted else "does not belong here"
            if line.seq > wanted + 1:
                words = f"lines {wanted} to {line.seq - 1} are missing"
            self._wrong(words, f"sequence number {wanted}", str(line.seq), seq=wanted)
        elif line.prev != self._prev and not self._unsure:
            words = "does not follow on the line before it: that one was replaced, or this one"
            self._wrong(words, f"previous hash {self._prev}", line.prev, seq=wanted)

    def _held_against(self, line: Line) -> None:
        for hash_, whose in self._wanted.pop(line.seq, ()):
            if hash_ == line.hash:
                self._meets(whose)
            else:
                words = f"is not the line that {whose} remembers"
                self._wrong(words, f"hash {hash_}", line.hash, seq=line.seq)

    def _meets(self, whose: str) -> None:
        if whose == _LEDGER:
            return
        self._anchored = True
        if self._anchors.key is not None:
            self.verdict.checkpoints += 1

    def _signed(self, line: Line, octets: bytes) -> None:
        try:
            said = msgspec.json.decode(octets, type=_Signed)
        except msgspec.MsgspecError as error:
            self._wrong(f"is no checkpoint: {error}", seq=line.seq)
            return
        if (said.head, said.head_hash) != (line.seq - 1, line.prev):
            self._wrong("signs another line than the one before it", seq=line.seq)
        elif self._anchors.key is None:
            self.verdict.unchecked += 1
        else:
            made = Checkpoint(
                said.head, said.head_hash, line.at, said.machine, said.key_id, said.signature
            )
            if why := self._anchors.key.wrong(made):
                self._wrong(why, seq=line.seq)
            else:
                self.verdict.checkpoints += 1
                self._anchored = True

    def _gone(self, facts: Facts, line: Line) -> None:
        self._accounted[facts["until"]] = self._before
        words = f"lines {facts['after'] + 1} to {facts['until']} were gone when this one was"
        self._wrong(f"{words} written; what the ledger has of them follows again", seq=line.seq)

    def _changed(self, facts: Facts, line: Line) -> None:
        until, found = facts["until"], facts.get("found")
        words = f"lines up to {until} were others than the ledger remembered when this was written"
        there = f"the hash {found}" if found else "no line that ends where it did"
        wanted = f"line {until} with the hash {facts['remembered']}"
        self._wrong(words, wanted, there, seq=line.seq)

    def _torn(self, facts: Facts, _line: Line) -> None:
        words = f"{facts['octets']} octets of a half-written line are in {facts['set_aside']}"
        self._note(words)

    def _removed(self, facts: Facts, _line: Line) -> None:
        self._accounted[facts["until"]] = facts["last_hash"]
        words = f"{facts['segment']}, up to line {facts['until']}, was removed by audit.keep"
        self._note(words)

    def _told_anew(self, _facts: Facts, line: Line) -> None:
        self._note(f"{line.event}: what follows is told by the ledger as it is now")

    def _note(self, words: str) -> None:
        self.verdict.notes.append(f"{self._file}:{self._number}: {words}")

    def _end(self, files: Sequence[Path]) -> None:
        if not files and not self._wanted:
            self.verdict.notes.append("there is no audit yet")
        if self.verdict.first > 1:
            self._beginning(files, self.verdict.first - 1)
        if self._anchors.alone and files and not self._closed:
            self.verdict.notes.append("the segment is not closed: more lines may have followed")
        for seq, wanted in sorted(self._wanted.items()):
            for hash_, whose in wanted:
                self._not_met(seq, hash_, whose)

    def _beginning(self, files: Sequence[Path], until: int) -> None:
        """What comes before the first line here is gone, and syncd itself is to say so."""
        words = f"lines 1 to {until} are not here"
        if self._anchors.alone or self._accounted.get(until) == self._before:
            self.verdict.notes.insert(0, words)
            return
        problem = f"{words}, and it was not audit.keep that removed them"
        if first_of(files[0]) == until + 1:
            self.verdict.problems.insert(0, Problem(files[0].name, 0, 1, problem))

    def _not_met(self, seq: int, hash_: str, whose: str) -> None:
        words = f"line {seq}, which {whose} remembers, is not here"
        if self._anchors.alone or (
            seq < self.verdict.first and whose != _LEDGER and self._anchored
        ):
            self.verdict.notes.append(words)
        elif seq < self.verdict.first:
            later = "" if whose == _LEDGER else ", nor is a later one that somebody signed or kept"
            self._wrong(f"{words}{later}", seq=seq)
        elif seq > self._seq:
            words = f"the end is cut off: {whose} remembers line {seq}"
            self._number += 1
            self._wrong(words, f"line {seq} with the hash {hash_}", f"the end at line {self._seq}")

    def _wrong(self, what: str, expected: str = "", found: str = "", *, seq: int = 0) -> None:
        if len(self.verdict.problems) < _MOST:
            at = seq or self._seq + 1
            problem = Problem(self._file, self._number, at, what, expected, found)
            self.verdict.problems.append(problem)
