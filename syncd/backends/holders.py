"""Who holds which unique name, for products that do not mind whether two have it."""

from collections.abc import Iterable, Iterator, Mapping

from syncd.core.model import E, Ref, Stored, Value, flat
from syncd.core.normal import normal


class Holders:
    """Names without case, as they were last seen: whom to ask before somebody else gets one."""

    def __init__(self, *fields: str) -> None:
        self._fields = fields
        self._refs: dict[tuple[str, str], Ref] | None = None

    @property
    def known(self) -> bool:
        """Whether everybody was seen."""
        return self._refs is not None

    def saw(self, everybody: Iterable[Stored[E]]) -> None:
        self._refs = {name: one.ref for one in everybody for name in self._names(flat(one.entity))}

    def met(self, ref: Ref, fields: Mapping[str, Value]) -> None:
        """Of nobody, as long as not everybody was seen: they will be."""
        if self._refs is not None:
            for name in self._names(fields):
                self._refs[name] = ref

    def others(self, ref: Ref | None, fields: Mapping[str, Value]) -> Iterator[tuple[str, Ref]]:
        """Fields, each with whoever but `ref` had that name."""
        for name in self._names(fields):
            holder = (self._refs or {}).get(name)
            if holder is not None and holder != ref:
                yield name[0], holder

    def _names(self, fields: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
        for field in self._fields:
            if value := fields.get(field):
                yield field, normal(str(value), caseless=True)
