"""Two configurations on what the ledger has kept: the plans of a cycle in which files are read, and
neither a target nor any source that is elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from syncd.core.plan import Plan
from syncd.cycle.recollection import Recollection
from syncd.errors import LedgerError, SourceError
from syncd.ledger import Ledger
from syncd.ledger.snapshot import Head, Sides
from syncd.sync import Sync, source_part, target_part
from syncd.whatif.difference import Difference
from syncd.whatif.supposed import Grounds, Supposed, local_sources, nothing, prefixed

_TRIES = 3
"""A run may renew what is kept in the middle of it."""


class Otherwise(NamedTuple):
    """A sync under one of the configurations, which messages call by `called`. `differing` are
    the settings that the configurations give otherwise, by source and target."""

    sync: Sync
    called: str
    differing: Mapping[str, Sequence[str]] = {}


def on_what_was_kept(
    before: Otherwise | None, after: Otherwise, ledger: Ledger, now: datetime
) -> Supposed:
    """None for a sync that is not enabled: all that it would do is new.

    Raises `SourceError` where a source's files cannot be read, or what was kept of it does not say
    what it would hold by these settings; `LedgerError` where the target's does not."""
    name = after.sync.name
    for _ in range(_TRIES):
        head = ledger.snapshot(name).head()
        supposed = _on(head, before, after, ledger, now)
        if ledger.snapshot(name).head() == head:
            return supposed
    raise LedgerError(f"sync {name}: runs renew what is kept again and again; try later")


def _on(
    head: Head | None, before: Otherwise | None, after: Otherwise, ledger: Ledger, now: datetime
) -> Supposed:
    name = after.sync.name
    if head is None or head.sides is None:
        raise LedgerError(
            f"sync {name}: nothing is known before the first run; "
            f"`syncd apply --sync {name}` is one"
        )
    for one in filter(None, (before, after)):
        _check(one, head.sides)
    was = _planned(before, ledger, head, head.sides, now) if before else nothing(after.sync, now)
    will_be = _planned(after, ledger, head, head.sides, now)
    grounds = _grounds(after.sync, ledger, head.sides)
    return Supposed(was, will_be, Difference(was, will_be), grounds)


def _check(one: Otherwise, sides: Sides) -> None:
    """Of what was read by other settings nobody knows what these would bring."""
    sync = one.sync
    local = local_sources(sync)
    unknown = [
        _unknown(one, part, sides)
        for part in (source_part(name) for name in sync.sources if name not in local)
        if sides.made_from.get(part) != sync.made_from[part]
    ]
    if unknown:
        raise SourceError(*unknown)
    part = target_part(sync.target)
    if sides.made_from.get(part) != sync.made_from[part]:
        raise LedgerError(_unknown(one, part, sides))


def _unknown(one: Otherwise, part: str, sides: Sides) -> str:
    if part not in sides.made_from:
        return (
            f"{part}: what it holds is not known, for no run of {one.sync.name} has read it yet; "
            f"it is in {one.called}, and can be told after the first run with it"
        )
    names = ", ".join(one.differing.get(part, ())) or "its settings, or the version of syncd"
    return (
        f"{part}: it was last read by other settings than {one.called} has ({names}), and what "
        "these would bring cannot be known without asking it: suppose the other changes alone, "
        f"or see `syncd plan --sync {one.sync.name}` with that configuration"
    )


def _planned(one: Otherwise, ledger: Ledger, head: Head, sides: Sides, now: datetime) -> Plan:
    sync = one.sync
    local = local_sources(sync)
    try:
        with Recollection(sync, ledger, head.facts, sides, now, anew=local) as kept:
            return kept.plan()
    except SourceError as error:
        raise SourceError(*prefixed(f"{one.called}: ", error.problems)) from error


def _grounds(sync: Sync, ledger: Ledger, sides: Sides) -> Grounds:
    newest = next((one.run for one in ledger.runs(sync.name, limit=1)), sides.run)
    return Grounds(dict(_times(sync, sides)), newest if newest > sides.run else None)


def _times(sync: Sync, sides: Sides) -> Iterator[tuple[str, datetime]]:
    local = local_sources(sync)
    for name in sync.sources:
        if name not in local:
            yield source_part(name), sides.sources[name]
    yield target_part(sync.target), sides.target
