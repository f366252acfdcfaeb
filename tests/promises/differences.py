"""What is otherwise in the target than it should be, found by a plain look at both.

It is written apart from `syncd.core.diff`, so that what that forgets is found here.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from syncd.core.memory import Link
from syncd.core.model import Key, Kind, Op, Ref, Stored, Value, flat
from syncd.core.normal import same
from syncd.core.policy import Leavers
from syncd.core.question import Question


class Difference(Struct, frozen=True):
    """`field` is for updates, of `ref` to that `value`. `name` may stand in a note; `unseen` is
    whether the account was not in a reading that may lack it. These do not count when two are
    compared."""

    op: Op
    kind: Kind
    key: Key
    member: Key | None = None
    field: str = ""
    name: str = ""
    unseen: bool = False
    ref: Ref | None = None
    value: Value = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Difference) and self._what == other._what

    def __hash__(self) -> int:
        return hash(self._what)

    @property
    def _what(self) -> tuple[object, ...]:
        return self.op, self.kind, self.key, self.member, self.field

    @property
    def removes(self) -> bool:
        return self.op in (Op.SUSPEND, Op.DELETE, Op.REMOVE) or self.field == "admin"


def differences(question: Question) -> set[Difference]:
    """But for those whom it is undecided what should be, and whose account is in doubt."""
    found = _Look(question)
    return {*found.users(), *found.groups(), *found.members()}


class _Look:
    def __init__(self, question: Question) -> None:
        self._q = question
        seen, memory = question.seen, question.memory
        self._rows: dict[tuple[Kind, Ref], Stored] = {(Kind.USER, s.ref): s for s in seen.users}
        self._rows |= {(Kind.GROUP, s.ref): s for s in seen.groups}
        there = {k for one in question.desired.people.values() for k in (one.key, *one.aliases)}
        # Who is in no source under the key of their link may be there under another.
        gone = [link for link in memory.links if link.key not in there]
        self._links = {(link.kind, key): link for link in gone for key in link.aliases}
        self._links |= {(link.kind, link.key): link for link in memory.links}
        self._in_doubt = {(line.kind, line.key) for line in memory.open_lines}

    def _has(self, kind: Kind) -> bool:
        return bool(self._q.declared[kind].ops)

    def users(self) -> Iterator[Difference]:
        wanted = {one.key: one for one in self._q.desired.users}
        unclear = self._q.desired.undecided[Kind.USER]
        known = set(unclear)
        for key, one in wanted.items():
            known |= {key, *one.aliases}
            if {key, *one.aliases} & unclear:
                continue
            stored = self._stored(Kind.USER, key, *one.aliases)
            if stored is not None:
                yield from self._updates(Kind.USER, key, flat(one.entity), stored)
                yield from self._state(key, one.entity.active, stored)
            elif one.entity.active:
                yield self._creation(Kind.USER, key, *one.aliases)
        if self._q.policy.leavers is not Leavers.IGNORE:
            yield from self._leavers(known)

    def _leavers(self, known: set[Key]) -> Iterator[Difference]:
        for link in self._q.memory.links:
            stored = self._rows.get((Kind.USER, link.ref))
            here = known & {link.key, *link.aliases}
            active = stored is not None and stored.entity.active
            if link.kind is Kind.USER and active and not here and self._is_over(link):
                yield Difference(Op.SUSPEND, Kind.USER, link.key)

    def _is_over(self, link: Link) -> bool:
        """Whether a leaver may not be active any more: by the clock, and by runs that watched."""
        wait, watched = self._q.policy.suspend_after, self._q.memory.watched
        if not wait:
            return True
        if link.left_at is None or self._q.now - link.left_at < wait or wait not in watched:
            return False
        return link.stepped_in <= watched[wait].run

    def _state(self, key: Key, active: bool, stored: Stored) -> Iterator[Difference]:
        name = stored.entity.user_name
        if stored.entity.active and not active:
            yield Difference(Op.SUSPEND, Kind.USER, key)
        elif active and not stored.entity.active:
            link = self._links.get((Kind.USER, key), None)
            yield Difference(Op.RESTORE, Kind.USER, key, name=link.name if link else name)

    def groups(self) -> Iterator[Difference]:
        if not self._has(Kind.GROUP) and not self._has(Kind.MEMBER):
            return
        wanted = {one.key: one for one in self._q.desired.groups}
        unclear = self._q.desired.undecided[Kind.GROUP]
        for key, one in wanted.items():
            if key in unclear:
                continue
            if (stored := self._stored(Kind.GROUP, key)) is not None:
                yield from self._updates(Kind.GROUP, key, flat(one.entity), stored)
            else:
                yield self._creation(Kind.GROUP, key)

    def _updates(
        self, kind: Kind, key: Key, should: Mapping, stored: Stored
    ) -> Iterator[Difference]:
        has = flat(stored.entity)
        managed = self._q.desired.managed if kind is Kind.USER else {"display_name"}
        declared = self._q.declared[kind]
        for name in managed & {*should, *has} - {"active"}:
            if not same(has.get(name), should.get(name), caseless=name in declared.caseless):
                value = should.get(name)
                yield Difference(Op.UPDATE, kind, key, field=name, ref=stored.ref, value=value)

    def members(self) -> Iterator[Difference]:
        if not self._has(Kind.MEMBER):
            return
        people = {one.key for one in self._q.desired.users}
        unclear = self._q.desired.undecided
        current: dict[Ref, set[Ref]] = {}
        for pair in self._q.seen.members:
            current.setdefault(pair.group, set()).add(pair.user)
        for group in {one.key for one in self._q.desired.groups} - unclear[Kind.GROUP]:
            stored = self._stored(Kind.GROUP, group)
            lost = stored is None and (Kind.GROUP, group) in self._links
            there = current.get(stored.ref, set()) if stored else set()
            wanted = self._q.desired.members.get(group, frozenset()) & people
            for user in wanted - unclear[Kind.USER]:
                account = self._stored(Kind.USER, user)
                if account is not None and account.ref not in there:
                    yield Difference(Op.ADD, Kind.MEMBER, group, user, unseen=lost)
            if group not in self._q.desired.uncertain:
                yield from self._removals(group, there, wanted, people - unclear[Kind.USER])

    def _removals(self, group: Key, there: set[Ref], wanted: frozenset[Key], people: set[Key]):
        for user in people - wanted:
            account = self._stored(Kind.USER, user)
            if account is not None and account.ref in there:
                yield Difference(Op.REMOVE, Kind.MEMBER, group, user)

    def _stored(self, kind: Kind, *keys: Key) -> Stored | None:
        links = [link for key in keys if (link := self._links.get((kind, key))) is not None]
        return self._rows.get((kind, links[0].ref)) if links else None

    def _creation(self, kind: Kind, *keys: Key) -> Difference:
        """A link to what a reading has not may be one to what the reading has lost."""
        linked = any((kind, key) in self._links or (kind, key) in self._in_doubt for key in keys)
        return Difference(Op.CREATE, kind, keys[0], unseen=linked)
