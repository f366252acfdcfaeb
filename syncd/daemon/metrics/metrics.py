"""What the daemon counts, and what a scraper is told."""

from collections import Counter as Tally
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import choose_encoder

from syncd.daemon.live import Live
from syncd.daemon.metrics import families
from syncd.daemon.metrics.gauges import Gauges, enabled
from syncd.daemon.metrics.glance import Glance
from syncd.errors import LedgerError
from syncd.ledger import Ended, Standing
from syncd.standing import has_run

_OPENMETRICS = "application/openmetrics-text"


def _now() -> datetime:
    return datetime.now(UTC)


class Metrics:
    """Of one daemon, as one of its listeners. For any thread; nothing here raises."""

    def __init__(self, live: Live, clock: Callable[[], datetime] = _now) -> None:
        self._live, self._glance = live, Glance(live)
        self._doubtful: dict[str, bool] = {}
        self._unseen: dict[str, datetime] = {}
        # When a series began is no metric; Prometheus would store it as one.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types
        self.registry = registry = CollectorRegistry()
        registry.register(Gauges(live, self._glance, clock))
        ProcessCollector(registry=registry)
        self._runs, self._changes, self._errors, self._events = (
            Counter(one.name, one.help, one.labels, registry=registry) for one in families.COUNTERS
        )
        refused = families.REFUSED
        self._refused = Gauge(refused.name, refused.help, registry=registry)
        self._run, self._source, self._target, self._call, self._leaver = (
            Histogram(one.name, one.help, one.labels, registry=registry, buckets=one.buckets)
            for one in families.HISTOGRAMS
        )

    def render(self, accept: str = "") -> bytes:
        """What a scraper is told that sent this `Accept`, in the form that `content_type` names."""
        for sync in enabled(self._live):
            # What stands at 0 before it first happens can be seen to happen.
            self._leaver.labels(sync)
            self._run.labels(sync)
        if _OPENMETRICS in accept:
            return choose_encoder(_OPENMETRICS)[0](self.registry)
        return generate_latest(self.registry)

    @staticmethod
    def content_type(accept: str = "") -> str:
        if _OPENMETRICS in accept:
            return f"{_OPENMETRICS}; version=1.0.0; charset=utf-8"
        return "text/plain; version=0.0.4; charset=utf-8"

    def cycle_begun(self, sync: str) -> None:
        """That one is under way is known when a scraper asks."""

    def cycle_ended(self, _before: Standing | None, standing: Standing, seconds: float) -> None:
        """Once for each cycle, whatever became of it."""
        sync = standing.sync
        self._glance.keep(standing)
        self._runs.labels(sync, standing.outcome).inc()
        self._run.labels(sync).observe(seconds)
        if has_run(standing):
            for name, reading in standing.sources.items():
                self._source.labels(sync, name).observe(reading.seconds)
            self._target.labels(sync, standing.target).observe(standing.target_reading.seconds)
        self._see_suspensions(standing)

    def changes(self, sync: str, _run: int, ended: Sequence[Ended]) -> None:
        """Those whose outcome the ledger has."""
        tally = Tally((one.change.kind, one.change.op, one.outcome) for one in ended)
        for (kind, op, outcome), number in tally.items():
            self._changes.labels(sync, kind.value, op.value, outcome).inc(number)

    def happened(self, event: str, **_words: object) -> None:
        self._events.labels(event).inc()
        if event in _RELOADS:
            self._refused.set(_RELOADS[event])

    def call(self, target: str, verb: str, seconds: float, error: str) -> None:
        """`error` is the name of its class, empty where all went well."""
        self._call.labels(target, verb).observe(seconds)
        if error:
            self._errors.labels(target, verb, error).inc()

    def _see_suspensions(self, standing: Standing) -> None:
        """Each once: those that the ledger stamped during the cycle.

        It is asked where the cycle says that it suspended somebody, where it says nothing, and
        after one that left a suspension in doubt, which this one may have found to be made.
        """
        sync, known = standing.sync, has_run(standing)
        worth_it = self._doubtful.get(sync, True) or not known or _SUSPEND in standing.done
        self._doubtful[sync] = not known or _SUSPEND in standing.failed
        since = self._unseen.pop(sync, standing.began_at)
        if not worth_it:
            return
        try:
            found = self._live.ledger.desk.suspensions(sync, since, standing.ended_at)
        except LedgerError:
            self._doubtful[sync], self._unseen[sync] = True, since
            return
        for left, suspended in found:
            self._leaver.labels(sync).observe(max(0.0, (suspended - left).total_seconds()))


_SUSPEND = "user.suspend"
_RELOADS = {"reloaded": 0, "reload_refused": 1}
