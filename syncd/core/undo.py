"""Go back on what a run did: what should be is what is there now, but for what that run changed.

So an undo is a question like any other, and its plan is made, judged and held by the same rules.
What has been changed since, by another run or by hand, is left as it is and named.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Generic

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.decide import Apart
from syncd.core.deed import Undo
from syncd.core.desired import Desired, Wanted
from syncd.core.members import Listed, Memberships, Roll
from syncd.core.memory import Link
from syncd.core.model import (
    E,
    Group,
    Key,
    Kind,
    Op,
    Ref,
    Stored,
    User,
    Value,
    changed,
    flat,
    group_of,
    user_of,
)
from syncd.core.normal import same
from syncd.core.parts import Part
from syncd.core.plan import Change, Problem
from syncd.core.question import Question
from syncd.core.spool import Trays


def turn(question: Question, apart: Apart | None, undo: Undo) -> tuple[Question, Apart]:
    """The same question with what should be turned back."""
    caseless = {kind: question.declared[kind].caseless for kind in (Kind.USER, Kind.GROUP)}
    back = _Back(undo, caseless)
    links, seen = question.memory.links, question.seen
    groups: _Found[Group] = back.go(Kind.GROUP, links, seen.groups)
    lost_users, lost_groups = back.remake(Kind.USER, user_of), back.remake(Kind.GROUP, group_of)
    groups.problems.extend(back.lost_members())
    refs = {link.key: link.ref for link in links if link.kind is Kind.GROUP}
    if apart is None:
        users = back.go(Kind.USER, links, seen.users)
        listed = Listed({}, seen.members)
        memberships = _MembersBack(listed, listed, refs, undo)
        apart = Apart((), lambda: None, memberships, listed, Trays())
        desired = _desired([users, lost_users], [groups, lost_groups])
        return replace(question, desired=desired, undoes=undo.run), apart

    whole = apart

    def parts() -> Iterator[Part]:
        for one in whole.parts:
            yield _part(one, gone(one))

    def tied() -> Part | None:
        return None if (one := whole.tied()) is None else _part(one, [*gone(one), lost_users])

    def gone(one: Part) -> list[_Found[User]]:
        return [back.go(Kind.USER, one.memory.links, one.stored)]

    memberships = _MembersBack(whole.memberships, whole.roll, refs, undo)
    turned = replace(whole, parts=parts(), tied=tied, memberships=memberships)
    rest = _desired([], [groups, lost_groups])
    return replace(question, desired=rest, undoes=undo.run), turned


class _Found(Struct, Generic[E], frozen=True):
    """Some things as they should be, the fields that go back, and what does not."""

    wanted: list[Wanted[E]]
    fields: set[str]
    problems: list[Problem]


class _Deed(Struct):
    """All that the run did to one thing. `otherwise` are fields that a later run has made so."""

    name: str = ""
    made: bool = False
    refs: set[Ref] = set()
    before: dict[str, Value] = {}
    after: dict[str, Value] = {}
    otherwise: set[str] = set()

    @property
    def lasting(self) -> dict[str, Value]:
        """Without the fields that stepped aside, and came back."""
        was = self.before.get
        return {
            name: made
            for name, made in self.after.items()
            if not same(was(name), made, caseless=False)
        }


class _Back:
    def __init__(self, undo: Undo, caseless: Mapping[Kind, Collection[str]]) -> None:
        self._undo, self._caseless = undo, caseless
        self._origin = f"undo of run {undo.run}"

    def go(self, kind: Kind, links: Iterable[Link], stored: Iterable[Stored[E]]) -> _Found[E]:
        there = {one.ref: one for one in stored}
        ours = [link for link in links if link.kind is kind]
        deeds = self._deeds(kind, ours)
        found: _Found[E] = _Found([], set(), [])
        for link in ours:
            one, deed = there.get(link.ref), deeds.get(link.key)
            if one is not None:
                entity = one.entity
                if deed is not None:
                    fields = self._fields(link, flat(entity), deed, found.problems)
                    found.fields.update(fields)
                    entity = changed(entity, fields)
                found.wanted.append(Wanted(link.key, entity, self._origin, link.aliases))
            else:
                why = "it is not there any more"
                found.problems.extend([self._problem(link, why)] if deed is not None else [])
        return found

    def _deeds(self, kind: Kind, links: Sequence[Link]) -> Mapping[Key, _Deed]:
        of = {key: link.key for link in links for key in (*link.aliases, link.key)}
        deeds: dict[Key, _Deed] = defaultdict(_Deed)
        for change in self._undo.deeds(kind, of.keys()):
            deed = deeds[of[change.key]]
            deed.made |= change.op is Op.CREATE
            deed.refs |= {change.ref} if change.ref else set()
            deed.before = {**change.before, **deed.before}
            deed.after |= change.after
        done = [key for key in of if of[key] in deeds]
        for change in self._undo.since(kind, done) if done else ():
            deed, caseless = deeds[of[change.key]], self._caseless[kind]
            deed.otherwise |= {
                name
                for name, value in change.after.items()
                if not same(value, deed.after.get(name), caseless=name in caseless)
            }
        return deeds

    def _fields(
        self, link: Link, now: Mapping[str, Value], deed: _Deed, problems: list[Problem]
    ) -> dict[str, Value]:
        """What becomes of the fields that the run changed."""
        if deed.refs - {link.ref}:
            problems.append(self._problem(link, "they have another account by now"))
            return {}
        if deed.made:
            return self._unmake(link.kind, now)
        caseless, fields = self._caseless[link.kind], dict[str, Value]()
        for name, made in deed.lasting.items():
            was, is_ = deed.before.get(name), now.get(name)
            is_so = same(is_, made, caseless=name in caseless)
            if self._undo.insists or (is_so and name not in deed.otherwise):
                fields[name] = was
            elif is_so:
                why = f"{name} was made {_word(made)} by it, otherwise later, and so again"
                problems.append(self._problem(link, why))
            elif not same(is_, was, caseless=name in caseless):
                why = f"{name} was made {_word(made)} by it, and is {_word(is_)} by now"
                problems.append(self._problem(link, why))
        return fields

    def _unmake(self, kind: Kind, now: Mapping[str, Value]) -> dict[str, Value]:
        """The first step of the ladder down: nothing is deleted at once."""
        if kind is Kind.GROUP:
            self._undo.counts["group made"] += 1
            return {}
        if now.get("active") is False:
            return {}
        self._undo.counts["user made"] += 1
        return {"active": False}

    def remake(self, kind: Kind, of: Callable[[Mapping[str, Value]], E]) -> _Found[E]:
        """What was deleted, as far as the journal has it; of a suspended account nothing."""
        found: _Found[E] = _Found([], set(), [])
        for change in self._undo.lost:
            if change.kind is not kind:
                continue
            entity = of(change.before) if change.op is Op.DELETE and change.before else None
            if entity is None or not getattr(entity, "active", True):
                found.problems.append(_problem(change, self._undo.run))
            else:
                self._undo.counts[f"{kind} deleted"] += 1
                found.fields.update(change.before)
                found.wanted.append(Wanted(change.key, entity, self._origin))
        return found

    def lost_members(self) -> list[Problem]:
        """Who was taken out of a group, and cannot come back to it."""
        lost = (one for one in self._undo.lost if one.kind is Kind.MEMBER)
        return [_problem(one, self._undo.run) for one in lost]

    def _problem(self, link: Link, why: str) -> Problem:
        return Problem(link.kind, link.key, link.name, f"run {self._undo.run} is not undone: {why}")


class _MembersBack:
    """`Memberships` of which those that the run changed go back. What a group should have is asked
    for while that group is told of by `current`, or after all of them where it has no members."""

    def __init__(
        self, inner: Memberships, roll: Roll, groups: Mapping[Key, Ref], undo: Undo
    ) -> None:
        self._inner, self._roll, self._groups, self._undo = inner, roll, groups, undo
        self._at: tuple[Ref | None, Collection[Ref]] = (None, ())

    def current(self) -> Iterator[tuple[Ref, Collection[Ref]]]:
        for ref, users in self._inner.current():
            self._at = ref, users
            yield ref, users

    def wanted(self, group: Key) -> Collection[Key]:
        ref, users = self._at
        there = users if ref is not None and ref == self._groups.get(group) else ()
        keys = {who.key for who in self._roll.by_ref(there)}
        deeds = list(self._undo.members(group))
        refs = {deed.member_ref for deed in deeds if deed.member_ref is not None}
        known = {who.ref: who.key for who in self._roll.by_ref(refs)}
        later = {(one.op, one.member) for one in self._undo.members_since(group)} if deeds else ()
        for deed in deeds:
            user, back = known.get(deed.member_ref, deed.member or Key("")), _BACK[deed.op]
            if {(back, user), (back, deed.member)}.isdisjoint(later):
                (keys.discard if deed.op is Op.ADD else keys.add)(user)
            elif (user in keys) is (deed.op is Op.ADD):
                self._undo.counts["member changed"] += 1
        return keys


_BACK = {Op.ADD: Op.REMOVE, Op.REMOVE: Op.ADD}


def _part(part: Part, users: Sequence[_Found[User]]) -> Part:
    return replace(part, desired=_desired(users, []))


def _desired(users: Sequence[_Found[User]], groups: Sequence[_Found[Group]]) -> Desired:
    nobody = frozenset[Key]()
    fields = frozenset(name for found in users for name in found.fields)
    problems = [one for found in users for one in found.problems]
    problems += [one for found in groups for one in found.problems]
    return Desired(
        users=tuple(sorted((w for f in users for w in f.wanted), key=lambda one: one.key)),
        groups=tuple(sorted((w for f in groups for w in f.wanted), key=lambda one: one.key)),
        members={},
        managed=fields - {"active"},
        once=frozenset(),
        people={},
        absent={},
        undecided={Kind.USER: nobody, Kind.GROUP: nobody},
        uncertain=nobody,
        conflicts=tuple(problems),
        failures=(),
        gaps=(),
        notes=(),
    )


def _problem(change: Change, run: int) -> Problem:
    of_two = change.kind is Kind.MEMBER
    why = f"{'the account, or the group,' if of_two else 'it'} is syncd's no more"
    if change.op is Op.DELETE:
        why = "it was suspended when it was deleted, and is not made again"
        why += f"; `syncd show {run}` has what it held" if change.before else ""
    return Problem(change.kind, change.key, change.name, f"run {run} is not undone: {why}")


def _word(value: Value) -> str:
    return "empty" if value is None else repr(value)
