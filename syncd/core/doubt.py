"""What became of changes that a run began and left in doubt: those that show were made.

A creation is claimed by correlation. Of the rest, the target says it: a field has the value that
was written, an account is gone, a member is there. What does not show is not known to have been
made.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from syncd.core.correlate import Correlated
from syncd.core.members import Memberships, Roll
from syncd.core.memory import OpenLine
from syncd.core.model import E, Group, Key, Kind, Op, Ref, Stored, flat
from syncd.core.normal import same
from syncd.core.plan import Change


class Settled(Struct, frozen=True):
    """By the numbers of their lines: what was `overtaken` is not due any more, and so it may have
    been made; what shows in the target was `made`."""

    overtaken: Mapping[int, Change] = {}
    made: frozenset[int] = frozenset()


NOTHING = Settled()


class Doubt:
    """Which of these open lines of the journal, in their order, are seen to have been made."""

    def __init__(self, lines: Iterable[OpenLine]) -> None:
        self._of: dict[tuple[Kind, Ref], list[OpenLine]] = defaultdict(list)
        self._members: dict[Key, list[OpenLine]] = defaultdict(list)
        for line in lines:
            if line.kind is Kind.MEMBER:
                self._members[line.key].append(line)
            elif line.op is not Op.CREATE and line.ref is not None:
                self._of[line.kind, line.ref].append(line)
        self._there: set[tuple[Kind, Ref]] = set()
        self._made: set[int] = set()

    def see(self, kind: Kind, found: Correlated[E], caseless: Collection[str]) -> None:
        """Some of the target's users, or groups."""
        if self._of:
            self._there |= {(kind, one.ref) for one in found.foreign} & self._of.keys()
            for ours in found.ours:
                if lines := self._of.get((kind, ours.stored.ref)):
                    self._there.add((kind, ours.stored.ref))
                    self._look(ours.stored, lines, caseless)

    def _look(
        self, stored: Stored[E], lines: Collection[OpenLine], caseless: Collection[str]
    ) -> None:
        """The last one first: what was made before it is what it began at."""
        state = dict(flat(stored.entity))
        for line in sorted(lines, key=lambda one: -one.line):
            if line.op is not Op.DELETE and all(
                same(state.get(name), value, caseless=name in caseless)
                for name, value in line.after.items()
            ):
                self._made.add(line.line)
                state |= line.before

    def see_members(self, found: Correlated[Group], memberships: Memberships, roll: Roll) -> None:
        """Whoever is in the groups that are ours, when all users are on the roll."""
        groups = {ours.link.key: ours.stored.ref for ours in found.ours}
        doubtful = {groups[key]: some for key, some in self._members.items() if key in groups}
        if not doubtful:
            return
        there = {ref: set(users) for ref, users in memberships.current() if ref in doubtful}
        users = {line.member for lines in doubtful.values() for line in lines if line.member}
        refs = {who.key: who.ref for who in roll.by_key(users)}
        for ref, lines in doubtful.items():
            for line in lines:
                user = refs.get(line.member or Key(""))
                if user and (user in there.get(ref, ())) is (line.op is Op.ADD):
                    self._made.add(line.line)

    def made(self, *, whole: bool) -> frozenset[int]:
        """The numbers of the lines. Of the target, all was seen where that is `whole`."""
        gone = self._of.keys() - self._there if whole else set[tuple[Kind, Ref]]()
        deletions = (line for one in gone for line in self._of[one] if line.op is Op.DELETE)
        return frozenset(self._made.union(line.line for line in deletions))
