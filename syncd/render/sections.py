"""A plan's changes in the sections that a terminal shows: the beginning of each, or all of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from syncd.core.model import Kind, Op
from syncd.core.plan import Change, Refusal, count
from syncd.core.stream import Stream, batches
from syncd.render.changes import gains_row, row
from syncd.render.excerpt import ByRule, Excerpt, Gains, rule_of
from syncd.render.listing import Row

_OPS = (Op.CREATE, Op.UPDATE, Op.RESTORE, Op.SUSPEND, Op.DELETE)
_SECTIONS = [(kind, op) for kind in (Kind.USER, Kind.GROUP) for op in _OPS]
_NAMES = 12
"""Members named in one group's row, unless all are asked for."""

_NAMES_AT_ONCE = 500


class Section(NamedTuple):
    """`left` is how many things it does not show. The rows can be walked once."""

    words: str
    number: int
    rows: Iterable[Row]
    left: int = 0


def of_changes(changes: Sequence[Change], shown: int | None) -> Iterator[Section]:
    """`shown` is how many rows each has; None for all."""
    counts = count(changes)
    begun = {} if shown is None else _begun(changes, counts, shown)
    for kind, op in _SECTIONS:
        if number := counts.get(f"{kind}.{op}", 0):
            words = f"{op.capitalize()} {kind}s"
            if shown is None:
                yield Section(words, number, map(row, _of(changes, kind, op)))
            else:
                first = begun[f"{kind}.{op}"].first
                yield Section(words, number, map(row, first), number - len(first))
    if number := sum(counts.get(f"{Kind.MEMBER}.{op}", 0) for op in Op):
        if shown is None:
            yield Section("Change members", number, _rows(_of(changes, Kind.MEMBER), changes))
        else:
            rows, left = _cut(begun[Kind.MEMBER], shown)
            yield Section("Change members", number, rows, left)


def by_rule(refusals: Sequence[Refusal], shown: int | None) -> Iterator[Section]:
    """A section for each rule; what stands under further rules is counted in one without words."""
    if shown is None:
        some = refusals if isinstance(refusals, Stream) else sorted(refusals, key=rule_of)
        for rule, group in groupby(some, key=rule_of):
            yield Section(rule, 0, _rows((one.change for one in group), refusals))
        return
    found = ByRule(refusals, shown, _NAMES)
    for rule, excerpt in found.rules:
        yield Section(rule, excerpt.changes, *_cut(excerpt, shown))
    if found.beyond:
        yield Section("", 0, (), found.beyond)


def _begun(
    changes: Iterable[Change], counts: Mapping[str, int], shown: int
) -> Mapping[str, Excerpt]:
    """The beginning of each section. The walk ends where nothing more is to be shown."""
    begun = {what: Excerpt(shown, _NAMES) for what in (*counts, Kind.MEMBER)}
    members = {f"{Kind.MEMBER}.{op}" for op in Op}
    missing = sum(n if what in members else min(n, shown) for what, n in counts.items())
    for change in changes:
        excerpt = begun[Kind.MEMBER if change.kind is Kind.MEMBER else f"{change.kind}.{change.op}"]
        missing -= change.kind is Kind.MEMBER or len(excerpt.first) < shown
        excerpt.add(change)
        if not missing:
            break
    return begun


def _cut(excerpt: Excerpt, shown: int) -> tuple[Iterable[Row], int]:
    """Things, then groups, as far as there is room; and how many there is none for."""
    rows = [*map(row, excerpt.first), *map(gains_row, excerpt.gains)][:shown]
    return rows, excerpt.things + excerpt.groups - len(rows)


def _of(changes: Iterable[Change], kind: Kind, op: Op | None = None) -> Iterator[Change]:
    return (one for one in changes if one.kind is kind and (op is None or one.op is op))


def _rows(some: Iterable[Change], whole: Sequence[object]) -> Iterator[Row]:
    """All that a group gains and loses is one; where there is much, as far as it comes together."""
    if not isinstance(whole, Stream):
        some = sorted(some, key=_group)
    for group, changes in groupby(some, key=_group):
        if group:
            for few in batches(changes, _NAMES_AT_ONCE):
                yield gains_row(Gains(None, few))
        else:
            yield from map(row, changes)


def _group(change: Change) -> str:
    """The group's key; things are in none."""
    return f":{change.key}" if change.kind is Kind.MEMBER else ""
