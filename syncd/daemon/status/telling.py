"""What of the ledger's records a caller is told: counts always, names only to who may see them.

Whatever can tell of a person goes through `Sight.of`, and nothing else decides about it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypeVar

from fastapi import Depends
from starlette.requests import HTTPConnection

from syncd.config.settings import SyncSettings
from syncd.daemon.live import Live, Progress
from syncd.daemon.status.views import (
    AuditView,
    ChangeView,
    DaemonView,
    LastView,
    ProgressView,
    ReadingView,
    RequestView,
    RunView,
    StatusView,
    SyncView,
    View,
)
from syncd.ledger import Daemon, Line, Reading, Run, Standing
from syncd.ledger.daemons import Request
from syncd.ledger.trail import Follower

T = TypeVar("T")


class Sight(NamedTuple):
    """How far a caller sees."""

    names: bool

    def of(self, value: T) -> T | None:
        return value if self.names else None


async def sight(request: HTTPConnection) -> Sight:
    """As the guard found it. Not a plain function: that would wait for a thread of its own."""
    return Sight(names=bool(request.state.sees_names))


Seen = Annotated[Sight, Depends(sight)]


def status(live: Live, sight: Sight, now: datetime) -> StatusView:
    settings, desk = live.settings, live.ledger.desk
    standings, following, under_way = desk.standings(), live.next_runs(), live.under_way()
    known = [*settings.syncs, *sorted({*following, *under_way} - settings.syncs.keys())]
    return StatusView(
        names=sight.names,
        at=now,
        daemon=live.name,
        leads=live.leads(),
        syncs=[
            sync(
                _Known(name, settings.syncs.get(name), following.get(name), under_way.get(name)),
                standings.get(name),
                sight,
                now,
            )
            for name in known
        ],
        daemons=[_daemon(one, now) for one in desk.daemons()],
        audit=_audit(live.ledger.follower, sight),
    )


def _audit(audit: Follower | None, sight: Sight) -> AuditView | None:
    if audit is None:
        return None
    trouble = sight.of("; ".join(filter(None, (audit.trouble, audit.damage))))
    return AuditView(up=not audit.trouble, whole=not audit.damage, trouble=trouble)


def _daemon(one: Daemon, now: datetime) -> DaemonView:
    return DaemonView(**_same(DaemonView, one, without={"leads"}), leads=one.leading(now))


class _Known(NamedTuple):
    """What the daemon knows of a sync; no settings where a reload took it away in its middle."""

    name: str
    settings: SyncSettings | None
    next_run: datetime | None
    progress: Progress | None


def sync(known: _Known, standing: Standing | None, sight: Sight, now: datetime) -> SyncView:
    settings, verified = known.settings, standing.verified_at if standing else None
    return SyncView(
        sync=known.name,
        target=settings.target if settings else standing.target if standing else "",
        enabled=settings.enabled if settings else False,
        verified_at=verified,
        verified_age=max((now - verified).total_seconds(), 0.0) if verified else None,
        failures=standing.failures if standing else 0,
        failing_since=standing.failing_since if standing else None,
        next_run=known.next_run,
        under_way=_progress(known.progress) if known.progress else None,
        last=_last(standing, sight) if standing else None,
    )


def run(of: Run, sight: Sight) -> RunView:
    same = _same(RunView, of, without={"plan", "withheld", "withheld_why"})
    why = sight.of(list(of.withheld))
    return RunView(**same, plan=of.digest, withheld=len(of.withheld), withheld_why=why)


def change(line: Line, sight: Sight) -> ChangeView:
    named = ("key", "name", "ref", "member", "member_ref", "before", "after", "reason", "error")
    return ChangeView(
        **_same(ChangeView, line, without={*named, "fields"}),
        **_seen(line, named, sight),
        fields=sorted({*line.before, *line.after}),
    )


def request(of: Request, sight: Sight) -> RequestView:
    same = _same(RequestView, of, without={"names", "asked_by"})
    return RequestView(names=sight.names, asked_by=sight.of(of.asked_by), **same)


def _progress(progress: Progress) -> ProgressView:
    return ProgressView(**_same(ProgressView, progress))


def _last(standing: Standing, sight: Sight) -> LastView:
    own = {"plan", "trouble", "withheld", "withheld_why", "sources", "target"}
    return LastView(
        **_same(LastView, standing, without=own),
        plan=standing.digest,
        trouble=sight.of(standing.trouble),
        withheld=len(standing.withheld),
        withheld_why=sight.of(list(standing.withheld)),
        sources={name: _reading(one, sight) for name, one in standing.sources.items()},
        target=_reading(standing.target_reading, sight),
    )


def _reading(reading: Reading, sight: Sight) -> ReadingView:
    same = _same(ReadingView, reading, without={"whole", "gaps"})
    return ReadingView(**same, whole=not reading.gaps, gaps=sight.of(list(reading.gaps)))


def _seen(of: object, names: Iterable[str], sight: Sight) -> dict[str, Any]:
    return {name: sight.of(getattr(of, name)) for name in names}


def _same(view: type[View], of: object, without: Iterable[str] = ()) -> dict[str, Any]:
    """The fields that the answer has under the record's own names."""
    return {name: getattr(of, name) for name in view.model_fields.keys() - set(without)}
