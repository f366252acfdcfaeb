"""What the target was read to hold, for whoever asks what became of single things."""

from collections.abc import Collection, Mapping
from typing import Any

from syncd.core.model import Kind, Ref, Stored
from syncd.cycle.reads import TargetRead
from syncd.paging import has_versions, version_of
from syncd.ports import Backend


class Seen:
    """`core.seen.Now`, by a cycle's reading."""

    def __init__(self, target: TargetRead, backend: Backend) -> None:
        self._target, self._backend = target, backend
        self.versioned = has_versions(backend.users) or has_versions(backend.groups)
        self._group: tuple[Ref, Collection[Ref]] | None = None

    def stored(self, kind: Kind, refs: Collection[Ref]) -> Mapping[Ref, Stored[Any]]:
        part = self._target.users if kind is Kind.USER else self._target.groups
        return {one.ref: one for one in part.standing.some(sorted(refs))}

    def has(self, group: Ref, user: Ref) -> bool:
        if self._group is None or self._group[0] != group:
            found = self._target.members.standing.some([group])
            self._group = group, frozenset(one for members in found for one in members.users)
        return user in self._group[1]

    def version(self, kind: Kind, ref: Ref) -> str:
        if kind is Kind.MEMBER:
            return ""
        collection: Any = self._backend.users if kind is Kind.USER else self._backend.groups
        return version_of(collection, ref)
