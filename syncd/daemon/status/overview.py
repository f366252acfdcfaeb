"""What the first page tells of all syncs, and the page of one of it alone."""

from datetime import datetime

from msgspec import Struct

from syncd.daemon.live import Live
from syncd.daemon.status.health import SyncState, counts, headline, states
from syncd.daemon.status.lately import Lately, Recent
from syncd.daemon.status.waiting import Reasons, reasons

_CARDS = 24
_LINES = 500
_RUNS = 10
_DRIFTS = 8
_DAYS = 14
_MONTH = 30
_NOTES = 20


class Card(Struct, frozen=True):
    """A sync with what it did lately."""

    state: SyncState
    recent: Recent


def told(live: Live, lately: Lately, now: datetime) -> dict[str, object]:
    """The worst syncs as cards, as many as one looks at; the rest in lines."""
    found = states(live, now)
    ran = [one for one in found if one.standing is not None]
    cards = [Card(one, lately.of(one.name, now, _DAYS)) for one in ran[:_CARDS]]
    lines = {one.name for one in ran[_CARDS:]}
    others = [one for one in found if one.standing is None or one.name in lines]
    drifts = sorted(
        (drift for card in cards for drift in card.recent.drifts),
        key=lambda one: one.line.line,
        reverse=True,
    )
    return {
        "headline": headline(found),
        "counts": counts(found),
        "needing": [(one, why_of(live, one, now)) for one in found[:_CARDS] if one.health.troubled],
        "cards": cards,
        "others": others[:_LINES],
        "beyond": max(0, len(others) - _LINES),
        "days": _DAYS,
        "drifts": drifts[:_DRIFTS],
        "more_drifts": max(0, len(drifts) - _DRIFTS),
        "runs": live.ledger.chronicle.runs(eventful=True, limit=_RUNS),
        **service(live),
    }


def of_sync(live: Live, lately: Lately, state: SyncState, now: datetime) -> dict[str, object]:
    digest = state.standing.digest if state.standing else ""
    plan = live.ledger.desk.plan(digest) if digest else None
    return {
        "state": state,
        "notes": plan.notes[:_NOTES] if plan else (),
        "reasons": why_of(live, state, now),
        "recent": lately.of(state.name, now, _MONTH),
        "days": _MONTH,
        "runs": live.ledger.chronicle.runs(state.name, eventful=True, limit=_RUNS),
    }


def why_of(live: Live, state: SyncState, now: datetime) -> Reasons:
    """What its last plan says."""
    digest = state.standing.digest if state.standing else ""
    return reasons(live.ledger.desk, digest, now, live.settings)


def service(live: Live) -> dict[str, object]:
    """The daemons, and how the one that answers is."""
    return {
        "daemons": live.ledger.desk.daemons(),
        "here": live.name,
        "leads": live.leads(),
        "started_at": live.started_at,
        "alive": live.alive(),
        "unable": live.unable(),
        "audit": live.ledger.follower,
    }
