"""What the first page tells of all syncs, and the page of one of it alone."""

from datetime import datetime

from msgspec import Struct

from syncd.daemon.live import Live
from syncd.daemon.status.health import SyncState, counts, headline, states
from syncd.daemon.status.lately import Lately, Recent

_CARDS = 24
_LINES = 500
_RUNS = 10
_DRIFTS = 8
_DAYS = 14
_MONTH = 30


class Card(Struct, frozen=True):
    """A sync with what it did lately."""

    state: SyncState
    recent: Recent


def told(live: Live, lately: Lately, now: datetime) -> dict[str, object]:
    """The worst syncs as cards, as many as one looks at; the rest in lines."""
    found = states(live, now)
    cards = [Card(one, lately.of(one.name, now, _DAYS)) for one in found[:_CARDS]]
    drifts = sorted(
        (drift for card in cards for drift in card.recent.drifts),
        key=lambda one: one.line.line,
        reverse=True,
    )
    return {
        "headline": headline(found),
        "counts": counts(found),
        "needing": [one for one in found if one.health.troubled][:_CARDS],
        "cards": cards,
        "others": found[_CARDS : _CARDS + _LINES],
        "beyond": max(0, len(found) - _CARDS - _LINES),
        "days": _DAYS,
        "drifts": drifts[:_DRIFTS],
        "more_drifts": max(0, len(drifts) - _DRIFTS),
        "runs": live.ledger.chronicle.runs(eventful=True, limit=_RUNS),
        **service(live),
    }


def of_sync(live: Live, lately: Lately, state: SyncState, now: datetime) -> dict[str, object]:
    settings = live.settings.syncs.get(state.name)
    return {
        "state": state,
        "settings": settings,
        "recent": lately.of(state.name, now, _MONTH),
        "days": _MONTH,
        "runs": live.ledger.chronicle.runs(state.name, eventful=True, limit=_RUNS),
    }


def service(live: Live) -> dict[str, object]:
    """The daemons, and how the one that answers is."""
    return {
        "daemons": live.ledger.desk.daemons(),
        "here": live.name,
        "leads": live.leads(),
        "started_at": live.started_at,
        "alive": live.alive(),
        "unable": live.unable(),
    }
