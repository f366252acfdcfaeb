"""What happened lately in each sync, worked out once for each of its cycles."""

from datetime import UTC, datetime, time, timedelta
from threading import Lock

from msgspec import Struct

from syncd.daemon.live import Live
from syncd.daemon.status.chart import Chart, chart
from syncd.daemon.status.drift import Drift, drift

_LINES = 200
_EARLIER = 2000
_KEPT = 600
"""Of so many syncs it is remembered."""


class Recent(Struct, frozen=True):
    """`drifts` are among the last changes, at most `_LINES`, of that many days."""

    chart: Chart
    drifts: tuple[Drift, ...]


class Lately:
    """From any thread."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._known: dict[tuple[str, int], tuple[object, Recent]] = {}
        self._lock = Lock()

    def of(self, sync: str, now: datetime, days: int) -> Recent:
        """Raises `LedgerError`."""
        newest = self._live.ledger.chronicle.runs(sync, limit=1)
        fresh = (newest, now.astimezone(UTC).date())
        with self._lock:
            known = self._known.get((sync, days))
        if known is not None and known[0] == fresh and newest and newest[0].ended_at:
            return known[1]
        found = self._find(sync, now, days)
        with self._lock:
            self._known.pop((sync, days), None)
            self._known[sync, days] = (fresh, found)
            while len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
        return found

    def _find(self, sync: str, now: datetime, days: int) -> Recent:
        chronicle, last = self._live.ledger.chronicle, now.astimezone(UTC).date()
        since = datetime.combine(last - timedelta(days=days - 1), time(), UTC)
        lines = chronicle.done_since(sync, since, _LINES)
        found = drift(lines, chronicle.before(lines, _EARLIER))
        return Recent(chart(chronicle.days([sync], since), last, days), tuple(found))
