"""A cycle in which nothing is read: the question is put to what the ledger has kept alone."""

from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Any, Generic, Self

from msgspec import convert, structs

from syncd.core.decide import Decision
from syncd.core.memory import Link, Memory
from syncd.core.model import E, Group, Key, Kind, Op, Ref, User
from syncd.core.plan import Plan
from syncd.core.question import Question
from syncd.core.records import Named
from syncd.cycle.asking import Asking
from syncd.cycle.everybody import Everybody
from syncd.cycle.look import silent
from syncd.cycle.reading import Reader
from syncd.cycle.references import DiskNamed
from syncd.cycle.remembering import remember
from syncd.cycle.selection import Selector
from syncd.cycle.workspace import Workspace
from syncd.ledger import Ledger
from syncd.ledger.snapshot import Facts, Sides
from syncd.ports import Collection, Holds, Memberships
from syncd.sync import Sync

_AT_ONCE = 2000
"""People that are decided about together, where they need not be more."""


class Recollection:
    """What was kept with these `facts` and `sides`, as if it were read `now`.

    Reads no target and of the sources only those that are to be read `anew`, and writes nothing.
    Raises `SourceError` where of these none could be read.
    """

    def __init__(
        self,
        sync: Sync,
        ledger: Ledger,
        facts: Facts,
        sides: Sides,
        now: datetime,
        *,
        anew: Some[str] = (),
    ) -> None:
        self._sync = replace(sync, backend=_Remembered(sides.declared))
        self._ledger, self._facts, self._now = ledger, facts, now
        self._past = ledger.past(sync.name, sync.made_by)
        self._base, self._work = ledger.snapshot(sync.name), Workspace()
        reader = Reader(self._base, self._work, now, silent)
        # Not against the snapshot: it may have been read by other settings.
        fresh = {name: source for name, source in sync.sources.items() if name in anew}
        read = Reader(None, self._work, now, silent).sources(fresh, {}) if fresh else {}
        self.sources = {name: read.get(name) or reader.unread_source(name) for name in sync.sources}
        self.target = reader.unread_target(Ref(sides.own) if sides.own else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._work.close()

    def asked(self, keys: Some[Key], refs: Some[Ref]) -> tuple[Question, Plan]:
        """A question about these people and accounts at least, and the plan of all."""
        if not self._ledger.has_open_lines(self._sync.name):
            question = self._about(keys, refs, open_too=True)
            if question is not None:
                return question, Decision(question).plan()
        return self.question(keys, refs), self._plan_of_everybody()

    def question(self, keys: Some[Key], refs: Some[Ref]) -> Question:
        """About these people and accounts, and whoever shares a record with them."""
        question = self._about(keys, refs, open_too=False)
        if question is None:
            question = self._asking(None).about_all(self._remember(None))
        return question

    def _about(
        self, keys: Iterable[Key], refs: Iterable[Ref], *, open_too: bool
    ) -> Question | None:
        sync, ledger = self._sync, self._ledger
        kept = self._base, self._facts, self.sources, self.target
        selector = Selector(sync, ledger, *kept, self._now)
        named = self._named
        selection = selector.pick(keys, refs, named, open_too=open_too)
        asking = self._asking(named)
        if selection and (holders := asking.holders(selection, asking.desired(selection))):
            selection = selector.select_also(holders)
        if selection is None:
            return None
        memory = self._remember(selection.links)
        return asking.about(selection, memory, asking.beyond(selection, self._facts))

    def plan(self) -> Plan:
        """About everybody."""
        return self._plan_of_everybody()

    def _plan_of_everybody(self) -> Plan:
        sync, ledger = self._sync, self._ledger
        groups = ledger.recall_kind(sync.name, Kind.GROUP)
        memory = self._remember(groups, all_of=True)
        everybody = Everybody(sync, self.sources, self.target, self._now, ledger, memory, _AT_ONCE)
        return Decision(*everybody.asked()).plan()

    def _remember(self, links: Sequence[Link] | None, *, all_of: bool = False) -> Memory:
        memory = remember(self._sync, self._ledger, self._now, links, all_of=all_of)
        return structs.replace(memory, past=self._past)

    def _asking(self, named: Named | None) -> Asking:
        return Asking(self._sync, self.sources, self.target, self._now, named)

    @cached_property
    def _named(self) -> Named | None:
        """Whom references mean, found out among all; None where there are none."""
        if not self._facts.referring:
            return None
        groups = (read.groups.standing.all() for read in self.sources.values())
        return DiskNamed(self.sources, chain.from_iterable(groups))

    @property
    def _when(self) -> tuple[Sync, Ledger, datetime]:
        return self._sync, self._ledger, self._now


class _Remembered:
    """A backend by what it declared when it was last read: it is asked for nothing."""

    concurrency = batch_size = 1

    def __init__(self, declared: Mapping[str, Mapping[str, Any]]) -> None:
        holds = {kind: convert(declared.get(kind.value, {}), Holds) for kind in Kind}
        self.users: Collection[User] = _Unasked(holds[Kind.USER])
        self.groups: Collection[Group] = _Unasked(holds[Kind.GROUP])
        self.members: Memberships = _Unasked[Group](holds[Kind.MEMBER])

    def whoami(self) -> Ref | None:
        raise AssertionError(_ASKED)

    def batch(self) -> AbstractContextManager[None]:
        raise AssertionError(_ASKED)

    def close(self) -> None:
        """Nothing is open."""


class _Unasked(Generic[E]):
    """What one collection of it, or its members, hold and do."""

    def __init__(self, holds: Holds) -> None:
        self.holds = holds
        self.ops: frozenset[Op] = holds.ops

    def _refuse(self, *_: object) -> Any:
        raise AssertionError(_ASKED)

    read: Any = _refuse
    get = create = update = delete = change = read


_ASKED = "the target was asked, though only the ledger is to be"
