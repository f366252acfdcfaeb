"""Writes the audit: whatever the ledger has beyond what was told is appended, in its order."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from threading import Lock

import msgspec

from syncd.audit.age import old
from syncd.audit.chain import Chain, End, Said, Torn, of_its_own
from syncd.audit.checkpoint import Checkpoint, Signer
from syncd.audit.lock import writing
from syncd.audit.place import here, remembered
from syncd.audit.projection import Projection
from syncd.audit.segments import ends_at, segments, write_private
from syncd.errors import AuditError, LedgerError
from syncd.ledger.heads import Head
from syncd.ledger.runs import RUN_ENDED
from syncd.ledger.trail import Trail

_AT_ONCE = 2000
"""Lines that are written and made durable as one."""

_REMEMBERED = 1.0
"""Seconds after which the ledger is told in the middle of a run how far the audit is."""

CHECKPOINT = "checkpoint.json"
"""The newest signed checkpoint, beside the segments."""


@dataclass(frozen=True)
class Rules:
    """Of the audit in a `directory`. Segments are of `largest` octets and no longer than a
    month; closed ones that end before `keep` are removed, None for never. A `required` audit stops
    what it cannot tell. With a signer, every so many lines and each run that changed anything are
    followed by a checkpoint."""

    directory: Path
    required: bool = False
    largest: int = 64 << 20
    keep: timedelta | None = None
    signer: Signer | None = None
    checkpoint_every: int = 1000
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


class Audit:
    """Called from any thread. `alarm` is told what is wrong, once, and of an empty text when it is
    over; of damage that somebody did to its files, once."""

    def __init__(
        self, trail: Trail, projection: Projection, rules: Rules, alarm: Callable[[str], None]
    ) -> None:
        self._trail, self._projection = trail, projection
        self._rules, self._alarm = rules, alarm
        self._turn = Lock()
        self._chain: Chain | None = None
        self._place = ""
        self._checkpoint = 0
        self._changed = False
        self._remembered = float("-inf")
        self.trouble = self.damage = ""

    def follow(self) -> None:
        """Appends whatever the ledger has beyond the last line. Raises `AuditError` where the audit
        is required and cannot be written; else that is told to `alarm`, and done later."""
        trouble, known = "", self.damage
        with self._turn:
            try:
                if self._trail.newest():
                    with writing(self._rules.directory):
                        self._write()
            except (OSError, LedgerError) as error:
                trouble = self._given_up(error)
            changed, self.trouble = trouble != self.trouble, trouble
        if self.damage != known:
            self._alarm(self.damage)
        if changed:
            self._alarm(trouble)
        if trouble and self._rules.required:
            raise AuditError(f"{trouble}\naudit.required is on: nothing is begun until it can be")

    def checkpoint(self) -> Checkpoint:
        """A signed one of all that is told. Raises `AuditError`, and `OSError`."""
        with self._turn, writing(self._rules.directory):
            chain = self._write()
            if (signer := self._rules.signer) is None:
                raise AssertionError("nobody signs")
            made = self._sign(chain, signer)
            self._remember(chain)
            return made

    def close(self) -> None:
        with self._turn:
            self._forget()

    def _write(self) -> Chain:
        chain = self._at_its_end()
        last = None
        told = self._projection.after(chain.end.entry, chain.end.item)
        while some := list(islice(told, _AT_ONCE)):
            self._make_room(chain)
            chain.append(some)
            self._changed = self._changed or any(one.item for one in some)
            last = some[-1]
        if last is not None:
            self._after(chain, last)
        return chain

    def _after(self, chain: Chain, last: Said) -> None:
        over = last.event == RUN_ENDED
        due = chain.end.seq - self._checkpoint >= self._rules.checkpoint_every
        if self._rules.signer is not None and (due or (over and self._changed)):
            self._sign(chain, self._rules.signer)
        late = time.monotonic() - self._remembered > _REMEMBERED
        if late or last.event not in _IN_A_RUN:
            self._remember(chain)

    def _at_its_end(self) -> Chain:
        if self._chain is not None and not self._chain.moved():
            return self._chain
        self._forget()
        chain, torn = Chain.found(self._rules.directory)
        head = remembered(self._trail, self._rules.directory)
        self._place = head.place if head else here(self._rules.directory)
        notes = [self._torn(one) for one in torn]
        notes += self._compare(chain, head) + self._reconcile(chain, head)
        self._checkpoint = head.checkpoint if head else 0
        self._chain = chain
        if notes:
            self._make_room_for_one(chain)
            chain.append(notes)
            self._remember(chain)
        return chain

    def _torn(self, torn: Torn) -> Said:
        facts: dict[str, object] = {"octets": torn.octets, "set_aside": torn.file}
        return of_its_own(self._rules.clock(), "line torn", **facts)

    def _compare(self, chain: Chain, head: Head | None) -> list[Said]:
        """With what the ledger remembers: where lines are gone, the numbers go on after them, and
        where they are others, that is said in the chain, for the ledger's memory is renewed."""
        if head is None:
            return []
        if head.sequence > chain.end.seq:
            return [self._gone(chain, head)]
        line = ends_at(self._rules.directory / head.file, head.offset)
        if line is not None and (line.seq, line.hash) == (head.sequence, head.hash):
            return []
        self.damage = (
            f"the audit in {self._rules.directory} is not as it was written: what stands at line "
            f"{head.sequence} is not what the ledger remembers; `syncd audit verify` shows it"
        )
        facts: dict[str, object] = {"until": head.sequence, "remembered": head.hash}
        facts["found"] = line and line.hash
        return [of_its_own(self._rules.clock(), "chain changed", **facts)]

    def _gone(self, chain: Chain, head: Head) -> Said:
        facts: dict[str, object] = {"after": chain.end.seq, "until": head.sequence}
        self.damage = (
            f"the audit in {self._rules.directory} is not whole: lines {chain.end.seq + 1} to "
            f"{head.sequence} are missing at its end; `syncd audit verify` shows where. What the "
            "ledger has of them is told again"
        )
        chain.go_on(head.sequence, head.hash)
        return of_its_own(self._rules.clock(), "lines gone", **facts)

    def _reconcile(self, chain: Chain, head: Head | None) -> list[Said]:
        """Finds out up to where this ledger was told."""
        ledger, end = self._trail.identity(), chain.end
        # Where all is gone, all is told again.
        from_head = (head.told, head.told_item) if head and end.file else (0, 0)
        if end.ledger == ledger and self._is_known(chain):
            return []
        chain.follow(ledger, *from_head)
        if not end.ledger:
            return []
        event = "ledger went back" if end.ledger == ledger else "ledger changed"
        facts: dict[str, object] = {"from": end.ledger, "from_entry": end.entry}
        return [of_its_own(self._rules.clock(), event, **facts)]

    def _is_known(self, chain: Chain) -> bool:
        """Whether the ledger has the event that was told last. One that was restored from a backup
        has not, or by now another of that number."""
        entry = chain.end.entry
        if entry > self._trail.newest():
            return False
        line, events = chain.last_told(), self._trail.events_after(entry - 1, 1)
        if line is None or line.entry != entry or not events or events[0].number != entry:
            return True
        return events[0].at == line.at

    def _make_room(self, chain: Chain) -> None:
        """Sees to it that there is a segment to write to, which is neither full nor old."""
        now, end = self._rules.clock(), chain.end
        if end.file is not None and not end.closed:
            if end.offset < self._rules.largest and _same_month(end, now):
                return
            chain.close_segment(now)
        chain.open_segment(now, socket.gethostname(), self._place)
        self._remove_old(chain, now)

    def _remove_old(self, chain: Chain, now: datetime) -> None:
        """The fact comes before the deed."""
        keep, directory = self._rules.keep, self._rules.directory
        for path, line in old(segments(directory)[:-1], keep, now) if keep else ():
            facts: dict[str, object] = {
                "segment": path.name,
                "until": line.seq,
                "last_hash": line.hash,
            }
            chain.append([of_its_own(now, "segment removed", **facts)])
            # What the ledger remembers is to stay.
            self._remember(chain)
            path.unlink()

    def _sign(self, chain: Chain, signer: Signer) -> Checkpoint:
        made = signer.sign(chain.end.seq, chain.end.hash, self._rules.clock(), socket.gethostname())
        facts: dict[str, object] = {"head": made.seq, "head_hash": made.hash}
        facts |= {"machine": made.machine, "key_id": made.key_id, "signature": made.signature}
        self._make_room_for_one(chain)
        chain.append([of_its_own(made.at, "checkpoint", **facts)])
        content = msgspec.json.encode(made) + b"\n"
        write_private(self._rules.directory / CHECKPOINT, content)
        self._checkpoint, self._changed = made.seq, False
        return made

    def _make_room_for_one(self, chain: Chain) -> None:
        if chain.end.file is None or chain.end.closed:
            chain.open_segment(self._rules.clock(), socket.gethostname(), self._place)

    def _remember(self, chain: Chain) -> None:
        end = chain.end
        if end.file is None:
            return
        self._trail.keep(
            Head(
                self._place,
                end.file.name,
                end.offset,
                end.seq,
                end.hash,
                self._checkpoint,
                end.entry,
                end.item,
                self._rules.clock(),
            )
        )
        self._remembered = time.monotonic()

    def _forget(self) -> None:
        if self._chain is not None:
            self._chain.release()
        self._chain = None

    def _given_up(self, error: OSError | LedgerError) -> str:
        self._forget()
        if isinstance(error, LedgerError):
            return str(error)
        why = error.strerror or str(error)
        return (
            f"the audit in {self._rules.directory} cannot be written: {why}; the ledger has what"
            " is missing there, and it is appended as soon as that is mended"
        )


def _same_month(end: End, now: datetime) -> bool:
    return end.begun is None or (end.begun.year, end.begun.month) == (now.year, now.month)


_IN_A_RUN = {"change", "remembered", "run begun"}
