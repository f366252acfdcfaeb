"""When what runs: each sync by its own schedule, one run of it at a time, some side by side."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Condition, Lock
from time import monotonic, time
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from syncd.config.cron import weekdays_by_name
from syncd.config.running import ScheduleSettings

Run = Callable[[str], timedelta | None]
"""Runs the sync of that name; answers after which pause to run it again, None for in its time."""

DEFAULT = timedelta(minutes=15)

_PULSE = "pulse"
_BEAT = 1.0
_LATE = 10.0
"""Seconds between signs of life, and after which a missing one means that there is none."""

_JUMP = timedelta(seconds=1)
"""So far at once a clock goes only when it is set."""

_MOST = 200
"""Threads. How many run at once is the slots' affair."""


class Schedule:
    """Runs syncs by `run` in threads of its own, from `start` to `shutdown`."""

    def __init__(self, run: Run, parallel: int) -> None:
        self._run_one = run
        self.slots = Slots(parallel)
        self._again: set[str] = set()
        self._under_way: set[str] = set()
        self._turn = Lock()
        self._beat = monotonic()
        self._ahead = _ahead()
        self._jobs: BaseScheduler = BackgroundScheduler(
            timezone=UTC,
            daemon=True,
            executors={"default": ThreadPoolExecutor(_MOST), _PULSE: ThreadPoolExecutor(1)},
            # However late: what was missed is run once. One run of a sync at a time is seen to
            # here: APScheduler learns late of a run's end, and drops what is due until then.
            job_defaults={"coalesce": True, "max_instances": _MOST, "misfire_grace_time": None},
        )

    def start(self) -> None:
        self._jobs.add_job(self._pulse, "interval", seconds=_BEAT, id=_PULSE, executor=_PULSE)
        self._jobs.start()

    def shutdown(self) -> None:
        """Begins nothing any more; who runs is not waited for."""
        self._jobs.shutdown(wait=False)

    def alive(self) -> bool:
        """Whether the scheduler has come to its turn lately, its own thread and a worker's."""
        return monotonic() - self._beat < _LATE

    def add(self, syncs: Mapping[str, ScheduleSettings], last: Mapping[str, datetime]) -> None:
        """These run from now on; `last` is when each began last, where it did."""
        now = datetime.now(UTC)
        for name, settings in syncs.items():
            self._jobs.add_job(
                partial(self._run, name),
                trigger(settings),
                id=_id(name),
                name=name,
                replace_existing=True,
                next_run_time=first_run(settings, last.get(name), now),
            )

    def change(self, name: str, settings: ScheduleSettings) -> None:
        """Another schedule for a sync that is planned; it runs when that says next."""
        self._jobs.reschedule_job(_id(name), trigger=trigger(settings))

    def clear(self, keep: Iterable[str] = ()) -> None:
        """Nothing runs from now on; what runs ends."""
        kept = {_PULSE, *map(_id, keep)}
        for job in self._jobs.get_jobs():
            if job.id not in kept:
                job.remove()

    def run_now(self, name: str) -> None:
        """As soon as there is a slot, and where it is under way, once more after that. One that is
        not planned runs this once."""
        with self._turn:
            if name in self._under_way:
                self._again.add(name)
                return
        if not self._move(name, timedelta()):
            once = {"id": _id(name), "name": name, "replace_existing": True}
            self._jobs.add_job(partial(self._run, name), "date", **once)

    def follow_clock(self) -> None:
        """To be called now and then. A clock that was set back would leave all that is planned, and
        the sign of life, waiting for a time that was a moment ahead."""
        ahead = _ahead()
        back, self._ahead = timedelta(seconds=self._ahead - ahead), ahead
        if back < _JUMP:
            return
        now = datetime.now(UTC)
        for job in self._jobs.get_jobs():
            planned = job.next_run_time - back
            if isinstance(job.trigger, CronTrigger):
                planned = job.trigger.get_next_fire_time(None, now)
            with suppress(JobLookupError):  # it has just been run, and was for once
                job.modify(next_run_time=planned)

    def next_runs(self) -> dict[str, datetime | None]:
        """Without those that are not planned."""
        jobs = [job for job in self._jobs.get_jobs() if job.id != _PULSE]
        return {job.name: getattr(job, "next_run_time", None) for job in jobs}

    def _run(self, name: str) -> None:
        if not self._begin(name):
            return  # due again while it is under way
        try:
            with self.slots.one():
                with self._turn:
                    self._again.discard(name)
                pause = self._run_one(name)
            if pause is not None:
                self._move(name, pause)
        finally:
            self._end(name)

    def _begin(self, name: str) -> bool:
        with self._turn:
            if name in self._under_way:
                return False
            self._under_way.add(name)
            return True

    def _end(self, name: str) -> None:
        with self._turn:
            self._under_way.discard(name)
            again = name in self._again
        if again:
            self.run_now(name)

    def _move(self, name: str, pause: timedelta) -> bool:
        """Whether there is such a plan, which may have been taken back meanwhile."""
        try:
            self._jobs.modify_job(_id(name), next_run_time=datetime.now(UTC) + pause)
        except JobLookupError:
            return False
        return True

    def _pulse(self) -> None:
        self._beat = monotonic()


class Slots:
    """So many at once; the number may change."""

    def __init__(self, number: int) -> None:
        self._number, self._taken = number, 0
        self._free = Condition()

    def resize(self, number: int) -> None:
        with self._free:
            self._number = number
            self._free.notify_all()

    def one(self) -> "_Turn":
        return _Turn(self._take, self._give)

    def _take(self) -> None:
        with self._free:
            self._free.wait_for(lambda: self._taken < self._number)
            self._taken += 1

    def _give(self) -> None:
        with self._free:
            self._taken -= 1
            self._free.notify()


class _Turn:
    def __init__(self, begin: Callable[[], None], end: Callable[[], None]) -> None:
        self._begin, self._end = begin, end

    def __enter__(self) -> None:
        self._begin()

    def __exit__(self, *_: object) -> None:
        self._end()


def _ahead() -> float:
    """Seconds from the clock that only goes forward to the one that can be set."""
    return time() - monotonic()


def trigger(settings: ScheduleSettings) -> BaseTrigger:
    jitter = settings.jitter.total_seconds() or None
    if settings.cron is not None:
        cron = cron_trigger(settings.cron, settings.time_zone)
        cron.jitter = jitter
        return cron
    seconds = (settings.every or DEFAULT).total_seconds()
    return IntervalTrigger(seconds=int(seconds), timezone=UTC, jitter=jitter)


def cron_trigger(cron: str, time_zone: str) -> CronTrigger:
    return CronTrigger.from_crontab(weekdays_by_name(cron), ZoneInfo(time_zone))


def first_run(settings: ScheduleSettings, last: datetime | None, now: datetime) -> datetime | None:
    """At once, or when it would have come had nobody stopped the daemon meanwhile."""
    if settings.at_start:
        return now
    began = None if last is None else min(last, now)  # a clock may have been wrong
    if settings.cron is None and began is not None:
        return max(now, began + (settings.every or DEFAULT))
    since = now if began is None else began + timedelta.resolution  # what began then is not missed
    following: datetime | None = trigger(settings).get_next_fire_time(None, since)
    return max(now, following) if following is not None else None


def _id(sync: str) -> str:
    return f"sync {sync}"
