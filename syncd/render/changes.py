"""Changes as rows: what becomes of whom, and why."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.text import Text

from syncd.core.model import ATTRIBUTES, NAME_FIELD, Kind, Op, User
from syncd.core.plan import Change
from syncd.render.listing import Row
from syncd.render.words import SIGNS, STYLES, group_of_member, safe, value

_NAMES = 12
"""Members named in one group's row."""


def rows(changes: Sequence[Change], shown: int | None) -> Iterator[Row]:
    """At most `shown` rows; all that a group gains and loses is one."""
    things = [change for change in changes if change.kind is not Kind.MEMBER]
    members = [change for change in changes if change.kind is Kind.MEMBER]
    yield from (row(change) for change in things[:shown])
    if shown is None or len(things) < shown:
        yield from member_rows(members, shown and shown - len(things))


def row(change: Change) -> Row:
    style = STYLES[change.op]
    return Row(Text(SIGNS[change.op], style), Text(safe(change.name), style), details(change))


def member_rows(members: Iterable[Change], shown: int | None) -> Iterator[Row]:
    """One row a group: `+ada, +grace  -bob`."""
    by_group = groupby(sorted(members, key=lambda one: one.key), key=lambda one: one.key)
    for place, (_, some) in enumerate(by_group):
        if shown is not None and place >= shown:
            return
        changes = list(some)
        name = Text(safe(group_of_member(changes[0])[1]))
        yield Row(Text("="), name, _gains_and_losses(changes, None if shown is None else _NAMES))


def details(change: Change) -> Text:
    """The fields, then the reason."""
    reason = Text(safe(change.reason), style="dim")
    if change.op is Op.CREATE:
        return Text("  ").join([*_given(change), reason])
    if change.op is Op.UPDATE:
        return Text.assemble(Text("\n").join(_altered(change)), "  ", reason)
    return reason


def in_order(names: Iterable[str]) -> list[str]:
    """Fields as people are used to read them: SCIM's first, in its order."""
    usual = {name: place for place, name in enumerate(User.__struct_fields__)}
    return sorted(names, key=lambda name: (usual.get(name, len(usual)), name))


def _given(change: Change) -> Iterator[Text]:
    for name in in_order(change.after):
        given = change.after[name]
        if name != NAME_FIELD[change.kind] and given is not None:
            yield Text.assemble((f"{safe(name.removeprefix(ATTRIBUTES))} ", "dim"), value(given))


def _altered(change: Change) -> Iterator[Text]:
    for name in in_order(change.after):
        before, after = value(change.before.get(name)), value(change.after[name])
        shown = safe(name.removeprefix(ATTRIBUTES))
        yield Text.assemble((f"{shown}  ", "dim"), before, (" → ", "dim"), (after, "bold"))


def _gains_and_losses(changes: Sequence[Change], names: int | None) -> Text:
    parts = []
    for op in (Op.ADD, Op.REMOVE):
        users = [group_of_member(change)[0] for change in changes if change.op is op]
        listed = ", ".join(f"{SIGNS[op]}{safe(user)}" for user in users[:names])
        left = len(users) - len(users[:names])
        if listed:
            parts.append(Text(f"{listed} and {left:,} more" if left else listed, style=STYLES[op]))
    return Text("  ").join(parts)
