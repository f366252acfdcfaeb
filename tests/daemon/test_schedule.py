"""When what runs: one run of a sync at a time, and none that was asked for is lost."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from syncd.config.running import ScheduleSettings
from syncd.daemon.schedule import Run, Schedule

RARELY = ScheduleSettings.model_validate({"every": "1d", "at_start": False})


@contextmanager
def scheduled(run: Run, parallel: int = 2) -> Iterator[Schedule]:
    schedule = Schedule(run, parallel)
    schedule.start()
    schedule.add({"wiki": RARELY}, {})
    try:
        yield schedule
    finally:
        schedule.shutdown()


def test_what_is_asked_for_during_a_run_runs_once_more_after_it():
    """The run that was under way may have read before the change that somebody made."""
    begun, may_end = threading.Semaphore(0), threading.Semaphore(0)

    def run(_name: str) -> None:
        begun.release()
        assert may_end.acquire(timeout=5)

    with scheduled(run) as schedule:
        schedule.run_now("wiki")
        for _ in range(200):
            assert begun.acquire(timeout=5)
            schedule.run_now("wiki")
            schedule.run_now("wiki")
            may_end.release()
        assert begun.acquire(timeout=5)
        may_end.release()
        assert not begun.acquire(timeout=0.3)


def test_what_is_asked_for_is_run_also_where_a_run_is_slow_to_end():
    """Its thread may be kept waiting between its last deed and the scheduler's learning of it."""
    begun, may_end = threading.Semaphore(0), threading.Semaphore(0)

    def run(_name: str) -> None:
        begun.release()
        assert may_end.acquire(timeout=5)

    with scheduled(run) as schedule:
        schedule.run_now("wiki")
        assert begun.acquire(timeout=5)
        schedule.run_now("wiki")
        with schedule.slots._free:
            may_end.release()
            time.sleep(0.3)
        assert begun.acquire(timeout=5)
        with schedule.slots._free:
            may_end.release()
            time.sleep(0.3)
            schedule.run_now("wiki")
            time.sleep(0.3)
        assert begun.acquire(timeout=5)
        may_end.release()


def test_what_is_asked_for_as_a_run_ends_is_run():
    """At whatever moment, from before the end of a run until the scheduler has seen it."""
    asked = 500
    done = threading.Semaphore(0)

    def run(_name: str) -> None:
        done.release()

    with scheduled(run) as schedule:
        for _ in range(asked):
            schedule.run_now("wiki")
            assert done.acquire(timeout=5)


def test_two_runs_of_a_sync_are_never_under_way_at_once():
    """However often and by however many it is asked for."""
    under_way, most, runs = [0], [0], threading.Semaphore(0)
    lock, pause = threading.Lock(), threading.Event()

    def run(_name: str) -> None:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        pause.wait(0.002)
        with lock:
            under_way[0] -= 1
        runs.release()

    with scheduled(run, parallel=4) as schedule:
        askers = [
            threading.Thread(target=lambda: [schedule.run_now("wiki") for _ in range(100)])
            for _ in range(4)
        ]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        assert runs.acquire(timeout=5)

    assert most == [1]
