"""Which changes go together: into the journal, into one batch, into one call."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from syncd.core.model import Kind, Op
from syncd.core.plan import Change

_MEMBERS = 10_000
"""Members of one group that stay together, however small a chunk is."""

_FAMILY = {Op.SUSPEND: Op.UPDATE, Op.RESTORE: Op.UPDATE}
"""Ops that are one verb of a collection."""


def chunks(changes: Iterable[Change], size: int) -> Iterator[list[Change]]:
    """Runs of changes up to `size`; members of one group that change alike stay together."""
    chunk: list[Change] = []
    for change in changes:
        if len(chunk) >= size and not (len(chunk) < size + _MEMBERS and _alike(chunk[-1], change)):
            yield chunk
            chunk = []
        chunk.append(change)
    if chunk:
        yield chunk


def calls(changes: Sequence[Change], at: Iterable[int]) -> Iterator[list[int]]:
    """What one call of a single verb can make, in order; `at` are positions, and so are these."""
    call: list[int] = []
    for position in at:
        if call and not _alike(changes[call[-1]], changes[position]):
            yield call
            call = []
        call.append(position)
    if call:
        yield call


def families(changes: Sequence[Change]) -> Iterator[list[int]]:
    """Positions of changes in a row that are of one kind and one verb."""

    def family(position: int) -> tuple[Kind, Op]:
        change = changes[position]
        return change.kind, _FAMILY.get(change.op, change.op)

    for _, some in groupby(range(len(changes)), family):
        yield list(some)


def levels(changes: Sequence[Change], at: Sequence[int]) -> list[list[int]]:
    """The same positions, parted so that in no part is a need of another, nor a thing twice."""
    keys = {changes[position].key for position in at}
    if len(keys) == len(at) and not any(changes[position].needs for position in at):
        return [list(at)]
    by_id: dict[str, int] = {}
    by_key: dict[str, int] = {}
    parts: list[list[int]] = []
    for position in at:
        change = changes[position]
        before = max((by_id.get(need, -1) for need in change.needs), default=-1)
        level = 1 + max(before, by_key.get(change.key, -1))
        by_id[change.id] = by_key[change.key] = level
        if level == len(parts):
            parts.append([])
        parts[level].append(position)
    return parts


def groups(changes: Sequence[Change], at: Sequence[int]) -> list[list[list[int]]]:
    """Calls that change members, parted so that no group is in a part twice."""
    seen: dict[str, int] = {}
    parts: list[list[list[int]]] = []
    for call in calls(changes, at):
        key = changes[call[0]].key
        level = seen[key] = seen.get(key, -1) + 1
        if level == len(parts):
            parts.append([])
        parts[level].append(call)
    return parts


def _alike(one: Change, other: Change) -> bool:
    """Whether one call can make both: members of one group, all added or all removed."""
    return one.kind is other.kind is Kind.MEMBER and (one.op, one.key) == (other.op, other.key)
