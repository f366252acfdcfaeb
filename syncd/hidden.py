"""Fields of people and groups whose values stand in no line of the log."""

import fnmatch
import re
from collections.abc import Iterable, Mapping
from typing import Any

from syncd.core.model import NAME_FIELD, Kind, Value
from syncd.core.plan import Change

HIDDEN = "…"

_SHORTEST = 3
"""Letters of a hidden value that is looked for in other words: shorter ones are in half of all."""


class Hidden:
    """`globs` are names of fields, without regard to case; `key`, `member` and `ref` are some, too.

    A `name` is hidden with the field that it comes from: `user_name`, a group's `display_name`.
    """

    def __init__(self, globs: Iterable[str]) -> None:
        wanted = [fnmatch.translate(glob.lower()) for glob in globs]
        self.any = bool(wanted)
        self._match = re.compile("|".join(wanted)).match if wanted else _none
        self._known: dict[str, bool] = {}

    def __contains__(self, field: str) -> bool:
        known = self._known.get(field)
        if known is None:
            known = self._known[field] = self._match(field.lower()) is not None
        return known

    def fields(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """An absent value is no secret, and shows what became of the field."""
        if not self.any:
            return values
        return {
            name: HIDDEN if value is not None and name in self else value
            for name, value in values.items()
        }

    def words(self, text: str, change: Change) -> str:
        """An error or a reason, which may quote what is hidden of the change."""
        for value in self._values(change) if self.any and text else ():
            text = text.replace(value, HIDDEN)
        return text

    def name(self, change: Change) -> str:
        """Of a member, the name has the user's and the group's."""
        kinds = (Kind.USER, Kind.GROUP) if change.kind is Kind.MEMBER else (change.kind,)
        hides = self.any and any(NAME_FIELD[kind] in self for kind in kinds)
        return HIDDEN if hides or "name" in self else change.name

    def _values(self, change: Change) -> Iterable[str]:
        pairs: list[tuple[str, Any]] = [*change.before.items(), *change.after.items()]
        pairs += [("key", change.key), ("member", change.member), ("ref", change.ref)]
        if self.name(change) is HIDDEN:
            pairs += [("name", change.name)]
        found = {
            value
            for name, value in pairs
            if isinstance(value, str)
            and len(value) >= _SHORTEST
            and (name in self or name == "name")
        }
        return sorted(found, key=len, reverse=True)


def _none(_: str) -> None:
    return None
