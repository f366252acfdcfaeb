"""What a full reading searches for, and what of it was touched since the last one."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from syncd.core.model import Key, Kind
from syncd.sources.ldap.config import Entries, LdapConfig, Scope
from syncd.sources.ldap.cursor import State
from syncd.sources.ldap.entries import RawEntry, packed
from syncd.sources.ldap.presets import group_rules, user_rules
from syncd.sources.ldap.search import Query

BELOW = ("hasSubordinates", "createTimestamp")
"""Attributes that tell whether others may lie below an entry, under names that are new to us."""

Attributes = Mapping[Kind, Sequence[str]]
"""All that a full reading asks for."""


class Extent(Struct, frozen=True):
    """One of the searches that a full reading makes."""

    kind: Kind
    base: str
    scope: Scope
    filter: str

    def query(self, attributes: Sequence[str], also: str = "") -> Query:
        """For those that match `also` as well."""
        both = f"(&{self.filter}{also})" if also else self.filter
        return Query(self.base, both, attributes, self.scope)

    def rest(self, attributes: Sequence[str], also: str = "") -> Query:
        """For all under the base that the full reading does not find."""
        return Query(self.base, f"(&(!{self.filter}){also})", attributes, self.scope)


class Extents(Struct, frozen=True):
    """All searches of a full reading."""

    users: tuple[Extent, ...]
    groups: tuple[Extent, ...]

    @property
    def all(self) -> tuple[Extent, ...]:
        return self.users + self.groups

    @property
    def anybody(self) -> str:
        """A filter that fits whatever one of the searches may find."""
        filters = dict.fromkeys(extent.filter for extent in self.all)
        return f"(|{''.join(filters)})"


def extents(config: LdapConfig) -> Extents:
    def of(kind: Kind, given: Entries, condition: str) -> tuple[Extent, ...]:
        return tuple(Extent(kind, base, given.scope, condition) for base in given.bases)

    users = of(Kind.USER, config.users, user_rules(config).filter)
    if config.groups is None:
        return Extents(users, ())
    return Extents(users, of(Kind.GROUP, config.groups, group_rules(config).filter))


class Touched:
    """Entries that changed and are found now, and the keys of what is not found.

    `above` are DNs of entries below which there may be others whose names have changed by that.
    `lookup` is the attribute that has the keys of `gone`, where these are the server's word only.
    `follows` is whether the server itself keeps its groups true to the names of those in them.
    `state` is for next time.
    """

    def __init__(
        self,
        state: State,
        is_new: Callable[[RawEntry], bool],
        *,
        lookup: str = "",
        follows: bool = False,
    ) -> None:
        self.state = state
        self.entries: dict[Kind, list[bytes]] = {Kind.USER: [], Kind.GROUP: []}
        self.gone: dict[Kind, set[Key]] = {Kind.USER: set(), Kind.GROUP: set()}
        self.above: list[str] = []
        self.lookup = lookup
        self.follows = follows
        self._is_new = is_new

    def see(self, kind: Kind, entry: RawEntry) -> None:
        """One that the full reading would find."""
        self.entries[kind].append(packed(entry))
        self.see_name(entry)

    def see_gone(self, kind: Kind, key: Key | None) -> None:
        if key is not None:
            self.gone[kind].add(key)

    def see_name(self, entry: RawEntry) -> None:
        """Whatever lies below what is new to us was touched itself, to come there."""
        if b"FALSE" not in entry.attributes.get("hassubordinates", ()) and not self._is_new(entry):
            self.above.append(entry.dn)


def created_after(second: str) -> Callable[[RawEntry], bool]:
    """Whether an entry is from after that second, by the server's clock; False where unknown."""

    def is_new(entry: RawEntry) -> bool:
        created = entry.attributes.get("createtimestamp", [b""])[0]
        return created[:14].decode("ascii", "replace") > second[:14]

    return is_new
