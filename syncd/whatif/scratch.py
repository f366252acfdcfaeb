"""Two configurations without a ledger: what the first comes to on an empty target is what the
second one finds. So a merge request can be looked at without secrets and servers."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from msgspec.structs import replace as but

from syncd import engine
from syncd.backends.memory import MemoryBackend
from syncd.core.model import Kind
from syncd.core.policy import Waves
from syncd.errors import SourceError
from syncd.ledger import Ledger
from syncd.ports import Backend, Holds
from syncd.sync import Sync, source_part
from syncd.whatif.difference import Difference
from syncd.whatif.supposed import Supposed, local_sources, nothing, prefixed

_A_WHILE = timedelta(minutes=1)
_BEFORE = "as it was: "


def empty_target(declares: Mapping[Kind, Holds]) -> Backend:
    """One in memory that can do what these say, and nothing else."""
    target = MemoryBackend(holds={kind: declares.get(kind, Holds()) for kind in Kind})
    return cast("Backend", target)  # as the registry of plug-ins does


def on_an_empty_target(before: Sync | None, after: Sync, now: datetime) -> Supposed:
    """Both are of one target in memory, that of `after`. None for a sync that was not there,
    or not enabled.

    Raises `SourceError` where any source is not of local files, or these cannot be read; of
    those of `before`, not whole.
    """
    for sync in (before, after):
        _check(sync)
    with closing(Ledger.in_memory()) as ledger:
        was = nothing(after, now)
        if before is not None:
            # Where the settings say that the store is, is nothing here: they may be of a checkout.
            before = replace(before, identity=after.identity)
            _settle(before, ledger, now - after.policy.window - _A_WHILE)
            was = engine.plan(before, ledger, now)
        plans = was, engine.plan(after, ledger, now)
    return Supposed(*plans, Difference(*plans))


def _check(sync: Sync | None) -> None:
    elsewhere = sync.sources.keys() - local_sources(sync) if sync else ()
    if elsewhere:
        raise SourceError(
            *(
                f"{source_part(name)}: is not of local files, and without a ledger nothing is "
                "known of it; compare with what a ledger has kept: "
                "`syncd --config FILE whatif --config NEW`"
                for name in sorted(elsewhere)
            )
        )


def _settle(sync: Sync, ledger: Ledger, earlier: datetime) -> None:
    """Makes the target what this configuration wants it to be, so long ago that no budget
    counts it. No budget stops that, and no wave is waited for."""
    freely = replace(sync, policy=but(sync.policy, budgets={}, waves=Waves()))
    try:
        report = engine.apply(freely, ledger, clock=lambda: earlier, approve=lambda _: True)
    except SourceError as error:
        raise SourceError(*prefixed(_BEFORE, error.problems)) from error
    if report.plan.withheld:
        raise SourceError(*prefixed(_BEFORE, report.plan.withheld))
