"""Find out who can have to do with whom, so that all others can be decided about apart.

Users meet in a name that must be unique, in a key, or as administrators; and in nothing else. Of
each, only hashes are kept of where they could meet others: 16 octets a person or so. Two that
have nothing in common may share a hash: then they are looked at together without need.
"""

from array import array
from collections.abc import Mapping
from itertools import pairwise

from syncd.core.memory import OpenLine
from syncd.core.model import ATTRIBUTES, NAME_FIELD, Key, Kind, Stored, User, Value
from syncd.core.normal import normal
from syncd.core.policy import Adopt, Policy
from syncd.core.question import Declared

_PARTITIONS = 64
_ADMINISTRATOR = hash(("administrator",))

Points = set[int]
"""Where one could meet others."""


class Ties:
    """Where users can meet under what a target declares and a policy allows."""

    def __init__(self, declared: Declared, policy: Policy) -> None:
        fields = {*declared.unique, NAME_FIELD[Kind.USER]}
        fields |= {"email"} if policy.adopt is Adopt.BY_EMAIL else set()
        self._fields = [(field, field in declared.caseless) for field in sorted(fields)]
        self.fields = frozenset(fields) | {"admin"}

    def of_user(self, user: User) -> Points:
        """The same for a user that should be and for one that is."""
        points = {_ADMINISTRATOR} if user.admin else set()
        for field, caseless in self._fields:
            if field.startswith(ATTRIBUTES):
                value = user.attributes.get(field.removeprefix(ATTRIBUTES))
            else:
                value = getattr(user, field)
            if value:
                points.add(hash((field, normal(str(value), caseless=caseless))))
        return points

    def of_stored(self, stored: Stored[User]) -> Points:
        """Of an account that no link leads to, its key too: somebody may have made it."""
        points = self.of_user(stored.entity)
        if stored.key is not None:
            points.add(of_key(stored.key))
        return points

    def of_line(self, line: OpenLine) -> Points:
        """Of a change in doubt."""
        return {of_key(line.key)} | self.of_fields(line.after)

    def of_fields(self, fields: Mapping[str, Value]) -> Points:
        """Of a user with these flat fields."""
        points = {_ADMINISTRATOR} if fields.get("admin") else set()
        for field, caseless in self._fields:
            if value := fields.get(field):
                points.add(hash((field, normal(str(value), caseless=caseless))))
        return points


def of_key(key: Key) -> int:
    return hash(("key", key))


class Knots:
    """Points at which more than one meet: all are added first, each one's at once."""

    def __init__(self) -> None:
        self._points = [array("q") for _ in range(_PARTITIONS)]
        self._knots: Points | None = None

    def add(self, points: Points) -> None:
        for point in points:
            self._points[point % _PARTITIONS].append(point)

    def tied(self, points: Points) -> bool:
        """Whether one with these points shares any with another."""
        return not self._found().isdisjoint(points)

    def any(self) -> bool:
        return bool(self._found())

    def _found(self) -> Points:
        if self._knots is None:
            self._knots = set()
            while self._points:
                ordered = sorted(self._points.pop())
                self._knots |= {one for one, following in pairwise(ordered) if one == following}
                if _ADMINISTRATOR in ordered:
                    self._knots.add(_ADMINISTRATOR)  # be there only one: it may be the last
        return self._knots
