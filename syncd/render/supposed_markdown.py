"""What a supposition came to, as Markdown for a merge request: short enough to be posted."""

from collections.abc import Iterator, Sequence
from itertools import islice

from syncd.core.model import Kind
from syncd.core.outcome import Affected, Outcome, Turn
from syncd.render.markdown import LONGEST, bullet_list, code, prose, table
from syncd.render.outcomes import sign, steps, verb
from syncd.render.supposed import PEOPLE, TURNS, grounds, sum_up
from syncd.whatif import Supposed

_SHOWN = (200, 50, 10, 1)


def supposed_markdown(supposed: Supposed, old: str, new: str) -> str:
    """As much of each section as fits; what is left out is counted."""
    tried = ("\n".join(_lines(supposed, old, new, shown)) for shown in _SHOWN)
    fitting = next((text for text in tried if len(text) <= LONGEST), None)
    return fitting or f"### {prose(supposed.after.sync)}\n\n**{sum_up(supposed)}**\n"


def _lines(supposed: Supposed, old: str, new: str, shown: int) -> Iterator[str]:
    plan, difference = supposed.after, supposed.difference
    yield f"### {prose(plan.sync)} → {prose(plan.target)}"
    yield f"\n**{prose(sum_up(supposed))}**"
    if plan.withheld:
        yield "\n**Removals are withheld:** not all could be read, so nothing is suspended,"
        yield "deleted, demoted or taken out of a group.\n"
        yield from bullet_list(plan.withheld, shown)
    for turn in Turn:
        for kind in Kind:
            rows = [_row(one) for one in islice(difference.of(turn, kind), shown)]
            many = difference.number(turn, kind)
            yield from table(f"{PEOPLE[kind]} {TURNS[turn]} ({many:,})", rows, many)
    yield f"\n{prose(new)} instead of {prose(old)}, {prose(grounds(supposed))}\n"


def _row(one: Affected) -> tuple[str, str, str]:
    mark, _ = sign(one)
    if one.turn is Turn.OTHERWISE:
        what = f"before: {_said(one.before, one.kind)}<br>after: {_said(one.after, one.kind)}"
    else:
        what = _said(one.after or one.before, one.kind)
    return mark, code(one.name), what


def _said(some: Sequence[Outcome], kind: Kind) -> str:
    return "; ".join(_outcome(one, kind) for one in some)


def _outcome(one: Outcome, kind: Kind) -> str:
    fields = [
        f"{prose(field)} {'' if before is None else f'{code(before)} → '}{code(after)}"
        for field, before, after in steps(one, kind)
    ]
    said = ", ".join([prose(verb(one)), *fields])
    return f"{said} ({prose(one.why)})" if one.why else said
