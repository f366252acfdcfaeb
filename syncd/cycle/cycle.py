"""One cycle: read, find out whom it concerns, ask, and keep what was learnt for the next one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Self

from msgspec.structs import replace

from syncd.core.decide import Apart, Decision
from syncd.core.left import Left
from syncd.core.memory import Link, Memory
from syncd.core.model import Key, Kind, Ref
from syncd.core.plan import Change
from syncd.core.policy import Leavers
from syncd.core.question import Beyond, Question
from syncd.cycle.absent import confirm_absence
from syncd.cycle.again import Touched, look_at, read_again
from syncd.cycle.asking import Asking
from syncd.cycle.closer import look_closer
from syncd.cycle.elsewhere import look_where
from syncd.cycle.everybody import Everybody
from syncd.cycle.evidence import Redact, Taken, head_of, of_everybody, of_few
from syncd.cycle.growth import Expected, RefsOf
from syncd.cycle.heading import next_facts, next_head
from syncd.cycle.heard import Heard
from syncd.cycle.keeping import Keeping
from syncd.cycle.mode import Mode
from syncd.cycle.moved import looked_at, moved
from syncd.cycle.parts import TARGET_USERS
from syncd.cycle.reading import Reader, Watch
from syncd.cycle.reads import SourceRead, TargetRead
from syncd.cycle.remembering import remember
from syncd.cycle.seen import Seen
from syncd.cycle.selected import Selection
from syncd.cycle.selection import Selector
from syncd.cycle.subjects import Subjects
from syncd.cycle.workspace import Workspace
from syncd.ledger import Ledger, Snapshot
from syncd.ledger.snapshot import Facts
from syncd.ports import Cursor
from syncd.room import check_room
from syncd.sync import Sync

_AT_ONCE = 2000
"""People that are decided about together, where they need not be more."""


class Cycle:
    """Read once, with `read`, which gives the question. `selection` is then whom it is about.

    What nobody has changed since the last cycle is not decoded and is in no question, unless the
    ledger's snapshot is not that of this very configuration, or `afresh` says to do without it.
    Where a question would be about everybody, so many are looked at `at_once`; None for all. What
    never settles is tried once more in a `retry`.

    A cycle `about` some asks about them and whom they concern, whatever else has changed, and reads
    no others from the target; where that cannot be, it is about everybody.
    """

    def __init__(  # noqa: PLR0913  what to read, and how
        self,
        sync: Sync,
        ledger: Ledger,
        now: datetime,
        watch: Watch,
        mode: Mode = Mode.DUE,
        *,
        afresh: bool = False,
        at_once: int | None = _AT_ONCE,
        retry: bool = False,
        about: Subjects | None = None,
    ) -> None:
        self._slice = at_once
        self._about = about
        self._sync, self._ledger, self._now, self._watch = sync, ledger, now, watch
        self._work, self._mode = Workspace(), mode
        self.past = ledger.past(sync.name, sync.made_by, afresh=retry)
        self._heard: Heard | None = None
        snapshot = ledger.snapshot(sync.name)
        head = None if afresh else snapshot.head()
        self._head = head if head is not None and head.made_by == sync.made_by else None
        self._base: Snapshot | None = snapshot if self._head is not None else None
        self.sources: Mapping[str, SourceRead] = {}
        self.apart: Apart | None = None
        """Who is not in the question, since they are too many to be in one."""
        self._target: TargetRead | None = None
        self.selection: Selection | None = None
        self._lost = False
        self._beyond: Beyond | None = None
        """Of before the run, for links have moved since."""
        self._selector: Selector
        self._reader = Reader(self._base, self._work, now, watch)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        self._work.close()
        check_room(error)

    def read(self) -> Question:
        """Raises `SourceError` where no source can be read, or `BackendError` of the target."""
        reader = self._reader
        few = self._about is not None and self._may_pick()
        quick = self._is_quick() and self._may_pick()
        cursors = self._cursors() if quick else {}
        counted = not quick and not few and self._head is not None and self._head.quick > 0
        held_against = self._cursors() if counted else None
        if self._about is not None and self._about.unread and self._base is not None:
            self.sources = {name: reader.unread_source(name) for name in self._sync.sources}
        else:
            self.sources = reader.sources(self._sync.sources, cursors, held_against)
        backend, alone = self._sync.backend, quick or few
        self._target = reader.unread_target(backend.whoami()) if alone else reader.target(backend)
        self.selection = self._select() if self._may_pick() else None
        if self.selection is None and self._target.quick:
            self._target = reader.target(backend)
        elif self._target.quick and self.selection is not None:
            self._look(self.selection)
        look_where(self._target, self._sync, self._ledger)
        if not self._target.quick and not self._target.gaps:
            confirm_absence(self._target, backend, self._asked_links())
        return self.ask()

    def _asked_links(self) -> Iterator[list[Link]]:
        """Of all that the question is about."""
        if self.selection is not None:
            yield list(self.selection.links)
            return
        for kind in (Kind.USER, Kind.GROUP):
            yield from self._ledger.register.each_link(self._sync.name, kind)

    @property
    def target(self) -> TargetRead:
        if self._target is None:
            raise AssertionError("the cycle was not read")
        return self._target

    def _is_quick(self) -> bool:
        every, head = self._sync.full_every, self._head
        if self._mode is not Mode.DUE or head is None:
            return self._mode is Mode.QUICK
        return every is not None and self._now - head.full_at < every

    def _cursors(self) -> dict[str, Cursor]:
        cursors = self._head.cursors if self._head else {}
        return {source: Cursor(cursor) for source, cursor in cursors.items()}

    def _may_pick(self) -> bool:
        """Whether it can be found out whom a change concerns, without looking at everybody."""
        head, sync = self._head, self._sync
        return (
            (head is not None and head.sides is not None)
            and not head.facts.lost
            # Who left is remembered by nothing, and may come back under the key of another source.
            and not (sync.merge.by and sync.policy.leavers is Leavers.IGNORE)
            and not self._ledger.chronicle.goes_on_after(sync.name, head.sides.run)
        )

    def _select(self) -> Selection | None:
        if self._base is None or self._head is None:
            return None
        self._selector = Selector(
            *(self._sync, self._ledger, self._base, self._head.facts),
            *(self.sources, self.target, self._now),
        )
        some = self._about
        selection = self._selector.only(some) if some is not None else self._selector.select()
        if selection and (some is not None or not self.target.quick):
            asking = self._asking
            if holders := asking.holders(selection, asking.desired(selection)):
                return self._selector.select_also(holders)
        return selection

    def _look(self, selection: Selection) -> None:
        """Reads from the target whom the selection is about, and no others."""
        if self._about is not None:
            look_closer(self._reader, self._sync, self.target, selection, self._about)
            return
        look_at(self._reader, TARGET_USERS, selection.refs, self._sync.backend.users)
        if next(self.target.users.standing.gone(), None) is not None and not selection.every_group:
            selection.every_group = True  # who is made anew comes into all their groups anew
            self._selector.select_also(())

    @property
    def now(self) -> Seen:
        """The target as it was read."""
        return Seen(self.target, self._sync.backend)

    @property
    def _asking(self) -> Asking:
        return Asking(self._sync, self.sources, self.target, self._now)

    def ask(self) -> Question:
        """The question, once more: with an `apart` that nobody has walked through."""
        question = self._put()
        self._lost = bool(question.desired.uncertain)
        return question

    def _put(self) -> Question:
        self.apart = None
        if self.selection is None or self._head is None:
            return self._ask_about_all()
        memory = self._remember(self.selection.links)
        if self._beyond is None:
            self._beyond = self._asking.beyond(self.selection, self._head.facts)
        return self._asking.about(self.selection, memory, self._beyond)

    def _ask_about_all(self) -> Question:
        if self._slice is not None:
            groups = self._ledger.recall_kind(self._sync.name, Kind.GROUP)
            memory = self._remember(groups, all_of=True)
            everybody = Everybody(
                self._sync, self.sources, self.target, self._now, self._ledger, memory, self._slice
            )
            question, self.apart = everybody.asked()
            return question
        memory = self._remember(None)
        known = self.past.known(memory.links)
        return self._asking.about_all(replace(memory, past=known))

    def _remember(self, links: Sequence[Link] | None, *, all_of: bool = False) -> Memory:
        memory = remember(self._sync, self._ledger, self._now, links, all_of=all_of)
        if self._heard is not None or self._sync.keep_evidence is None:
            return replace(memory, past=self.past)
        self._heard = Heard(self.past)
        return replace(memory, past=self._heard)

    def evidence(
        self, question: Question, redact: Redact, *, of_nobody: bool = False
    ) -> Taken | None:
        """What the `question` that was `read` is made of, before a run has changed any of it; None
        where it is about nobody, unless that is asked for too."""
        some, sync = self.selection, self._sync
        if some is not None and not some and not of_nobody:
            return None
        links = self._ledger.register.each_link(sync.name, Kind.USER)
        stated, sections = (
            of_everybody(question, self.sources, self.target, links)
            if some is None
            else of_few(question, self._asking.records(some))
        )
        heard = self._heard.rows() if self._heard else {}
        return Taken(self._now, head_of(sync, question, stated, redact), {**sections, **heard})

    def still_there(self, kind: Kind, refs: Iterable[Ref]) -> set[Ref]:
        """Those of them that the target has by the last reading."""
        part = self.target.users if kind is Kind.USER else self.target.groups
        return {one.ref for one in part.standing.some(sorted(refs))}

    def expected(self, done: Iterable[Change], refs: RefsOf) -> Expected | None:
        """What the target should hold after a run that did this and nothing else; None where it is
        cheaper to decide anew. To be asked for before `read_again`."""
        if self.selection is not None:
            return None
        sync, managed = self._sync, self._sync.rules.users.managed
        expected = Expected(self._work, self.target, sync.declared, managed)
        expected.add(done, refs)
        return expected

    def read_again(self, touched: Touched) -> None:
        """Reads once more what a run touched. Raises `BackendError` where it cannot be read."""
        self._watch("verifying", 0, None)
        read_again(self._reader, self._sync.backend, self.target, touched)

    def ask_again(self, touched: Touched, run: int) -> Question:
        """The question after this run, when it was read again."""
        self.past.verifying = run
        if self.selection is not None:
            self.selection = self._selector.select_also(touched.refs(Kind.USER))
        return self.ask()

    def keep(self, planned: Decision, after: Left, run: int) -> None:
        """Leaves to the next cycle what is known by now, with what was `planned` before the `run`
        and what is left `after` it."""
        afresh = self._base is None
        by = self._sync.merge.by
        some = self._about is not None
        keeping = Keeping(self.sources, self.target, self._work, by, afresh=afresh, about_some=some)
        if not keeping.possible:
            return
        left, told = after.open, after.told
        if not keeping.everything:
            # What is not kept of a reading is unknown once it is gone again.
            seen = moved(self._ledger, self._sync.name, self.target)
            left |= {*planned.left().open, *seen, *looked_at(self.selection, self._about)}
            told = frozenset()
        facts, settled = self._head.facts if self._head else Facts(), set[tuple[Kind, Key]]()
        if self.target.proves:
            facts = next_facts(facts, after, self.selection, self.sources, lost=self._lost)
            settled = keeping.settled(self._base) if self._base is not None else settled
        self._ledger.keep(
            self._sync.name,
            next_head(self._sync, self._now, self._head, keeping, facts, run),
            keeping.renewals(),
            left | settled,
            {one: one in told for one in left},
            afresh=afresh,
        )
