"""The head of the snapshot that a cycle leaves: what it is true for, and since when."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import to_builtins
from msgspec.structs import replace

from syncd.core.left import Left
from syncd.core.model import Ref
from syncd.cycle.keeping import Keeping
from syncd.cycle.reads import SourceRead, referring
from syncd.cycle.selected import Selection
from syncd.ledger.snapshot import Facts, Head, Sides
from syncd.sync import Sync


def next_head(
    sync: Sync, now: datetime, before: Head | None, keeping: Keeping, facts: Facts, run: int
) -> Head:
    """What is not kept of this cycle is as it was `before`."""
    full = not keeping.target.quick or before is None
    return Head(
        made_by=sync.made_by,
        full_at=now if full or before is None else before.full_at,
        quick=0 if full or before is None else before.quick + 1,
        untold=(before.untold if before else 0)
        + sum(read.untold for read in keeping.sources.values()),
        cursors=_cursors(before, keeping),
        facts=facts,
        sides=_sides(sync, now, before.sides if before else None, keeping, run),
    )


def _cursors(before: Head | None, keeping: Keeping) -> dict[str, bytes]:
    cursors = dict(before.cursors) if before else {}
    for source, read in keeping.sources.items():
        if not keeping.keeps(read):
            continue  # what is kept of it is of the old cursor
        if read.cursor is None:
            cursors.pop(source, None)
        else:
            cursors[source] = read.cursor
    return cursors


def _sides(
    sync: Sync, now: datetime, before: Sides | None, keeping: Keeping, run: int
) -> Sides | None:
    sources = dict(before.sources) if before else {}
    sources |= {name: now for name, read in keeping.sources.items() if keeping.keeps(read)}
    target = keeping.target
    if not target.proves:
        return None if before is None else replace(before, sources=sources)
    declared = {kind.value: to_builtins(holds) for kind, holds in sync.declared.items()}
    return Sides(
        sources=sources,
        target=now,
        run=run,
        own=target.own,
        declared=declared,
        made_from=sync.made_from,
    )


def next_facts(
    before: Facts,
    after: Left,
    some: Selection | None,
    sources: Mapping[str, SourceRead],
    *,
    lost: bool,
) -> Facts:
    """After a cycle about `some`, or for None about everybody."""
    totals, administrators = after.totals, set(after.administrators)
    if some is not None:
        administrators |= {Ref(ref) for ref in before.administrators} - some.refs
    return Facts(
        population={kind.value: n for kind, n in totals.population.items()},
        foreign={kind.value: n for kind, n in totals.foreign.items()},
        administrators=tuple(sorted(administrators)),
        notes=totals.notes,
        referring=tuple(referring(sources)) if some is None else before.referring,
        lost=lost,
    )
