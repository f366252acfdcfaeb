"""Changes as rows: what becomes of whom, and why."""

from collections.abc import Iterable, Iterator

from rich.text import Text

from syncd.core.model import ATTRIBUTES, NAME_FIELD, Op, User
from syncd.core.plan import Change
from syncd.render.excerpt import Gains
from syncd.render.listing import Row
from syncd.render.traces import traced
from syncd.render.words import SIGNS, STYLES, safe, value


def row(change: Change) -> Row:
    style = STYLES[change.op]
    return Row(Text(SIGNS[change.op], style), Text(safe(change.name), style), details(change))


def gains_row(gains: Gains) -> Row:
    """Of one group: `+ada, +grace  -bob`."""
    parts = []
    for op in (Op.ADD, Op.REMOVE):
        listed = ", ".join(f"{SIGNS[op]}{safe(user)}" for user in gains.users[op])
        left = gains.counts[op] - len(gains.users[op])
        if listed:
            parts.append(Text(f"{listed} and {left:,} more" if left else listed, style=STYLES[op]))
    return Row(Text("="), Text(safe(gains.group)), Text("  ").join(parts))


def details(change: Change) -> Text:
    """The fields, then the reason."""
    reason = Text(safe(change.reason), style="dim")
    if change.op is Op.CREATE:
        return Text("  ").join([*_given(change), reason])
    if change.op is Op.UPDATE:
        return Text.assemble(Text("\n").join(_altered(change)), "  ", reason)
    if change.traces:
        tried = "; ".join(traced(trace) for trace in change.traces.values())
        return Text.assemble(reason, (f"  {tried}", "yellow"))
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
        line = Text.assemble((f"{shown}  ", "dim"), before, (" → ", "dim"), (after, "bold"))
        if trace := change.traces.get(name):
            line.append(f"  {traced(trace)}", "dim")
        yield line
