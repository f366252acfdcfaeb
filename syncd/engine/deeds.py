"""What one run did, as the journal has it: whom an undo is about, and what it goes back on."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from syncd.core.deed import Undo
from syncd.core.model import Key, Kind, Op
from syncd.core.plan import Change
from syncd.cycle.subjects import Subjects
from syncd.errors import ConfigError
from syncd.ledger import DONE, Ledger, Line

_AT_ONCE = 500


class Deeds:
    """Of a run of one sync. Nothing is asked before it is needed."""

    def __init__(self, ledger: Ledger, sync: str, run: int) -> None:
        self._ledger, self._sync, self.run = ledger, sync, run

    def check(self) -> None:
        """Raises `ConfigError` where there is nothing to go back on, or it is not known yet."""
        found = self._ledger.chronicle.known_run(self.run)
        if found.sync != self._sync:
            raise ConfigError(f"run {self.run} is one of the sync {found.sync}, not {self._sync}")
        if self._ledger.has_open_lines(self._sync):
            raise ConfigError(
                f"a run of {self._sync} broke off, and what became of its last changes is not "
                "known: `syncd apply` finds that out; then undo"
            )

    @cached_property
    def subjects(self) -> Subjects:
        """Whom it touched, as far as they are not many."""
        found = Subjects(guarded=True, unread=True)
        for some in self._each():
            for change in some:
                found.add_change(change)
            if found.many:
                break
        return found

    @cached_property
    def lost(self) -> Sequence[Change]:
        """What it did to things that are syncd's no more; the last of each."""
        lost: dict[tuple[Kind, Key, Key | None], Change] = {}
        for some in self._each():
            known = self._known(some)
            for one in some:
                if one.kind is not Kind.MEMBER:
                    is_lost = (one.kind, one.key) not in known
                else:
                    ends = (Kind.GROUP, one.key), (Kind.USER, one.member)
                    is_lost = one.op is Op.REMOVE and not known.issuperset(ends)
                if is_lost:
                    lost[one.kind, one.key, one.member] = one
        return list(lost.values())

    def undo(self, *, insists: bool = False) -> Undo:
        chronicle, run, sync = self._ledger.chronicle, self.run, self._sync
        return Undo(
            run,
            lambda kind, keys: map(_change, chronicle.deeds_of(run, kind, keys)),
            lambda group: map(_change, chronicle.member_deeds_of(run, group)),
            () if insists else self.lost,
            since=lambda kind, keys: map(_change, chronicle.deeds_since(sync, run, kind, keys)),
            members_since=lambda group: map(
                _change, () if insists else chronicle.member_deeds_since(sync, run, group)
            ),
            insists=insists,
        )

    def notes(self) -> tuple[str, ...]:
        """What is left as it is."""
        return (*self._adopted(), *self._unseen())

    def _adopted(self) -> Iterator[str]:
        if names := self._ledger.chronicle.taken_in(self.run):
            few, many = "1 account or group", f"{len(names):,} accounts or groups"
            things, such = few if len(names) == 1 else many, f"such as {names[0]}"
            yield f"{things} that run {self.run} adopted, {such}: they stay syncd's own"

    def _unseen(self) -> Iterator[str]:
        if number := self._ledger.chronicle.count_moot(self.run):
            changes = "1 change" if number == 1 else f"{number:,} changes"
            left = f"left as {'it is' if number == 1 else 'they are'}"
            yield f"{changes} that run {self.run} began, and broke off, did not show then: {left}"

    def _each(self) -> Iterator[list[Change]]:
        after = 0
        while lines := self._ledger.chronicle.lines_of(self.run, after=after, limit=_AT_ONCE):
            after = lines[-1].line
            yield [_change(line) for line in lines if line.outcome == DONE]

    def _known(self, some: Sequence[Change]) -> set[tuple[Kind, Key | None]]:
        """Which of these have links, by the keys that they had then."""
        keys = {(_thing(one), one.key) for one in some}
        keys |= {(Kind.USER, one.member) for one in some if one.member is not None}
        refs = {(_thing(one), one.ref) for one in some if one.ref is not None}
        known: set[tuple[Kind, Key | None]] = set()
        by_ref = {(_thing(one), one.ref): one.key for one in some}
        for link in self._ledger.recall_links(self._sync, keys, refs):
            known |= {(link.kind, key) for key in (link.key, *link.aliases)}
            if (key := by_ref.get((link.kind, link.ref))) is not None:
                known.add((link.kind, key))
        return known


def _thing(change: Change) -> Kind:
    return Kind.GROUP if change.kind is Kind.MEMBER else change.kind


def _change(line: Line) -> Change:
    return Change(
        line.op,
        line.kind,
        line.key,
        line.name,
        line.ref,
        line.before,
        line.after,
        line.reason,
        line.member,
        line.member_ref,
    )
