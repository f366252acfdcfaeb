"""Whom one cycle's question is about, where it is not about everybody."""

from msgspec import Struct, field

from syncd.core.memory import Link
from syncd.core.model import Key, Kind, Ref


class Selection(Struct):
    """Users by full key and by ref, groups by full key and by ref, and the links of all of them.

    Of each group only the selected are looked at. `every_group` is for who may have come into, or
    lost, any of them.
    """

    keys: set[Key] = field(default_factory=set)
    refs: set[Ref] = field(default_factory=set)
    groups: set[Key] = field(default_factory=set)
    group_refs: set[Ref] = field(default_factory=set)
    every_group: bool = False
    links: tuple[Link, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.keys or self.refs or self.groups or self.group_refs or self.every_group)

    def has(self, kind: Kind, key: Key) -> bool:
        """Of a user or a group by its full key."""
        if kind is Kind.USER:
            return key in self.keys
        return self.every_group or key in self.groups
