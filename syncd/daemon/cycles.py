"""Run one sync once, as the daemon does: within its time, stoppable, and told of."""

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Lock
from time import monotonic

from msgspec.structs import replace

from syncd.config.assemble import assemble
from syncd.config.settings import Settings
from syncd.core.plan import Plan
from syncd.cycle.mode import Mode
from syncd.daemon.listener import Listener
from syncd.daemon.live import Progress
from syncd.engine import apply
from syncd.errors import Busy, LedgerError, Stopped, SyncdError, TookTooLong
from syncd.ledger import Ledger, Standing
from syncd.standing import Redact, after_error
from syncd.sync import Sync

_GRACE = timedelta(minutes=10)
"""Beyond twice its time limit, after which a cycle is hanging and will not end."""


class Cycles:
    """Those that are under way, by their sync's name; each in a thread of its own.

    `prepare` is given each sync before it runs.
    """

    def __init__(
        self,
        ledger: Ledger,
        listener: Listener,
        redact: Redact,
        prepare: Callable[[Sync], Sync] = lambda sync: sync,
    ) -> None:
        self._ledger, self._listener, self._redact = ledger, listener, redact
        self._prepare = prepare
        self._stopping = Event()
        self._lock = Lock()
        self._under_way: dict[str, Cycle] = {}
        self._unkept: dict[str, Standing] = {}

    def run(self, settings: Settings, name: str, mode: Mode = Mode.DUE) -> Standing | None:
        """How the sync stands then; None where it was asked to stop before anything was written.

        Raises `Busy` where another run of it is under way, and nothing else that a sync, its
        sources or its target can bring about.
        """
        if self._stopping.is_set():
            return None
        cycle = Cycle(name, settings.syncs[name].schedule.time_limit, self._stopping)
        with self._lock:
            self._under_way[name] = cycle
        self._listener.cycle_begun(name)
        try:
            return self._told(settings, cycle, mode)
        finally:
            with self._lock:
                del self._under_way[name]

    def stop(self) -> None:
        """No change is begun from now on, and what only reads ends soon."""
        self._stopping.set()

    def under_way(self) -> Mapping[str, Progress]:
        with self._lock:
            return {name: cycle.progress for name, cycle in self._under_way.items()}

    def hanging(self) -> list[str]:
        """Those whose time is up for so long that they will not end by themselves."""
        with self._lock:
            return [name for name, cycle in self._under_way.items() if cycle.hangs()]

    def _told(self, settings: Settings, cycle: "Cycle", mode: Mode) -> Standing | None:
        kept = self._kept(cycle.name)
        before = self._newer(kept, cycle.name)
        began, at = monotonic(), datetime.now(UTC)
        try:
            self._apply(settings, cycle, mode)
            standing = self._ledger.desk.standing(cycle.name)
            self._unkept.pop(cycle.name, None)
        except Stopped:
            return None
        except Busy:
            raise  # how the sync stands is the other run's to say
        except Exception as error:  # noqa: BLE001  a bug in one sync must not stop the others
            standing = self._failed(settings, cycle, (kept, before), error, at)
            if not isinstance(error, SyncdError):
                self._listener.happened("bug", sync=cycle.name, error=error)
        if standing is not None:
            self._listener.cycle_ended(before, standing, monotonic() - began)
        return standing

    def _kept(self, name: str) -> Standing | None:
        try:
            return self._ledger.desk.standing(name)
        except LedgerError:
            return None

    def _newer(self, kept: Standing | None, name: str) -> Standing | None:
        """A failure that the ledger could not keep counts, until it has one of later."""
        unkept = self._unkept.get(name)
        if unkept is None or (kept is not None and kept.ended_at > unkept.ended_at):
            return kept
        return unkept

    def _apply(self, settings: Settings, cycle: "Cycle", mode: Mode) -> None:
        with closing(assemble(settings, cycle.name)) as sync:
            apply(
                self._prepare(sync),
                self._ledger,
                clock=_now,
                approve=cycle.begin_to_write,
                stop=cycle.stop,
                watch=cycle.watch,
                mode=mode,
                told=partial(self._listener.changes, cycle.name),
                redact=self._redact,
            )

    def _failed(
        self,
        settings: Settings,
        cycle: "Cycle",
        before: tuple[Standing | None, Standing | None],
        error: Exception,
        began: datetime,
    ) -> Standing:
        """As the engine kept it; where it did not come so far, or could not, made here. `before` is
        how the ledger had it, and how it was."""
        kept = self._kept(cycle.name)
        if kept is not None and kept != before[0]:
            return kept
        which = cycle.name, settings.syncs[cycle.name].target
        standing = after_error(before[1], which, error, (began, _now()), self._redact)
        try:
            self._ledger.desk.stand(standing)
        except LedgerError:
            self._unkept[cycle.name] = standing
        else:
            self._unkept.pop(cycle.name, None)
        return standing


class Cycle:
    """One that is under way. Told of progress by the engine, which asks whether to stop."""

    def __init__(self, name: str, limit: timedelta, stopping: Event) -> None:
        self.name = name
        self.progress = Progress(name, _now())
        self._limit, self._stopping = limit, stopping
        self._began = monotonic()

    def stop(self) -> bool:
        return self._stopping.is_set() or self._is_overdue()

    def watch(self, what: str, done: int, total: int | None) -> None:
        """Ends the cycle where it has written nothing yet."""
        self.progress = replace(self.progress, what=what, done=done, total=total)
        if not self.progress.writing:
            self._end_if_asked()

    def begin_to_write(self, _plan: Plan) -> bool:
        self._end_if_asked()
        self.progress = replace(self.progress, writing=True)
        return True

    def hangs(self) -> bool:
        return monotonic() - self._began > (2 * self._limit + _GRACE).total_seconds()

    def _end_if_asked(self) -> None:
        if self._stopping.is_set():
            raise Stopped("stopped before anything was written")
        if self._is_overdue():
            raise TookTooLong(
                f"the time limit of {self._limit} passed during: {self.progress.what}; nothing was"
                " written; see the sync's schedule.time_limit"
            )

    def _is_overdue(self) -> bool:
        return monotonic() - self._began > self._limit.total_seconds()


def _now() -> datetime:
    return datetime.now(UTC)
