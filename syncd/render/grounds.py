"""On what an explanation stands: rules met or not, what was read whole, whose the account is."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from syncd.explain import Explanation
from syncd.explain.explanation import Rule
from syncd.ledger import Remarked
from syncd.render.history import line_row
from syncd.render.listing import Row, bullets, indented, listing
from syncd.render.owning import how
from syncd.render.times import moment
from syncd.render.words import joined, safe


def taken(one: Explanation) -> Iterator[RenderableType]:
    """Each rule of the scope with the person's own value: why somebody is there, or is not."""
    if one.scope:
        yield listing(map(_rule, one.scope))


def _rule(rule: Rule) -> Row:
    sign = Text("✗", "red") if rule.unmet else Text("✓", "green")
    why = safe(rule.unmet) or f"asked for: {_asked(rule.asked, rule.rule)}"
    told = Text.assemble(
        joined(rule.own) if rule.own else "none",
        (f"  {why}", "yellow" if rule.unmet else "dim"),
        (f"  {safe(rule.place)}", "dim"),
    )
    return Row(sign, Text(safe(rule.rule)), told)


def _asked(patterns: Sequence[str], rule: str) -> str:
    told = joined(patterns)
    return f"none of {told}" if rule.startswith("users.take.except.") else told


def unread(one: Explanation) -> Iterator[RenderableType]:
    """What was not read whole: somebody may stand in that."""
    gaps = [
        f"source {side.name} was not read whole: {gap}" for side in one.unread for gap in side.gaps
    ]
    if gaps:
        yield bullets(gaps, "!", "yellow")


def matched(one: Explanation) -> Iterator[RenderableType]:
    """By what records are one person, where they are merged at all."""
    match = one.match
    if match is None:
        return
    place = f", {match.place}" if match.place else ""
    if not match.value:
        words = f"merged with nobody: has no {match.by}"
    elif len(match.keys) > 1:
        words = f"one person by {match.by} {match.value}: {', '.join(match.keys)}"
    else:
        words = f"merged by {match.by}: nobody else has {match.value}"
    yield indented((safe(words + place), "dim"))


def owned(one: Explanation) -> Iterator[RenderableType]:
    """What would become of an account that is there already, or what became of the last."""
    if one.owned is not None:
        yield indented((how(one), "dim"))


def kept(one: Explanation) -> Iterator[RenderableType]:
    """What keeps the account from some changes."""
    lines = list(one.guards)
    lines += [f"nothing is taken from it for now: {gap}" for gap in one.withheld]
    if lines:
        yield bullets(lines, "!", "yellow")


def last(one: Explanation) -> Iterator[RenderableType]:
    """Changes, and what was remembered besides, the newest first."""
    rows = [(line.begun_at, 1, line_row(line, dated=True)) for line in one.lines]
    rows += [(remarked.at, 0, _remark(remarked)) for remarked in one.remarks]
    if rows:
        yield listing(row for _, _, row in sorted(rows, key=lambda each: each[:2], reverse=True))


def _remark(one: Remarked) -> Row:
    when, mark = f"{moment(one.at)}, run {one.run}  ", one.mark
    moved = f" from {safe(mark.old_key)}" if mark.old_key else ""
    rule = f"  {safe(mark.rule)}" if mark.rule else ""
    said = Text.assemble((when, "dim"), f"{mark.remark}{moved}", (rule, "dim"))
    return Row(Text("•"), Text(safe(mark.name)), said)
