"""Whether the target is the store that the ledger's links lead into.

A ref means nothing in another store: whoever was made would be made there a second time, and their
links would lead there from then on.
"""

from syncd.core.model import Kind
from syncd.cycle.reads import TargetRead
from syncd.ledger import KnownTarget, Ledger
from syncd.sync import Sync


def elsewhere(ledger: Ledger, sync: str, identity: str) -> str:
    """Why the store with that identity is not the one; empty where it is, or nothing leads to
    any."""
    known = ledger.desk.target(sync)
    if known is None or known.identity == identity:
        return ""
    accounts, groups = (ledger.register.count_links(sync, kind) for kind in (Kind.USER, Kind.GROUP))
    if not (accounts or groups or ledger.has_open_lines(sync)):
        return ""
    whose = (
        f"the {accounts:,} accounts that syncd keeps there are"
        if accounts > 1
        else ("what syncd keeps there is")
    )
    return (
        f"is {identity}, but {whose} in {known.identity}: no run changes anything before that is "
        "clear. If the address is a mistake, correct it; if the store has moved, or another one "
        f"took its place, say so: `syncd ledger accept-target --sync {sync}`"
    )


def look_where(target: TargetRead, sync: Sync, ledger: Ledger) -> None:
    """Adds a gap where it is another store, which proves nothing about the right one."""
    known = ledger.desk.target(sync.name)
    target.emptied = known is not None and known.emptied
    if why := elsewhere(ledger, sync.name, sync.identity):
        target.gaps += (why,)


def know(target: TargetRead, sync: Sync, ledger: Ledger) -> None:
    """Keeps which store a run is about to change. That it was emptied is believed by one run."""
    emptied = target.emptied and target.quick
    ledger.desk.know_target(KnownTarget(sync.name, sync.identity, emptied))
