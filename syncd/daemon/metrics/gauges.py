"""What a scrape is told of the daemon and of how its syncs stand."""

import platform
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from math import inf

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from syncd import __version__
from syncd.core.model import Kind, Op
from syncd.daemon.live import Live
from syncd.daemon.metrics.families import GAUGES
from syncd.daemon.metrics.glance import Glance, Seen
from syncd.daemon.metrics.interval import longest_interval
from syncd.errors import LedgerError
from syncd.ledger import Reading, Standing

_OPS = {
    Kind.USER: (Op.CREATE, Op.UPDATE, Op.SUSPEND, Op.RESTORE, Op.DELETE),
    Kind.GROUP: (Op.CREATE, Op.UPDATE, Op.DELETE),
    Kind.MEMBER: (Op.ADD, Op.REMOVE),
}
_NONE = {f"{kind}.{op}": 0 for kind, ops in _OPS.items() for op in ops}
"""A count that is there and 0 can be told from one that nobody knows."""


class Gauges(Collector):
    """Made anew for each scrape, so that it is right after a restart and in a daemon that waits."""

    def __init__(self, live: Live, glance: Glance, clock: Callable[[], datetime]) -> None:
        self._live, self._glance, self._clock = live, glance, clock

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return _Sheet().families()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        sheet, now = _Sheet(), self._clock()
        seen = self._glance.look(now)
        _daemon(sheet, self._live, seen)
        _audit(sheet, self._live)
        for sync in enabled(self._live):
            self._schedule(sheet, sync, now)
            if standing := seen.standings.get(sync):
                _standing(sheet, standing, now)
                _changes(sheet, standing)
                _readings(sheet, standing)
        return sheet.families()

    def _schedule(self, sheet: "_Sheet", sync: str, now: datetime) -> None:
        if next_run := self._live.next_runs().get(sync):
            sheet.put("syncd_sync_next_run_timestamp_seconds", next_run.timestamp(), sync)
        progress = self._live.under_way().get(sync)
        since = max(0.0, (now - progress.since).total_seconds()) if progress else 0.0
        sheet.put("syncd_sync_under_way", progress is not None, sync)
        sheet.put("syncd_sync_under_way_seconds", since, sync)
        schedule = self._live.settings.syncs[sync].schedule
        interval = longest_interval(schedule, now.date())
        sheet.put("syncd_sync_interval_seconds", interval, sync)
        sheet.put("syncd_sync_time_limit_seconds", schedule.time_limit.total_seconds(), sync)


def enabled(live: Live) -> list[str]:
    """The syncs that are told of: who is not to run is never late."""
    return [name for name, sync in live.settings.syncs.items() if sync.enabled]


class _Sheet:
    def __init__(self) -> None:
        self._families = {
            one.name: GaugeMetricFamily(one.name, one.help, labels=one.labels) for one in GAUGES
        }

    def put(self, name: str, value: float, *labels: str) -> None:
        self._families[name].add_metric(labels, float(value))

    def families(self) -> Iterable[GaugeMetricFamily]:
        return self._families.values()


def _daemon(sheet: _Sheet, live: Live, seen: Seen) -> None:
    sheet.put("syncd_build_info", 1, __version__, platform.python_version())
    sheet.put("syncd_ledger_up", seen.up)
    sheet.put("syncd_leader", live.leads())
    sheet.put("syncd_able", not live.unable())
    sheet.put("syncd_scheduler_alive", live.alive())
    if seen.size is not None:
        sheet.put("syncd_ledger_size_bytes", seen.size)
    if seen.daemons is not None:
        sheet.put("syncd_daemons", seen.daemons)


def _audit(sheet: _Sheet, live: Live) -> None:
    with suppress(LedgerError):
        if (audit := live.ledger.follower) is not None:
            sheet.put("syncd_audit_up", not audit.trouble)
            sheet.put("syncd_audit_whole", not audit.damage)


def _standing(sheet: _Sheet, standing: Standing, now: datetime) -> None:
    def age(since: datetime | None) -> float:
        return inf if since is None else max(0.0, (now - since).total_seconds())

    sync, verified, ended = standing.sync, standing.verified_at, standing.ended_at
    sheet.put("syncd_sync_verified_age_seconds", age(verified), sync)
    if verified is not None:
        sheet.put("syncd_sync_verified_timestamp_seconds", verified.timestamp(), sync)
    sheet.put("syncd_sync_attempt_age_seconds", age(ended), sync)
    sheet.put("syncd_sync_attempt_timestamp_seconds", ended.timestamp(), sync)
    took = (ended - standing.began_at).total_seconds()
    sheet.put("syncd_sync_last_run_seconds", took, sync)
    sheet.put("syncd_sync_outcome", 1, sync, standing.outcome)
    sheet.put("syncd_sync_failures", standing.failures, sync)
    failing = age(standing.failing_since) if standing.failures else 0
    sheet.put("syncd_sync_failing_seconds", failing, sync)


def _changes(sheet: _Sheet, standing: Standing) -> None:
    done = standing.done
    pending = {what: number - done.get(what, 0) for what, number in standing.planned.items()}
    _counted(sheet, "syncd_changes_pending", standing.sync, pending)
    _counted(sheet, "syncd_changes_held", standing.sync, standing.held)
    _counted(sheet, "syncd_changes_withheld", standing.sync, standing.withheld_changes)
    _counted(sheet, "syncd_changes_failed", standing.sync, standing.failed)
    for name, number in (
        ("syncd_changes_refused", standing.refused),
        ("syncd_changes_unsettled", standing.unsettled),
        ("syncd_fields_never_settling", standing.never_settling),
        ("syncd_conflicts", standing.conflicts),
        ("syncd_unmapped_records", standing.unmapped),
        ("syncd_withheld_reasons", len(standing.withheld)),
    ):
        sheet.put(name, number, standing.sync)
    for outcome in ("put_back", "reported"):
        number = standing.drifted.get(outcome, 0)
        sheet.put("syncd_fields_drifted", number, standing.sync, outcome)


def _counted(sheet: _Sheet, name: str, sync: str, counts: Mapping[str, int]) -> None:
    for what, number in {**_NONE, **counts}.items():
        kind, _, op = what.partition(".")
        sheet.put(name, number, sync, kind, op)


def _readings(sheet: _Sheet, standing: Standing) -> None:
    for source, reading in standing.sources.items():
        _reading(sheet, "source", (standing.sync, source), reading)
    _reading(sheet, "target", (standing.sync, standing.target), standing.target_reading)


def _reading(sheet: _Sheet, side: str, labels: tuple[str, str], reading: Reading) -> None:
    sheet.put(f"syncd_{side}_entries", reading.users, *labels, "user")
    sheet.put(f"syncd_{side}_entries", reading.groups, *labels, "group")
    sheet.put(f"syncd_{side}_whole", not reading.gaps, *labels)
    sheet.put(f"syncd_{side}_delta", reading.delta, *labels)
    sheet.put(f"syncd_{side}_last_reading_seconds", reading.seconds, *labels)
