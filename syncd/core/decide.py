"""The middle of the flow, pure: what should be, what is, and what is remembered become a plan.

correlate -> diff -> judge -> names -> order. No clock, no files, no sockets, no
logging: the same values in give the same plan out, in whatever order they were read.
"""

from collections.abc import Iterable, Mapping, Sequence

from syncd.core.correlate import Claims, Correlated, correlate
from syncd.core.diff import Comparison, Found, diff_groups, diff_users
from syncd.core.judge import Abilities, Facts, judge, rejoin
from syncd.core.members import Side, compare_members
from syncd.core.memory import Mark, Remark
from syncd.core.model import Group, Key, Kind, Op, Ref, User
from syncd.core.names import Naming, settle_names
from syncd.core.order import drop_waiting, in_order
from syncd.core.plan import Change, Plan, Problem, Refusal, count
from syncd.core.policy import Adopt, Leavers, VanishedGroups
from syncd.core.protection import protect
from syncd.core.question import Beyond, Question

_GROUP_ADOPTION = "display_name"
_UNPROVEN = {Remark.LEFT, Remark.FORGET}


def decide(question: Question) -> Plan:
    return Decision(question).plan()


class Decision:
    """One question and what follows from it, step by step; `plan` first."""

    def __init__(self, question: Question) -> None:
        self._q = question
        self._beyond = question.beyond or Beyond()
        self._open: set[tuple[Kind, Key]] = set()
        seen, policy = question.seen, question.policy
        self._protected = protect(
            seen.users,
            {group.ref: group.entity.display_name for group in seen.groups},
            [(member.group, member.user) for member in seen.members],
            seen.own,
            policy,
        )
        self._gaps = (
            *question.desired.gaps,
            *(f"target {question.target}: {g}" for g in seen.gaps),
        )
        desired, memory = question.desired, question.memory
        adopt = {Adopt.BY_EMAIL: "email", Adopt.BY_USER_NAME: "user_name"}.get(policy.adopt)
        groups_by = _GROUP_ADOPTION if policy.adopt_groups else None
        self._users: Correlated[User] = correlate(
            desired.users, seen.users, memory, self._claims(Kind.USER, adopt)
        )
        self._groups: Correlated[Group] = correlate(
            desired.groups if self._has(Kind.GROUP) else (),
            seen.groups,
            memory,
            self._claims(Kind.GROUP, groups_by),
        )
        self._undecided = {
            Kind.USER: desired.undecided[Kind.USER] | self._users.undecided,
            Kind.GROUP: desired.undecided[Kind.GROUP] | self._groups.undecided,
        }

    def _has(self, kind: Kind) -> bool:
        return bool(self._q.declared[kind].ops)

    def _claims(self, kind: Kind, adopt_by: str | None) -> Claims:
        declared = self._q.declared[kind]
        kept = frozenset(ref for of, ref in self._protected if of is kind)
        return Claims(
            kind=kind,
            unique=declared.unique,
            caseless=declared.caseless,
            adopt_by=adopt_by,
            kept=kept,
            whole=not self._q.seen.gaps,
            certain=not self._gaps,
            keeps_keys=declared.keeps_keys,
            undecided=self._q.desired.undecided[kind],
        )

    def plan(self) -> Plan:
        users, groups = self._diff_users(), self._diff_groups()
        members = self._diff_members(users, groups)
        changes = [*users.changes, *groups.changes, *members]
        verdict = judge(changes, self._q.policy, self._facts())
        accepted, conflicts = self._settle(rejoin(verdict.accepted))
        runnable = drop_waiting(accepted, verdict.held)
        desired = self._q.desired
        plan = Plan(
            sync=self._q.sync,
            target=self._q.target,
            created=self._q.now,
            config=self._q.config,
            changes=tuple(in_order(runnable.changes)),
            held=_sorted([*verdict.held, *runnable.held]),
            refused=_sorted([*verdict.refused, *runnable.refused]),
            conflicts=_by_key(
                [*desired.conflicts, *self._users.conflicts, *self._groups.conflicts, *conflicts]
            ),
            failures=desired.failures,
            withheld=self._gaps,
            withheld_changes=count(verdict.withheld),
            marks=self._marks(users, groups),
            notes=(*desired.notes, *sorted(users.notes), *self._general),
            foreign={
                kind.value: len(foreign) + self._beyond.foreign.get(kind, 0)
                for kind, foreign in self._foreign.items()
            },
        )
        self._leave_open(plan, [*changes, *verdict.withheld])
        self._open |= {(Kind.USER, key) for key in users.waiting}
        self._open |= {(Kind.GROUP, key) for key in groups.waiting}
        return plan

    @property
    def left_open(self) -> frozenset[tuple[Kind, Key]]:
        """The things about which anything was found: all others are as they should be."""
        return frozenset(self._open)

    @property
    def totals(self) -> Beyond:
        """What is counted of everybody, to be `beyond` the questions that follow."""
        foreign = {kind: len(some) for kind, some in self._foreign.items()}
        return Beyond(
            population=self._population(),
            foreign={kind: n + self._beyond.foreign.get(kind, 0) for kind, n in foreign.items()},
            notes=self._general,
        )

    @property
    def _general(self) -> tuple[str, ...]:
        """The notes on what a mapping does to everybody."""
        if self._q.beyond is not None:
            return tuple(dict.fromkeys((*self._q.beyond.notes, *self._unmapped_admin())))
        return (*self._q.desired.doubts, *self._no_groups(), *self._unmapped_admin())

    @property
    def _foreign(self) -> Mapping[Kind, Sequence[object]]:
        return {Kind.USER: self._users.foreign, Kind.GROUP: self._groups.foreign}

    def _leave_open(self, plan: Plan, changes: Iterable[Change]) -> None:
        for kind, keys in self._undecided.items():
            self._open |= {(kind, key) for key in keys}
        self._open |= {(one.kind, one.key) for one in (*plan.conflicts, *plan.failures)}
        for mark in plan.marks:
            self._open |= {(mark.kind, key) for key in (mark.key, mark.old_key) if key}
        for change in changes:
            user = change.member
            self._open.add((change.kind, change.key) if user is None else (Kind.USER, user))

    def _diff_users(self) -> Found:
        desired, declared = self._q.desired, self._q.declared[Kind.USER]
        both = Comparison(
            wanted=desired.users,
            ours=self._users.ours,
            managed=desired.managed - (frozenset() if "admin" in declared.fields else {"admin"}),
            once=desired.once,
            caseless=declared.caseless,
            absent=desired.absent,
            undecided=self._undecided[Kind.USER],
            suspends=Op.SUSPEND in declared.ops,
        )
        return diff_users(both, self._q.policy, self._q.now)

    def _diff_groups(self) -> Found:
        if not self._has(Kind.GROUP):
            return Found([], [], [])
        both = Comparison(
            wanted=self._q.desired.groups,
            ours=self._groups.ours,
            managed=frozenset({"display_name"}),
            once=frozenset(),
            caseless=self._q.declared[Kind.GROUP].caseless,
            absent={},
            undecided=self._undecided[Kind.GROUP],
        )
        return diff_groups(both, self._q.policy, self._q.now)

    def _diff_members(self, users: Found, groups: Found) -> list[Change]:
        if not self._has(Kind.MEMBER):
            return []
        return compare_members(
            self._q.desired,
            self._q.seen.members,
            Side(self._users.ours, users, self._undecided[Kind.USER]),
            Side(self._groups.ours, groups, self._undecided[Kind.GROUP]),
            empty_vanished=self._q.policy.vanished_groups is not VanishedGroups.IGNORE,
        )

    def _facts(self) -> Facts:
        declared, memory = self._q.declared, self._q.memory
        return Facts(
            abilities={
                kind: Abilities(of.fields, of.immutable, of.required, of.ops)
                for kind, of in declared.items()
            },
            population=self._population(),
            spent=memory.spent,
            protected=self._protected,
            accounts=self._q.seen.users,
            gaps=self._gaps,
            protect=self._q.policy.protect,
        )

    def _population(self) -> dict[Kind, int]:
        ours = {ours.stored.ref for ours in self._users.ours}
        here = {
            Kind.USER: sum(one.stored.entity.active for one in self._users.ours),
            Kind.GROUP: len(self._groups.ours),
            Kind.MEMBER: sum(member.user in ours for member in self._q.seen.members),
        }
        return {kind: n + self._beyond.population.get(kind, 0) for kind, n in here.items()}

    def _settle(self, accepted: list[Change]) -> tuple[list[Change], list[Problem]]:
        changes = [change for change in accepted if change.kind is Kind.MEMBER]
        conflicts: list[Problem] = []
        users = [change for change in accepted if change.kind is Kind.USER]
        groups = [change for change in accepted if change.kind is Kind.GROUP]
        for named in (
            settle_names(users, self._q.seen.users, self._naming(Kind.USER, users)),
            settle_names(groups, self._q.seen.groups, self._naming(Kind.GROUP, groups)),
        ):
            changes += named.changes
            conflicts += named.conflicts
        return changes, conflicts

    def _naming(self, kind: Kind, changes: list[Change]) -> Naming:
        declared = self._q.declared[kind]
        leavers = self._leavers(changes) if kind is Kind.USER else {}
        return Naming(kind, declared.unique, declared.caseless, declared.required, leavers)

    def _leavers(self, changes: list[Change]) -> dict[Ref, Key]:
        """Our accounts of people who have left that are suspended, or will be by this plan."""
        if self._gaps or self._q.policy.leavers is Leavers.IGNORE:
            return {}
        wanted = {one.key for one in self._q.desired.users} | self._undecided[Kind.USER]
        suspending = {change.ref for change in changes if change.op is Op.SUSPEND}
        return {
            ours.stored.ref: ours.link.key
            for ours in self._users.ours
            if ours.link.key not in wanted
            and (not ours.stored.entity.active or ours.stored.ref in suspending)
            and (Kind.USER, ours.stored.ref) not in self._protected
        }

    def _marks(self, users: Found, groups: Found) -> tuple[Mark, ...]:
        marks = [*self._users.marks, *self._groups.marks, *users.marks, *groups.marks]
        if self._gaps:
            marks = [mark for mark in marks if mark.remark not in _UNPROVEN]
        return _in_turn(marks)

    def _no_groups(self) -> list[str]:
        if self._has(Kind.GROUP) or not self._q.desired.groups:
            return []
        return [f"the target has no groups: {len(self._q.desired.groups)} left out"]

    def _unmapped_admin(self) -> list[str]:
        """What the sources state and the target is not told of."""
        people = self._q.desired.people.values()
        if "admin" in self._q.desired.managed or not any(p.attributes.get("admin") for p in people):
            return []
        note = "admin is stated in the sources and not mapped: left alone; "
        return [note + "map `admin` in `users.always` to keep it true"]


def _in_turn(marks: list[Mark]) -> tuple[Mark, ...]:
    """What is remembered under a key that a link gives up, the new keys, and then the rest."""
    given_up = {(mark.kind, mark.old_key) for mark in marks}

    def turn(mark: Mark) -> tuple[bool, bool, str, str, str]:
        early = (mark.kind, mark.key) in given_up
        return not early, mark.remark is not Remark.REKEY, mark.kind, mark.key, mark.remark

    return tuple(sorted(marks, key=turn))


def _sorted(refusals: list[Refusal]) -> tuple[Refusal, ...]:
    return tuple(sorted(refusals, key=lambda refusal: (refusal.change.id, refusal.rule)))


def _by_key(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: (problem.kind, problem.key, problem.why)))
