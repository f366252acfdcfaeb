"""The daemon: leads or waits, runs what is due, and heeds signals, in this one thread."""

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic

from syncd import __version__
from syncd.config.running import WhenLocked
from syncd.config.settings import Settings, SyncSettings
from syncd.cycle.mode import Mode
from syncd.daemon import signals
from syncd.daemon.aside import Aside
from syncd.daemon.backoff import pause
from syncd.daemon.cycles import Cycles
from syncd.daemon.listener import Listener
from syncd.daemon.live import Progress
from syncd.daemon.requests import Requests
from syncd.daemon.schedule import Schedule
from syncd.daemon.service import Service
from syncd.daemon.signals import Waits
from syncd.daemon.status_line import status_line
from syncd.errors import Busy, ConfigError, LedgerError
from syncd.ledger import Daemon as Sign
from syncd.ledger import Ledger

TICK = 1.0
_SIGN_EVERY = 10.0
"""Seconds between signs of life in the ledger."""

_LATE = 60.0
"""Seconds after which this thread should have come to its next turn."""

_SOON = timedelta(seconds=10)
"""Until a sync is tried again that another run has in hand."""

_READERS_HAVE = 5.0
"""Seconds for cycles that have written nothing to end when the daemon is to stop."""


class Daemon:
    """From `run` to its end. The rest is what `Live` promises, for other threads.

    `load` reads the configuration anew and raises `ConfigError`; `reloaded` is told of settings
    that are in force from now on, and raises `ConfigError` where it cannot follow.
    """

    def __init__(  # noqa: PLR0913  all that it stands on
        self,
        settings: Settings,
        ledger: Ledger,
        cycles: Cycles,
        service: Service,
        listener: Listener,
        *,
        load: Callable[[], Settings],
        reloaded: Callable[[Settings], None],
    ) -> None:
        self._settings, self._ledger, self._cycles = settings, ledger, cycles
        self._service, self._listener = service, listener
        self._load, self._reloaded = load, reloaded
        self._schedule = Schedule(self._cycle, settings.daemon.parallel)
        self._leadership = ledger.leadership()
        self._leads, self._trouble, self._refused = False, "", ""
        self._signed, self._turned = float("-inf"), monotonic()
        self._requests = Requests(ledger.desk)
        self._busy: dict[str, str] = {}
        self._aside = Aside()
        self.started_at = datetime.now(UTC)
        self.name = f"pid {os.getpid()} on {socket.gethostname()}"

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def ledger(self) -> Ledger:
        return self._ledger

    def alive(self) -> bool:
        in_time = monotonic() - self._turned < _LATE
        if self._aside.hanging():
            return False
        return in_time and self._schedule.alive() and not self._cycles.hanging()

    def unable(self) -> str:
        return self._trouble

    def leads(self) -> bool:
        return self._leads

    def next_runs(self) -> Mapping[str, datetime | None]:
        planned = self._schedule.next_runs()
        return {name: planned.get(name) for name in {**_enabled(self._settings), **planned}}

    def under_way(self) -> Mapping[str, Progress]:
        return self._cycles.under_way()

    def run_now(self, sync: str, by: str) -> int:
        if sync not in self._settings.syncs:
            raise ConfigError(f"there is no sync {sync}")
        return self._ledger.desk.ask(sync, Mode.DUE, by, datetime.now(UTC))

    def run(self, waits: Waits) -> None:
        """Until a signal says to stop. Raises `LedgerError` where the ledger is of no use to begin
        with, or another daemon leads and this one was told to exit then."""
        self._schedule.start()
        try:
            self._use_ledger()
            if self._trouble:
                raise LedgerError(self._trouble)
            if not self._leads and self._settings.daemon.when_locked is WhenLocked.EXIT:
                raise LedgerError(f"another daemon leads: {self._leadership.holder}")
            self._listener.happened("ready", leads=self._leads, syncs=len(self._settings.syncs))
            self._service.ready(self._status())
            while not self._heed(waits.wait(TICK)):
                self._tick()
        finally:
            self._end(waits)

    def _heed(self, came: list[int]) -> bool:
        """Whether to stop. What came several times is done once."""
        if signals.STOP.intersection(came):
            return True
        if signals.RELOAD in came:
            self._reload()
        if signals.RUN_NOW in came:
            self._run_all()
        return False

    def _tick(self) -> None:
        self._turned = monotonic()
        self._schedule.follow_clock()
        self._use_ledger()
        if self.alive():
            self._service.ping()
        self._service.status(self._status())

    def _use_ledger(self) -> None:
        """Leads or waits, and notes what is wrong with the ledger. On SQLite who may lead may still
        have no room to write."""
        trouble = ""
        try:
            self._lead_or_wait()
            self._sign()
            if self._leads:
                self._take_requests()
        except LedgerError as error:
            trouble = str(error)
        if trouble and not self._trouble:
            self._listener.happened("ledger_trouble", error=trouble)
        self._trouble = trouble

    def _lead_or_wait(self) -> None:
        """Raises `LedgerError` where that cannot be known; then it does not lead."""
        before, why = self._leads, ""
        try:
            self._leads = self._leadership.take()
            if self._leads and not before:
                self._take_over()
            why = self._leadership.holder
        except LedgerError as error:
            self._leads, why = False, str(error)
            raise
        finally:
            if before and not self._leads:
                self._schedule.clear()
                self._requests.forget()
                self._busy.clear()
                self._listener.happened("lead_lost", why=why)

    def _take_over(self) -> None:
        """Who led before may have been stopped in the middle of anything: its journal tells."""
        standings = self._aside(self._ledger.desk.standings)
        last = {name: one.began_at for name, one in standings.items()}
        enabled = _enabled(self._settings)
        self._schedule.clear()
        self._schedule.add({name: sync.schedule for name, sync in enabled.items()}, last)
        self._signed = float("-inf")
        self._listener.happened("lead_won")

    def _take_requests(self) -> None:
        take_up = partial(self._requests.take_up, self._settings.syncs)
        for request in self._aside(take_up):
            self._listener.happened("run_now", sync=request.sync, by=request.asked_by)
        for name in self._requests.waiting():
            self._schedule.run_now(name)

    def _run_all(self) -> None:
        self._listener.happened("run_now", by="SIGUSR1")
        for name in _enabled(self._settings) if self._leads else ():
            self._schedule.run_now(name)

    def _cycle(self, name: str) -> timedelta | None:
        """In a thread of the schedule's. The pause after a failure; None for the usual time."""
        settings = self._settings
        asked, mode = self._requests.of(name)
        if name not in settings.syncs:
            self._requests.answer(asked, "no such sync")
            return None
        if not self._leads:
            return None  # it waited for a place, and the lead was lost meanwhile
        try:
            standing = self._cycles.run(settings, name, mode)
        except Busy as busy:
            self._requests.put_back(asked)
            return self._again_soon(name, str(busy))
        self._busy.pop(name, None)
        if standing is None:
            return None  # who asked gets the answer of who runs it after the next start
        self._requests.answer(asked, standing.outcome)
        wait = pause(standing, settings.syncs[name].schedule.back_off)
        if wait is not None:
            failed, seconds = standing.failures, int(wait.total_seconds())
            self._listener.happened("back_off", sync=name, failures=failed, seconds=seconds)
        return wait

    def _again_soon(self, name: str, why: str) -> timedelta:
        if name not in self._busy:
            self._listener.happened("busy", sync=name, why=why)
        self._busy[name] = why
        return _SOON

    def _reload(self) -> None:
        self._service.reloading()
        try:
            settings = self._load()
            self._reloaded(settings)
        except ConfigError as error:
            self._refused = f"a reload was refused: {error.problems[0]}"
            self._listener.happened("reload_refused", problems=error.problems)
        else:
            self._refused = ""
            self._follow(settings)
            self._listener.happened("reloaded", syncs=len(settings.syncs))
        self._service.ready(self._status())

    def _follow(self, settings: Settings) -> None:
        before, self._settings = _enabled(self._settings), settings
        self._schedule.slots.resize(settings.daemon.parallel)
        if not self._leads:
            return
        now = _enabled(settings)
        self._schedule.clear(keep=now)
        new = {name: sync.schedule for name, sync in now.items() if name not in before}
        self._schedule.add(new, {})
        for name in now.keys() & before.keys():
            if now[name].schedule != before[name].schedule:
                self._schedule.change(name, now[name].schedule)

    def _sign(self) -> None:
        """A sign of life in the ledger, and what the audit could not tell before is told."""
        if monotonic() - self._signed < _SIGN_EVERY:
            return
        sign = Sign(self.name, __version__, self.started_at, datetime.now(UTC), self._leads)
        self._aside(partial(self._ledger.sign, sign))
        self._signed = monotonic()

    def _status(self) -> str:
        if self._trouble:
            return self._trouble
        if not self._leads:
            return f"waiting: {self._leadership.holder} leads"
        try:
            standings = self._aside(self._ledger.desk.standings)
        except LedgerError as error:
            return str(error)
        under_way = self.under_way()
        busy = [why for name, why in self._busy.copy().items() if name not in under_way]
        words = status_line(standings, under_way, self.next_runs(), datetime.now(UTC))
        return " · ".join(filter(None, (self._refused, *busy, words)))

    def _end(self, waits: Waits) -> None:
        """What is in hand is finished; a second signal breaks it off."""
        self._service.stopping("stopping: the change in hand is finished")
        self._listener.happened("stopping")
        self._cycles.stop()
        self._schedule.shutdown()
        began = monotonic()
        while self._must_wait(monotonic() - began):
            if signals.STOP & set(waits.wait(0.1)):
                self._listener.happened("broken_off")
                break
            self._service.ping()
            self._turned = monotonic()
        with suppress(LedgerError):
            self._aside(partial(self._ledger.desk.leave, self.name, datetime.now(UTC)))
        self._leadership.give_up()
        self._listener.happened("stopped")

    def _must_wait(self, waited: float) -> bool:
        working = self._cycles.under_way().values()
        return any(one.writing or waited < _READERS_HAVE for one in working)


def _enabled(settings: Settings) -> dict[str, SyncSettings]:
    return {name: sync for name, sync in settings.syncs.items() if sync.enabled}
