"""Thousands of cycles by the clock, with failures among them: nothing is left behind by any."""

import gc
import os
import random
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Condition

import pytest
import time_machine

from syncd.config import load_settings
from syncd.config.assemble import ledger
from syncd.config.running import ScheduleSettings
from syncd.daemon.backoff import pause
from syncd.daemon.cycles import Cycles
from syncd.daemon.listener import Listeners
from syncd.daemon.schedule import Schedule
from tests.daemon.supervised import ADA, BOB, Place

CYCLES = int(os.environ.get("SYNCD_SOAK_CYCLES", "300"))
"""Ten thousand by `make nightly`."""

WARM = CYCLES // 10
START = datetime(2026, 1, 5, 6, tzinfo=UTC)
MEGABYTE = 1 << 20


class Soak:
    """A sync on a schedule, whose people, source and store change and break between its cycles."""

    def __init__(self, place: Place, seed: int) -> None:
        self.place, self.chance = place, random.Random(seed)
        self.settings = load_settings(place.path / "config.yaml", {})
        self.memory = ledger(self.settings, write=True)
        self.cycles = Cycles(self.memory, Listeners([]), str)
        self.schedule = Schedule(self.run, parallel=2)
        self.outcomes: dict[str, int] = {}
        self.ended = Condition()
        self.count = 0
        self.hired = 0

    def run(self, name: str) -> timedelta | None:
        standing = self.cycles.run(self.settings, name)
        assert standing is not None
        with self.ended:
            self.count += 1
            self.outcomes[standing.outcome] = self.outcomes.get(standing.outcome, 0) + 1
            self.ended.notify_all()
        return pause(standing, self.settings.syncs[name].schedule.back_off)

    def await_cycle(self, number: int) -> None:
        with self.ended:
            assert self.ended.wait_for(lambda: self.count >= number, timeout=30)

    def upset(self) -> None:
        """What an ordinary week brings, within one step."""
        people, store = self.place.path / "people.yaml", self.place.path / "store.db"
        store.chmod(0o600)
        match self.chance.randrange(20):
            case 0:
                people.unlink(missing_ok=True)
            case 1:
                people.write_text("users: [{id: ada, user_name")
            case 2:
                self.hired += 1
                name = f"new{self.hired}"
                newcomer = {"id": name, "user_name": name, "email": f"{name}@example.org"}
                self.place.people(ADA, BOB, newcomer)
            case 3 | 4:
                self.place.people(ADA, {**BOB, "email": f"bob{self.chance.random()}@example.org"})
            case 5:
                store.rename(store.with_suffix(".away"))
                store.mkdir()
            case _:
                pass

    def mend(self) -> None:
        people, store = self.place.path / "people.yaml", self.place.path / "store.db"
        if store.is_dir():
            store.rmdir()
            store.with_suffix(".away").rename(store)
        if not people.exists() or "[]" not in people.read_text():
            self.place.people(ADA, BOB)


def resident() -> int:
    """Octets (proc_pid_statm(5))."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.slow
def test_thousands_of_cycles_leave_memory_and_open_files_as_they_were(place):
    """Every cycle comes in its time, also after failures, and the last finds all in order."""
    place.configure({"every": "15m", "back_off": {"first": "1m", "most": "1h"}})
    with time_machine.travel(START, tick=False) as clock:
        soak = Soak(place, seed=5)
        with closing(soak.memory):
            early, late = through(soak, clock)
            last = soak.memory.desk.standing("staff")
    words = f"{soak.count} cycles: {soak.outcomes}; resident {early[0]:,} -> {late[0]:,} octets\n"
    sys.stdout.write(words)
    assert late[0] - early[0] < 8 * MEGABYTE
    assert late[1] <= early[1]
    assert soak.outcomes["source failed"] > CYCLES // 50
    assert soak.outcomes["target failed"] > CYCLES // 50
    assert last is not None
    assert (last.outcome, last.failures) == ("done", 0)


def through(soak: Soak, clock: time_machine.Traveller) -> tuple[tuple[int, int], tuple[int, int]]:
    """Memory and open files when it was warm, and at the end."""
    soak.schedule.start()
    soak.schedule.add({"staff": soak.settings.syncs["staff"].schedule}, {})
    early = (0, 0)
    for number in range(1, CYCLES + 1):
        soak.await_cycle(number)
        if number == WARM:
            early = resident(), open_files()
        soak.mend()
        if number < CYCLES:
            soak.upset()
        go_on(soak, clock)
    soak.await_cycle(CYCLES + 1)
    soak.schedule.shutdown()
    return early, (resident(), open_files())


def go_on(soak: Soak, clock: time_machine.Traveller) -> None:
    """To the moment for which the next cycle is planned."""
    with soak.ended:  # its pause is planned a moment after the cycle has ended
        soak.ended.wait_for(lambda: "staff" not in soak.schedule._under_way, timeout=5)
    following = soak.schedule.next_runs()["staff"]
    assert following is not None
    assert following > datetime.now(UTC)
    assert following - datetime.now(UTC) <= timedelta(hours=1)
    clock.move_to(following)
    soak.schedule._jobs.wakeup()  # it sleeps by the true clock


def test_a_cycle_after_the_clock_was_set_back_still_comes():
    """A clock that jumps moves what is planned, and loses nothing."""
    ran: list[datetime] = []
    came = Condition()

    def run(_name: str) -> None:
        with came:
            ran.append(datetime.now(UTC))
            came.notify_all()

    with time_machine.travel(START, tick=False) as clock:
        schedule = Schedule(run, parallel=1)
        schedule.start()
        schedule.add({"staff": ScheduleSettings.model_validate({"every": "15m"})}, {})
        with came:
            assert came.wait_for(lambda: ran, timeout=5)
        clock.move_to(START - timedelta(days=1))
        schedule.run_now("staff")
        with came:
            assert came.wait_for(lambda: len(ran) == 2, timeout=5)
        schedule.shutdown()


def test_a_clock_that_is_set_back_neither_stops_the_syncs_nor_looks_like_a_hung_scheduler(
    monkeypatch,
):
    """All that was planned was planned by the clock of before."""
    ran: list[str] = []
    with time_machine.travel(START, tick=True) as clock:
        schedule = Schedule(ran.append, parallel=1)  # type: ignore[arg-type]  # append answers None
        schedule.start()
        schedule.add(
            {
                "often": ScheduleSettings.model_validate({"every": "2s"}),
                "nightly": ScheduleSettings.model_validate({"cron": "0 3 * * *"}),
            },
            {},
        )
        monkeypatch.setattr("syncd.daemon.schedule._LATE", 3.0)
        time.sleep(1)
        clock.move_to(START - timedelta(hours=4))
        ran.clear()
        for _ in range(8):
            schedule.follow_clock()
            time.sleep(0.5)
        assert schedule.alive()
        assert ran.count("often") >= 1
        assert schedule.next_runs()["nightly"] == START.replace(hour=3)
        schedule.shutdown()
