"""What lies between two runs, on a terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from itertools import islice

from rich.console import RenderableType
from rich.text import Text

from syncd.core.model import ATTRIBUTES, NAME_FIELD, Kind
from syncd.ledger import Run
from syncd.lookback.between import Between
from syncd.lookback.net import Net, What
from syncd.render.changes import in_order
from syncd.render.listing import Page, Row, listings, more, title
from syncd.render.markdown import code, prose, table
from syncd.render.times import moment
from syncd.render.words import number, safe, value

_SIGNS: Mapping[What, tuple[str, str]] = {
    What.CREATED: ("+", "green"),
    What.CHANGED: ("~", "yellow"),
    What.DELETED: ("-", "bold red"),
    What.REPLACED: ("±", "yellow"),
    What.ADDED: ("+", "green"),
    What.REMOVED: ("-", "red"),
}
_TITLES = {Kind.USER: "Users", Kind.GROUP: "Groups", Kind.MEMBER: "Members"}
_MARKDOWN = 200
_REPLACED = "deleted and made anew"


def render_between(between: Between, begin: Run, end: Run, shown: int | None) -> Page:
    """`shown` is how many things each section has; None for all."""
    return Page(lambda: _parts(between, begin, end, shown))


def _parts(between: Between, begin: Run, end: Run, shown: int | None) -> Iterator[RenderableType]:
    yield Text.assemble(
        (f"{safe(begin.sync)} → {safe(begin.target)}", "bold"),
        f"   run {begin.run} to run {end.run}",
        (f"   {moment(begin.begun_at)} to {moment(end.begun_at)}", "dim"),
    )
    counts = between.counts()
    for kind in Kind:
        if many := sum(n for (of, _), n in counts.items() if of is kind):
            yield from title(_TITLES[kind], many)
            some = (one for one in between if one.kind is kind)
            yield from listings(map(_row, islice(some, shown)))
            yield from more(0 if shown is None else many - shown)
    yield Text()
    yield Text(sum_up(between), style="bold")
    if between.unknown:
        yield Text(_unknown(between), style="yellow")


def sum_up(between: Between) -> str:
    """In one line."""
    counts = between.counts()
    some = [
        f"{number(counts[kind, what], kind)} {what}"
        for kind in Kind
        for what in What
        if counts[kind, what]
    ]
    return ", ".join(some) or "Nothing is otherwise"


def _unknown(between: Between) -> str:
    many = number(between.unknown, "change")
    return f"Of {many} between nobody knows whether they were made: they are not in this."


def _row(one: Net) -> Row:
    sign, style = _SIGNS[one.what]
    details = Text("  ").join(
        Text.assemble((f"{name} ", "dim"), before, after) for name, before, after in _fields(one)
    )
    if one.what is What.REPLACED:
        details = Text.assemble((f"{_REPLACED}  ", "yellow"), details)
    return Row(Text(sign, style), Text(safe(one.name), style), details)


def _fields(one: Net) -> Iterator[tuple[str, str, str]]:
    """Each field, what it was with an arrow, and what it is; of what is made, what it has; of what
    is deleted none."""
    made = one.what in {What.CREATED, What.REPLACED}
    shown = () if one.what is What.DELETED else in_order(one.fields)
    for name in shown:
        before, after = one.fields[name]
        if not (made and name == NAME_FIELD.get(one.kind)):
            was = "" if made else f"{value(before)} → "
            yield safe(name.removeprefix(ATTRIBUTES)), was, value(after)


def between_markdown(between: Between, begin: Run, end: Run) -> str:
    return "\n".join(_markdown(between, begin, end)) + "\n"


def _markdown(between: Between, begin: Run, end: Run) -> Iterator[str]:
    yield f"### {prose(begin.sync)} → {prose(begin.target)}: run {begin.run} to run {end.run}"
    yield f"\n**{sum_up(between)}**"
    counts = between.counts()
    for kind in Kind:
        some = islice((one for one in between if one.kind is kind), _MARKDOWN)
        many = sum(n for (of, _), n in counts.items() if of is kind)
        yield from table(f"{_TITLES[kind]} ({many:,})", [_markdown_row(one) for one in some], many)
    if between.unknown:
        yield f"\n{_unknown(between)}"


def _markdown_row(one: Net) -> tuple[str, str, str]:
    sign, _ = _SIGNS[one.what]
    fields = [f"{prose(name)} {prose(was)}{code(now)}" for name, was, now in _fields(one)]
    said = [_REPLACED] if one.what is What.REPLACED else []
    return sign, code(one.name), "<br>".join([*said, *fields]) or one.what.value
