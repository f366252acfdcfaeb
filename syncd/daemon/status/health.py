"""How each sync is, in one word and the reasons for it, without anything of a person."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from syncd.daemon.live import Known, Progress
from syncd.ledger import Standing
from syncd.render.words import counted, number

_LATE = timedelta(minutes=10)
"""So long after its time a run is overdue."""


class Health(StrEnum):
    """The worst first."""

    FAILING = "Failing"
    ATTENTION = "Needs attention"
    NEVER = "Never ran"
    WAITING = "Waiting"
    GOOD = "Good"
    OFF = "Switched off"
    GONE = "Not configured"

    @property
    def mark(self) -> str:
        """Its shape's name, and its style's."""
        return self.name.lower()

    @property
    def troubled(self) -> bool:
        return self in {Health.FAILING, Health.ATTENTION}


_WORST_FIRST = list(Health)


class SyncState(Struct, frozen=True, kw_only=True):
    """A sync at a glance. `why` says in words why it is not good."""

    name: str
    target: str
    health: Health
    why: tuple[str, ...] = ()
    standing: Standing | None = None
    next_run: datetime | None = None
    progress: Progress | None = None

    @property
    def withheld_changes(self) -> int:
        return sum(self.standing.withheld_changes.values()) if self.standing else 0

    @property
    def held(self) -> int:
        return sum(self.standing.held.values()) if self.standing else 0

    @property
    def failed(self) -> int:
        return sum(self.standing.failed.values()) if self.standing else 0


def states(live: Known, now: datetime) -> list[SyncState]:
    """Of every sync that is configured or ever ran, the worst first. Raises `LedgerError`."""
    standings, following, working = live.ledger.desk.standings(), live.next_runs(), live.under_way()
    others = live.ledger.desk.daemons()
    led = live.leads() or any(one.leading(now) for one in others)
    found = []
    for name in sorted({*live.settings.syncs, *standings}):
        settings, standing = live.settings.syncs.get(name), standings.get(name)
        next_run = following.get(name)
        here = settings is not None, settings is not None and settings.enabled
        health, why = _health(standing, next_run, now, here=here, led=led)
        target = settings.target if settings else standing.target if standing else ""
        found.append(
            SyncState(
                name=name,
                target=target,
                health=health,
                why=why,
                standing=standing,
                next_run=next_run,
                progress=working.get(name),
            )
        )
    return sorted(found, key=lambda one: (_WORST_FIRST.index(one.health), one.name))


def _health(
    standing: Standing | None,
    next_run: datetime | None,
    now: datetime,
    *,
    here: tuple[bool, bool],
    led: bool,
) -> tuple[Health, tuple[str, ...]]:
    """`here` is whether it is configured, and enabled; `led` whether any daemon leads."""
    configured, enabled = here
    if not configured:
        return Health.GONE, ("It ran once, and is in the configuration no more.",)
    if not enabled:
        return Health.OFF, ("It runs only when it is named.",)
    if standing is None:
        return Health.NEVER, ("It has not run yet.",)
    return _of_standing(standing, next_run, now, led=led)


def _of_standing(
    standing: Standing, next_run: datetime | None, now: datetime, *, led: bool
) -> tuple[Health, tuple[str, ...]]:
    troubles = tuple(_troubles(standing))
    if standing.failures:
        return Health.FAILING, (_failing(standing), *troubles)
    if next_run is not None and now - next_run > _LATE:
        troubles = (*troubles, "Its next run is overdue.")
    if troubles:
        return Health.ATTENTION, troubles
    if next_run is None and not led:
        return Health.WAITING, ("No daemon leads, so nothing will run.",)
    return Health.GOOD, ()


def _failing(standing: Standing) -> str:
    times = number(standing.failures, "time")
    in_a_row = " in a row" if standing.failures > 1 else ""
    how = "" if standing.outcome == "failed" else f": {standing.outcome}"
    return f"It failed {times}{in_a_row}{how}."


def _troubles(standing: Standing) -> Iterator[str]:
    for counts, word in ((standing.held, "held"), (standing.failed, "failed")):
        if total := sum(counts.values()):
            told = f" ({counted(counts)})" if counted(counts) else ""
            yield f"{number(total, 'change')} {word}{told}."
    if standing.conflicts:
        yield f"{number(standing.conflicts, 'conflict')} for a person to decide."
    if standing.withheld:
        left_out = sum(standing.withheld_changes.values())
        yield f"Removals are withheld, {left_out:,} now: not all could be read."
    if standing.unmapped:
        yield f"{number(standing.unmapped, 'record')} could not be mapped."
    if standing.unsettled:
        yield f"{number(standing.unsettled, 'change')} did not stay as written."
    yield from _left_so(standing)


def _left_so(standing: Standing) -> Iterator[str]:
    """Fields that differ and are not written."""
    if standing.never_settling:
        never = standing.never_settling
        yield f"{number(never, 'field')} never {'settles' if never == 1 else 'settle'}."
    if reported := standing.drifted.get("reported", 0):
        yield f"{number(reported, 'field')} changed outside, and left so."


def headline(found: list[SyncState]) -> str:
    """The page in one line."""
    running = [one for one in found if one.health not in {Health.OFF, Health.GONE}]
    if not running:
        return "No sync is configured"
    troubled = sum(one.health.troubled for one in running)
    if troubled:
        of = f"{troubled:,} of {number(len(running), 'sync')}"
        return f"{of} {'needs' if troubled == 1 else 'need'} you"
    waiting = sum(one.health in {Health.NEVER, Health.WAITING} for one in running)
    if waiting:
        return f"{number(waiting, 'sync')} {'has' if waiting == 1 else 'have'} yet to run"
    return "All is well"


def counts(found: list[SyncState]) -> Mapping[Health, int]:
    """How many syncs are so, the worst first."""
    by = {health: sum(one.health is health for one in found) for health in _WORST_FIRST}
    return {health: many for health, many in by.items() if many}
