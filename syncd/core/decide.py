"""The middle of the flow, pure: what should be, what is, and what is remembered become a plan.

correlate -> diff -> judge -> names -> order. No clock, no files, no sockets, no logging: the same
values in give the same plan out, in whatever order they were read, and in whatever parts: who is
tied to nobody can be decided about apart from the rest.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from syncd.core.apart import Apart as Apart  # noqa: PLC0414  where it was looked for
from syncd.core.approval import freed
from syncd.core.doubt import Doubt, Settled
from syncd.core.excess import Excess
from syncd.core.judge import keep_an_administrator, rejoin
from syncd.core.left import Growth, Left
from syncd.core.members import Compared, Kept, Listed, compare_members, kept_groups
from syncd.core.membership import Fates, Judged, MemberJudge, enrolled, unmade
from syncd.core.model import E, Group, Key, Kind, Op, Ref, User
from syncd.core.names import Naming, settle_names
from syncd.core.order import Place, drop_waiting, place_after, places
from syncd.core.parts import Findings, Frame, Part, find_groups, find_users, leavers_of
from syncd.core.plan import Change, Plan, Refusal
from syncd.core.policy import Leavers, Purse, VanishedGroups
from syncd.core.protection import protect_groups
from syncd.core.question import Beyond, Question
from syncd.core.spool import Trays
from syncd.core.tally import Tally, told_of
from syncd.core.trays import DRIFTED, HELD, REFUSED, TIED, UNSETTLED, refusal_row
from syncd.core.vacancy import refuse_occupied, without


def decide(question: Question) -> Plan:
    return Decision(question).plan()


class Decision:
    """One question and what follows from it, step by step; `plan` first. `parted` are the prints of
    keys between which budgets had no more room."""

    def __init__(self, question: Question, apart: Apart | None = None) -> None:
        self._q = question
        self._beyond = question.beyond or Beyond()
        self._tally = Tally()
        self._plan: Plan | None = None
        if apart is None:
            listed = Listed(question.desired.members, question.seen.members)
            apart = Apart((), lambda: None, listed, listed, Trays())
        self._apart, self._spool = apart, apart.spool
        self._tied = Part(question.desired, question.seen.users, question.memory)
        seen, policy = question.seen, question.policy
        gaps = (*question.desired.gaps, *(f"target {question.target}: {g}" for g in seen.gaps))
        names = {group.ref: group.entity.display_name for group in seen.groups}
        pairs = (
            ((group, user) for group, users in apart.memberships.current() for user in users)
            if policy.protect.groups
            else ()
        )
        self._frame = Frame(
            declared=question.declared,
            policy=policy,
            now=question.now,
            protected=protect_groups(names, pairs, policy),
            own=seen.own,
            gaps=gaps,
            whole=not seen.gaps,
            past=question.memory.past,
            undoes=question.undoes is not None,
        )
        self._excess = Excess(policy, question.memory, self._spool, self._lose, question.turns)
        self.parted = self._excess.parted
        self._doubt = Doubt(question.memory.open_lines)
        self._held: set[str] = set()
        self._ready: dict[str, Place] = {}

    @property
    def question(self) -> Question:
        return self._q

    def plan(self) -> Plan:
        if self._plan is None:
            users, groups = self._find()
            self._settle(users, groups)
            if self._frame.has(Kind.MEMBER):
                self._members(users, groups)
            self._plan = self._written()
        return self._plan

    def _find(self) -> tuple[Findings[User], Findings[Group]]:
        """Finds out about everybody, and gives back those that are tied to others."""
        question, tally = self._q, self._tally
        for one in self._apart.parts:
            self._take(one)
        if (tied := self._apart.tied()) is not None:
            tally.add_desired(tied.desired)
            self._tied = tied
        users = find_users(self._tied, self._frame)
        groups = find_groups(question.desired, question.seen.groups, question.memory, self._frame)
        tally.add_desired(question.desired)
        self._add(Kind.USER, users)
        self._add(Kind.GROUP, groups)
        self._note_administrators(self._tied)
        return users, groups

    def _written(self) -> Plan:
        question, tally, spool = self._q, self._tally, self._spool
        emulated = tally.emulated(question.declared[Kind.USER])
        return Plan(
            **question.heading,
            changes=spool.changes([TIED, *self._excess.trays.values()]),
            held=spool.refusals({HELD: ""}),
            refused=spool.refusals({REFUSED: ""}),
            unsettled=spool.refusals({UNSETTLED: ""}),
            drifted=spool.refusals({DRIFTED: ""}),
            causes=dict(sorted(tally.causes.items())),
            conflicts=tally.conflicts,
            failures=tally.failures,
            withheld=self._frame.gaps,
            withheld_changes=dict(sorted(tally.withheld.items())),
            marks=tally.marks(whole=not self._frame.gaps),
            notes=(*question.desired.notes, *tally.notes, *emulated, *self._general),
            foreign={
                kind.value: tally.foreign[kind] + self._beyond.foreign.get(kind, 0)
                for kind in (Kind.USER, Kind.GROUP)
            },
        )

    def left(self, growth: Growth | None = None) -> Left:
        """What is left by the plan; or where all of its changes were made and nothing was to be
        remembered besides, by the `growth` that they led to."""
        tally, plan, population = self._tally, self.plan(), self._population()
        administrators = frozenset(tally.administrators)
        if growth is not None:
            plan, administrators = replace(plan, changes=()), administrators | growth.administrators
            population = {kind: n + growth.made.get(kind, 0) for kind, n in population.items()}
        foreign = {kind: tally.foreign[kind] for kind in (Kind.USER, Kind.GROUP)}
        totals = Beyond(
            population=population,
            foreign={kind: n + self._beyond.foreign.get(kind, 0) for kind, n in foreign.items()},
            notes=self._general,
        )
        found = frozenset(tally.left_open(plan))
        told = frozenset(told_of(plan)) - found
        undecided = frozenset(tally.undecided())
        return Left(found | told, totals, administrators, told, undecided)

    @property
    def saw_all(self) -> bool:
        """Whether the target was read to its end."""
        return self._frame.whole

    @property
    def settled(self) -> Settled:
        """What is known by now of that which earlier runs began and left in doubt."""
        return Settled(self._excess.overtaken, self._doubt.made(whole=self._frame.whole))

    @property
    def renamed(self) -> Mapping[tuple[Kind, Ref], str]:
        """What the target calls those whose links have another name."""
        return self._tally.renamed

    @property
    def _general(self) -> tuple[str, ...]:
        """The notes on what a mapping does to everybody."""
        unmapped = self._tally.unmapped_admin(self._q.declared[Kind.USER])
        if self._q.beyond is not None:
            return tuple(dict.fromkeys((*self._q.beyond.notes, *unmapped)))
        left_out = 0 if self._frame.has(Kind.GROUP) else len(self._q.desired.groups)
        groupless = [f"the target has no groups: {left_out} left out"] if left_out else []
        return (*self._tally.doubts, *groupless, *unmapped)

    def _take(self, part: Part) -> None:
        """Users whom nothing ties to others: they are found out about and forgotten."""
        users = find_users(part, self._frame)
        self._tally.add_desired(part.desired)
        self._add(Kind.USER, users)
        self._note_administrators(part)
        possible = self._approved(users.sifted.possible)
        self._tally.count(possible)
        by_op: dict[Op, list[Change]] = {}
        for change in possible:
            by_op.setdefault(change.op, []).append(change)
        for op, some in by_op.items():
            self._excess.put(Kind.USER, op, ((place_after(one), one, "") for one in some))
        refused = {one.change.id for one in users.sifted.refused}
        self._put_refusals(REFUSED, users.sifted.refused)
        if self._frame.has(Kind.MEMBER):
            self._apart.roll.enrol(enrolled(users, lambda change: change.id in refused))

    def _approved(self, possible: list[Change]) -> list[Change]:
        approved = self._q.memory.approved
        return [freed(change, approved) for change in possible] if approved else possible

    def _lose(self, creations: Iterable[Change]) -> None:
        self._apart.roll.enrol(unmade(creations))

    def _add(self, kind: Kind, one: Findings[E]) -> None:
        self._tally.add(kind, one)
        self._doubt.see(kind, one.correlated, self._q.declared[kind].caseless)
        self._put_refusals(UNSETTLED, one.attributed.unsettled)
        self._put_refusals(DRIFTED, one.attributed.reported)

    def _note_administrators(self, part: Part) -> None:
        self._tally.administrators |= {
            one.ref for one in part.stored if one.entity.admin and one.entity.active
        }

    def _population(self) -> dict[Kind, int]:
        return {
            kind: self._tally.population[kind] + self._beyond.population.get(kind, 0)
            for kind in Kind
        }

    def _settle(self, users: Findings[User], groups: Findings[Group]) -> None:
        """Who of those that are tied to others may change, by all the rules and all the names."""
        occupied = self._occupied(users, groups)
        some = without(groups.sifted.possible, occupied)
        possible = self._approved([*users.sifted.possible, *some])
        self._tally.count(possible)
        self._excess.due((*users.found.changes, *groups.found.changes))
        within, held = self._excess.hold(possible, self._tally.planned, self._population())
        kept, last = keep_an_administrator(within, self._tied.stored)
        accepted = self._names(rejoin(kept), users)
        runnable = drop_waiting(accepted, held)
        self._ready = places(runnable.changes)
        self._held = {one.change.id for one in (*held, *runnable.held)}
        self._spool.put(TIED, ((self._ready[c.id], c, "") for c in runnable.changes))
        self._put_refusals(HELD, [*held, *runnable.held])
        refused = [*users.sifted.refused, *groups.sifted.refused, *last, *runnable.refused]
        self._put_refusals(REFUSED, [*refused, *occupied])

    def _occupied(self, users: Findings[User], groups: Findings[Group]) -> list[Refusal]:
        """Deletions of groups in which somebody is left."""
        roll, possible = self._apart.roll, groups.sifted.possible
        if not self._frame.has(Kind.MEMBER) or all(one.op is not Op.DELETE for one in possible):
            return []
        roll.enrol(enrolled(users, lambda _: False))
        removes = Op.REMOVE in self._q.declared[Kind.MEMBER].ops
        return refuse_occupied(possible, self._apart.memberships, roll, removes=removes)

    def _put_refusals(self, tray: str, refusals: Iterable[Refusal]) -> None:
        self._spool.put(tray, map(refusal_row, refusals))

    def _names(self, accepted: list[Change], users: Findings[User]) -> list[Change]:
        changes: list[Change] = []
        of_users = [change for change in accepted if change.kind is Kind.USER]
        of_groups = [change for change in accepted if change.kind is Kind.GROUP]
        leavers = self._leavers(of_users, users)
        for named in (
            settle_names(of_users, self._tied.stored, self._naming(Kind.USER, leavers)),
            settle_names(of_groups, self._q.seen.groups, self._naming(Kind.GROUP, {})),
        ):
            changes += named.changes
            self._tally.settled(named.conflicts)
        return changes

    def _naming(self, kind: Kind, leavers: Mapping[Ref, Key]) -> Naming:
        declared = self._q.declared[kind]
        return Naming(kind, declared.unique, declared.caseless, declared.required, leavers)

    def _leavers(self, changes: list[Change], users: Findings[User]) -> dict[Ref, Key]:
        """Those who may give names up."""
        if self._frame.gaps or self._q.policy.leavers is Leavers.IGNORE:
            return {}
        staying = {one.key for one in self._tied.desired.users}
        suspending = {change.ref for change in changes if change.op is Op.SUSPEND}
        return leavers_of(users, staying, suspending)

    def _members(self, users: Findings[User], groups: Findings[Group]) -> None:
        roll = self._apart.roll
        roll.enrol(enrolled(users, lambda change: change.id not in self._ready))
        self._doubt.see_members(groups.correlated, self._apart.memberships, roll)
        judging = MemberJudge(self._frame, Fates(self._ready, self._held, self._q.memory.approved))
        planned = Counter[Purse]()
        for one in compare_members(self._kept(groups), self._apart.memberships, roll):
            self._tally.population[Kind.MEMBER] += one.population
            self._tally.in_groups(one.stripping)
            if one.changes:
                self._excess.due(one.changes)
                planned += self._judged(judging.judge(one), one)
        self._excess.hold_members(planned, self._population())

    def _judged(self, judged: Judged, group: Compared) -> Counter[Purse]:
        """Puts what may become of one group's members into trays; what of it draws on what."""
        self._tally.withhold(judged.withheld)
        self._put_refusals(HELD, judged.held)
        self._put_refusals(REFUSED, judged.refused)
        self._put_refusals(UNSETTLED, judged.unsettled)
        ref, planned = group.changes[0].ref, Counter[Purse]()
        size = group.size + (self._beyond.members.get(ref, 0) if ref else 0)
        for op, rows in judged.rows.items():
            kept, planned[Kind.MEMBER, op] = self._excess.of_group(rows, group.name, size)
            self._excess.put(Kind.MEMBER, op, kept)
        return planned

    def _kept(self, groups: Findings[Group]) -> list[Kept]:
        empty_vanished = self._q.policy.vanished_groups is not VanishedGroups.IGNORE
        return kept_groups(groups, self._q.desired.uncertain, empty_vanished=empty_vanished)
