"""What syncd remembers of what it wrote: the last values, and what a target keeps otherwise.

Looked up for those things alone that are not as they should be.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from syncd.core.model import Key, Kind, Ref, Value

WHOLE = ""
"""Stands where a field does: the thing itself, or a membership."""

Where = tuple[Kind, Key, str, str]
"""What may not settle: kind and key, the member's key or "", the field or `WHOLE`."""


class Cause(StrEnum):
    """Where a field has changed since syncd wrote it, for all that syncd knows."""

    SOURCE = "source"  # the source says something else than was written
    OUTSIDE = "outside"  # the target has something else than was written
    BOTH = "both"
    UNWRITTEN = "unwritten"  # syncd never wrote it
    UNSETTLED = "unsettled"  # the target answered otherwise as soon as it was written
    UNDO = "undo"  # this is an undo of what was written
    UNDONE = "undone"  # an undo wrote what is there, against what the source says


class Trace(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Why one field of a change is in it, and what syncd last wrote there, when; None for never."""

    cause: Cause
    written: Value = None
    run: int | None = None
    at: datetime | None = None


class Written(Struct, frozen=True, gc=False):
    """The last value that syncd wrote. `fresh` is one of the run that is being verified: whatever
    else is there now came back at once. `undone` is one that an undo wrote."""

    value: Value
    run: int
    at: datetime
    fresh: bool = False
    undone: bool = False


class Missed(Struct, frozen=True, gc=False):
    """What was written, and what came back. Of a creation `written` is all of it, as JSON."""

    where: Where
    written: Value
    returned: Value


class Stuck(Struct, frozen=True, gc=False):
    """The same each time, so many `times`, from the first run to the last one that wrote it."""

    written: Value
    returned: Value
    times: int
    first_run: int
    first_at: datetime
    last_run: int
    last_at: datetime


Fields = Mapping[Ref, Collection[str] | None]
"""Of which things which fields are asked about; None for all."""


class Past(Protocol):
    def written(self, kind: Kind, fields: Fields) -> Mapping[Ref, Mapping[str, Written]]:
        """By field, more than were asked for perhaps. Of what syncd made, `WHOLE` stands for the
        fields that it was made without."""
        ...

    def stuck(self, kind: Kind, keys: Collection[Key]) -> Mapping[Where, Stuck]:
        """All that these things, or the members of these groups, are known for."""
        ...


class Known(Struct, frozen=True):
    """A past that is at hand."""

    values: Mapping[tuple[Kind, Ref], Mapping[str, Written]] = {}
    misses: Mapping[Where, Stuck] = {}

    def written(self, kind: Kind, fields: Fields) -> Mapping[Ref, Mapping[str, Written]]:
        return {ref: self.values[kind, ref] for ref in fields if (kind, ref) in self.values}

    def stuck(self, kind: Kind, keys: Collection[Key]) -> Mapping[Where, Stuck]:
        wanted = set(keys)
        return {
            where: stuck
            for where, stuck in self.misses.items()
            if where[0] is kind and where[1] in wanted
        }


NOTHING: Past = Known()
"""Nothing was ever written."""
