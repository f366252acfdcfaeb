"""Put pseudonyms in the place of all that may tell who somebody is.

Every text is hidden unless it is listed here as none of a person's, so that what comes to these
values one day is hidden until somebody has thought about it.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from syncd.core.hold import Hold
from syncd.core.model import Kind
from syncd.core.plan import change_id
from syncd.core.policy import Policy, Purse
from syncd.core.stream import encode
from syncd.evidence.pseudonyms import Pseudonyms
from syncd.ledger import Line

T = TypeVar("T")

_IN = " in "
"""Between the names of a membership."""

_KEPT = frozenset(
    {
        ("Question", "sync"),
        ("Question", "target"),
        ("Question", "config"),
        ("Question", "declared"),
        ("Policy", "may_be_empty"),
        ("Policy", "drift"),
        ("Policy", "budgets"),
        ("Person", "given_by"),
        ("Desired", "managed"),
        ("Desired", "once"),
        ("Desired", "doubts"),
        ("HalfKnown", "by"),
        ("Mark", "rule"),
        ("Plan", "sync"),
        ("Plan", "target"),
        ("Plan", "config"),
        ("Plan", "withheld_changes"),
        ("Plan", "foreign"),
        ("Plan", "causes"),
        ("Change", "approved"),
        ("Line", "sync"),
        ("Line", "outcome"),
        ("Run", "sync"),
        ("Run", "target"),
        ("Run", "digest"),
        ("Run", "outcome"),
        ("Approval", "sync"),
        ("Approval", "digest"),
        ("Stated", "name"),
    }
)
"""Words of the configuration, of targets and of syncd."""

_BY_FIELD = frozenset(
    {
        ("User", "attributes"),
        ("Group", "attributes"),
        ("Person", "attributes"),
        ("Person", "origins"),
        ("OpenLine", "before"),
        ("OpenLine", "after"),
        ("Change", "before"),
        ("Change", "after"),
        ("Change", "traces"),
        ("Line", "before"),
        ("Line", "after"),
    }
)
"""Values by names of fields, or of sources."""

_SAID = frozenset(
    {
        ("Problem", "why"),
        ("Person", "reason"),
        ("Desired", "absent"),
        ("Desired", "gaps"),
        ("Desired", "notes"),
        ("Seen", "gaps"),
        ("Beyond", "notes"),
        ("Change", "reason"),
        ("Refusal", "rule"),
        ("Plan", "withheld"),
        ("Plan", "notes"),
        ("Line", "reason"),
        ("Line", "error"),
        ("Run", "withheld"),
        ("Stated", "gaps"),
        ("Stated", "notes"),
    }
)
"""Sentences, which may have anybody's name in them: by syncd, a source or a target."""

_PLAIN_WORDS = frozenset(
    {
        "has left",
        "a member in the source",
        "no member in the source",
        "steps aside, for its names change hands in a circle",
    }
)
"""Sentences that are about nobody."""


class Hiding:
    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._names = pseudonyms

    def policy(self, policy: Policy) -> Policy:
        """Whose patterns fit what they fit."""
        hidden: Policy = self.value(policy)
        return replace(hidden, protect=self._names.patterns)

    def learn(self, name: str, pseudonym: str) -> None:
        """Of a name that is made of another one, and so is its pseudonym."""
        self._names.learn(name, pseudonym)

    def name(self, name: str, *, of_member: bool) -> str:
        """What a change calls the thing; of a membership it is both names."""
        user, inside, group = name.partition(_IN) if of_member else (name, "", "")
        return f"{self._names(user)}{inside}{self._names(group)}"

    def line(self, line: Line, reasons: Mapping[str, str]) -> Line:
        """Of the journal; `reasons` are those of the hidden plan, by the id of a change."""
        hidden = self.value(line)
        id_ = change_id(hidden.op, hidden.kind, hidden.key, hidden.member)
        name = self.name(line.name, of_member=line.member is not None)
        return replace(hidden, name=name, reason=reasons.get(id_, hidden.reason))

    def value(self, value: T) -> T:
        found: T = self._value(value)
        return found

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return value if isinstance(value, Enum) else self._names(value)
        if isinstance(value, Struct):
            return self._struct(value)
        if isinstance(value, Mapping):
            return {self._value(key): self._value(inner) for key, inner in value.items()}
        if isinstance(value, frozenset):
            return frozenset(map(self._value, value))
        # What is left are numbers, times and truths.
        return tuple(map(self._value, value)) if isinstance(value, Sequence) else value

    def _struct(self, value: Struct) -> Struct:
        if isinstance(value, Hold) and value.pattern:
            fitting = self._struct(replace(value, pattern=False))
            return replace(fitting, who=self._names.hold(value.who), pattern=True)
        kind = type(value).__name__
        return replace(
            value,
            **{name: self._field(kind, name, getattr(value, name)) for name in _fields(value)},
        )

    def _field(self, kind: str, name: str, value: Any) -> Any:
        if (kind, name) in _KEPT:
            return value
        if kind == "Known":
            return self._past(value)
        if (kind, name) == ("Memory", "spent"):
            return {self._purse(purse): number for purse, number in value.items()}
        if (kind, name) in _BY_FIELD:
            return self._by_field(value)
        return self._said(value) if (kind, name) in _SAID else self._value(value)

    def _past(self, values: Mapping[tuple[str, ...], Any]) -> dict[tuple[str, ...], Any]:
        """Of each thing by its fields; of each place, whose last word is a field."""
        return {
            (*map(self._value, place[:3]), *place[3:]): self._by_field(one)
            if isinstance(one, Mapping)
            else replace(
                self._value(one),
                written=self._whole(one.written),
                returned=self._whole(one.returned),
            )
            for place, one in values.items()
        }

    def _purse(self, purse: Purse) -> Purse:
        """What a budget is of: a group is known by its key, a field is nobody's name."""
        kind, what, *of = purse
        return (kind, what, *(map(self._names, of) if kind == Kind.MEMBER else of))

    def _by_field(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._value(inner) for name, inner in fields.items()}

    def _whole(self, value: Any) -> Any:
        """A value, or where it is all of a thing, each of its fields."""
        if not isinstance(value, str) or not value.startswith("{"):
            return self._value(value)
        try:
            return encode(self._by_field(msgspec.json.decode(value))).decode()
        except (msgspec.MsgspecError, AttributeError):
            return self._value(value)

    def _said(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self._value(key): self._said(inner) for key, inner in value.items()}
        if not isinstance(value, str):
            return tuple(map(self._said, value))
        return value if not value or value in _PLAIN_WORDS else f"hidden ({self._names(value)})"


def _fields(value: Struct) -> tuple[str, ...]:
    return type(value).__struct_fields__
