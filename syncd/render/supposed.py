"""What a supposition came to, on a terminal: who is affected, from what to what, and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from rich.console import RenderableType
from rich.text import Text

from syncd.core.model import Kind, Op
from syncd.core.outcome import Affected, Outcome, Turn
from syncd.render.listing import Page, Row, listings, more, title
from syncd.render.outcomes import sign, steps, verb
from syncd.render.plan import withheld
from syncd.render.times import moment
from syncd.render.words import number, safe
from syncd.whatif import Supposed

PEOPLE = {Kind.USER: "People", Kind.GROUP: "Groups", Kind.MEMBER: "Members"}
TURNS = {
    Turn.NEWLY: "newly affected",
    Turn.NO_LONGER: "no longer affected",
    Turn.OTHERWISE: "affected otherwise",
}
_EXPLAINED = {
    Turn.NEWLY: "",
    Turn.NO_LONGER: "what would have been done, and is not",
    Turn.OTHERWISE: "",
}
_KINDS, _OPS = [kind.value for kind in Kind], [op.value for op in Op]
WORDS = {Kind.USER: ("person", "people"), Kind.GROUP: ("group", ""), Kind.MEMBER: ("member", "")}


def render_supposed(supposed: Supposed, old: str, new: str, shown: int | None) -> Page:
    """`old` and `new` are what the two configurations are called; `shown` is how many rows each
    section has, None for all."""
    return Page(lambda: _parts(supposed, old, new, shown))


def _parts(supposed: Supposed, old: str, new: str, shown: int | None) -> Iterator[RenderableType]:
    plan = supposed.after
    yield Text.assemble(
        (f"{safe(plan.sync)} → {safe(plan.target)}", "bold"),
        (f"   {safe(new)} instead of {safe(old)}", ""),
        (f"   {grounds(supposed)}", "dim"),
    )
    yield from withheld(plan)
    difference = supposed.difference
    for turn in Turn:
        for kind in Kind:
            if many := difference.number(turn, kind):
                yield from title(f"{PEOPLE[kind]} {TURNS[turn]}", many, _EXPLAINED[turn])
                yield from listings(map(_row, islice(difference.of(turn, kind), shown)))
                yield from more(many - min(many, many if shown is None else shown))
    yield Text()
    yield Text(sum_up(supposed), style="bold")


def grounds(supposed: Supposed) -> str:
    """What both plans stand on."""
    found = supposed.grounds
    if not found.kept:
        return "without a ledger: as if the first had been made true"
    told = ", ".join(f"{safe(name)} {moment(at)}" for name, at in found.kept.items())
    if found.overtaken_by is not None:
        told += f"; run {found.overtaken_by} has begun since, and what it did is not known here"
    return f"as read: {told}"


def sum_up(supposed: Supposed) -> str:
    """In one line."""
    difference = supposed.difference
    if not len(difference):
        return "Nobody would be affected"
    parts = []
    for turn in Turn:
        some = [
            number(many, *WORDS[kind]) for kind in Kind if (many := difference.number(turn, kind))
        ]
        if some:
            parts.append(f"{', '.join(some)} {TURNS[turn]} ({_counted(supposed.counts[turn])})")
    if difference.held:
        were = "was" if difference.held == 1 else "were"
        parts.append(f"{difference.held:,} held that {were} not")
    return "; ".join(parts)


def _counted(counts: Mapping[str, int]) -> str:
    """`create 2 users, suspend 3 users (held), 1 user in conflict`; in the order of plans."""
    return ", ".join(words for _, words in sorted(map(_counted_one, counts.items())))


def _counted_one(counted: tuple[str, int]) -> tuple[tuple[int, int, str], str]:
    what, many = counted
    of, _, fate = what.partition(" ")
    kind, _, op = of.partition(".")
    place = _KINDS.index(kind), _OPS.index(op) if op in _OPS else len(_OPS), fate
    if not op:
        return place, f"{number(many, kind)} in {fate}"
    return place, f"{op} {number(many, kind)}" + (f" ({fate})" if fate else "")


def _row(one: Affected) -> Row:
    mark, style = sign(one)
    return Row(Text(mark, style), Text(safe(one.name), style), _details(one))


def _details(one: Affected) -> Text:
    if one.turn is not Turn.OTHERWISE:
        return _said(one.after or one.before, one.kind, tells_verb=one.turn is Turn.NO_LONGER)
    return Text.assemble(
        ("before  ", "dim"),
        _said(one.before, one.kind),
        ("\nafter   ", "dim"),
        _said(one.after, one.kind),
    )


def _said(some: Sequence[Outcome], kind: Kind, *, tells_verb: bool = True) -> Text:
    return Text("; ").join(_outcome(one, kind, tells_verb=tells_verb) for one in some)


def _outcome(one: Outcome, kind: Kind, *, tells_verb: bool) -> Text:
    # What runs is seen by its sign.
    words = verb(one)
    parts: list[Text] = [Text(words)] if tells_verb or words != one.what else []
    for field, before, after in steps(one, kind):
        was = "" if before is None else f"{before} → "
        parts.append(Text.assemble((f"{safe(field)} ", "dim"), was, (after, "bold" if was else "")))
    parts.append(Text(safe(one.why), style="dim"))
    return Text("  ").join(_some(parts))


def _some(parts: Iterable[Text]) -> list[Text]:
    return [part for part in parts if part.plain]
