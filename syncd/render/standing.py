"""How the syncs stand, for a terminal."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from syncd.ledger import Daemon, Standing
from syncd.render.times import ago
from syncd.render.words import safe


class Shown(Struct, frozen=True):
    """A sync, in which state it is, by which style that is shown, and why it is so."""

    sync: str
    target: str
    state: str
    style: str
    why: tuple[str, ...]
    standing: Standing | None


def render_standings(
    those: Sequence[Shown], daemons: Sequence[Daemon], now: datetime
) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("sync", "state", "last run", "verified"):
        table.add_column(name, no_wrap=True)
    for name in ("pending", "held", "conflicts"):
        table.add_column(name, justify="right")
    for one in those:
        table.add_row(*_row(one, now))
    reasons = [line for one in those for line in _reasons(one)]
    return Group(table, *reasons, Text(), Text(_daemons(daemons, now), style="dim"))


def _row(one: Shown, now: datetime) -> Iterable[Text]:
    name = Text(f"{safe(one.sync)} → {safe(one.target)}")
    state = Text(one.state, style=one.style)
    found = one.standing
    if found is None:
        return name, state
    counts = (max(found.pending, 0), sum(found.held.values()), found.conflicts)
    verified = ago(found.verified_at, now) if found.verified_at else "never"
    last = ago(found.ended_at, now)
    return name, state, Text(last), Text(verified), *(Text(f"{n:,}" if n else "") for n in counts)


def _reasons(one: Shown) -> Iterable[Text]:
    if not one.why:
        return
    yield Text()
    for why in one.why:
        yield Text(f"{safe(one.sync)}: {why}", style=one.style)
    found = one.standing
    if found is not None and found.failures and found.trouble:
        yield Text(f"  {safe(found.trouble)}")
    if found is not None and found.held:
        yield Text(f"  to allow what is held: syncd approve {found.digest[:12]}")


def _daemons(daemons: Sequence[Daemon], now: datetime) -> str:
    if not daemons:
        return "no daemon has given a sign of life lately"
    told = (f"{safe(one.name)} {_part(one, now)}, seen {ago(one.seen_at, now)}" for one in daemons)
    return "; ".join(told)


def _part(daemon: Daemon, now: datetime) -> str:
    if daemon.silent(now):
        return "is silent"
    return "leads" if daemon.leads else "waits"
