"""A person's fields side by side: as the sources state them, as they should be and as they are."""

from collections.abc import Mapping

from msgspec import Struct

from syncd.core.model import ATTRIBUTES, Value
from syncd.core.normal import same
from syncd.explain import Attribute, Explanation, Field
from syncd.render.changes import in_order


class FieldRow(Struct, frozen=True):
    """One field under its short name; None where that side says nothing of it."""

    name: str
    stated: Attribute | None
    wanted: Field | None
    held: Value

    @property
    def differs(self) -> bool:
        """Whether the target has something else than it should."""
        return self.wanted is not None and not same(self.held, self.wanted.value, caseless=True)


def field_rows(one: Explanation) -> list[FieldRow]:
    """In the order in which people are used to read them."""
    stated = {_short(each.name): each for each in one.attributes}
    wanted = {_short(each.name): each for each in one.wanted}
    held: Mapping[str, Value] = one.account.fields if one.account else {}
    held = {_short(name): value for name, value in held.items()}
    return [
        FieldRow(name, stated.get(name), wanted.get(name), held.get(name))
        for name in in_order({*stated, *wanted, *held})
    ]


def _short(name: str) -> str:
    return name.removeprefix(ATTRIBUTES)
