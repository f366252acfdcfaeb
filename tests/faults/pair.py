"""Two daemons with one ledger in PostgreSQL, the lines to it, and a target that notes every write."""

import copy
import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.daemon.supervised import Place, Supervised
from tests.servers.postgres import PASSWORD, Postgresql
from tests.servers.proxy import Proxy
from tests.servers.scim_fake import TOKEN, Answer, Asked, FakeScim
from tests.world import ANY_NUMBER

LIFE = 3
"""Seconds after which a silent leader has lost its lock."""


class Noting(FakeScim):
    """`made` has each write that changed something, `vain` those that changed nothing: the same
    write a second time, or the creation of somebody who is there."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[str] = []
        self.vain: list[str] = []

    def _of_kind(self, kind: str, id_: str, asked: Asked) -> Answer:
        if asked.method == "GET":
            return super()._of_kind(kind, id_, asked)
        before = copy.deepcopy(self.kept[kind])
        told = super()._of_kind(kind, id_, asked)
        there = _without_meta(self.kept[kind])
        changed = _without_meta(before) != there
        (self.made if changed else self.vain).append(f"{asked.method} {asked.path} {asked.body}")
        time.sleep(0.01)  # so that a run takes a moment in which something can happen to it
        return told


def _without_meta(kept: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        id_: {name: value for name, value in one.items() if name != "meta"}
        for id_, one in kept.items()
    }


class Company:
    """People who come, change and leave; `wanted` is what the target should hold of them."""

    def __init__(self, place: Place, chance: random.Random) -> None:
        self.place, self.chance = place, chance
        self.titles: dict[str, str] = {}
        self.gone: set[str] = set()
        self._count = 0
        self.hire(12)

    def hire(self, number: int) -> None:
        for _ in range(number):
            self._count += 1
            self.titles[f"p{self._count}"] = "new"
        self._tell()

    def live(self) -> None:
        """Some moments of it."""
        here = sorted(self.titles.keys() - self.gone)
        for one in self.chance.sample(here, min(len(here), 6)):
            self._count += 1
            self.titles[one] = f"title {self._count}"
        if len(here) > 8:
            self.gone.add(self.chance.choice(here))
        if self.gone and self.chance.random() < 0.3:
            self.gone.discard(self.chance.choice(sorted(self.gone)))
        self.hire(self.chance.randrange(3))

    def wanted(self) -> dict[str, str]:
        """The titles of who is here. Of who is gone nothing is changed any more."""
        return {one: title for one, title in self.titles.items() if one not in self.gone}

    def _tell(self) -> None:
        self.place.people(
            *(
                {"id": one, "user_name": one, "email": f"{one}@example.org", "title": title}
                for one, title in self.titles.items()
                if one not in self.gone
            )
        )


def held(server: FakeScim) -> dict[str, str]:
    """The titles of who may log in."""
    users = server.kept["Users"].values()
    return {one["userName"]: one.get("title", "") for one in users if one["active"]}


class Pair:
    """`daemons` are the two that run now; each has a line of its own to the ledger."""

    def __init__(self, path: Path, postgresql: Postgresql, chance: random.Random) -> None:
        self.chance, self.stack = chance, ExitStack()
        self.server = self.stack.enter_context(Noting())
        self.places, self.lines = [], []
        for number in range(2):
            line = Proxy(postgresql.port)
            self.stack.callback(line.close)
            place = Place(path / str(number))
            place.path.mkdir(parents=True)
            self._configure(place, line, postgresql, path / "people.yaml")
            self.lines.append(line)
            self.places.append(place)
        self.company = Company(Place(path), chance)
        self.daemons = [self._start(number) for number in range(2)]

    def _configure(self, place: Place, line: Proxy, database: Postgresql, people: Path) -> None:
        url = f"postgresql://postgres@127.0.0.1:{line.port}/{database.database}"
        place.configure({"every": "1s", "back_off": {"first": "1s", "most": "1s"}})
        place.settings["ledger"] = {"url": url, "lock_life": f"{LIFE}s"}
        place.settings["sources"]["people"]["paths"] = [str(people)]
        scim = {"type": "scim", "server": self.server.url, "auth": {"token": TOKEN}}
        place.settings["targets"]["store"] = {**scim, "groups": False, "concurrency": 2}
        place.settings["syncs"]["staff"]["policy"] = {"budget": ANY_NUMBER}
        place.write()

    def _start(self, number: int) -> Supervised:
        return Supervised(self.places[number], SYNCD_LEDGER__PASSWORD=PASSWORD)

    def leader(self) -> int | None:
        """Who won the lead last, by what each has written."""
        newest, who = "", None
        for number, daemon in enumerate(self.daemons):
            won = [line for line in daemon.written.splitlines() if "lead won" in line]
            lost = [line for line in daemon.written.splitlines() if "lead lost" in line]
            if len(won) > len(lost) and won[-1] > newest:
                newest, who = won[-1], number
        return who

    def await_leader(self, other_than: int | None = None, seconds: float = 30.0) -> float:
        """Seconds until somebody leads."""
        began = time.monotonic()
        while self.leader() in {None, other_than}:
            assert time.monotonic() - began < seconds, [one.written for one in self.daemons]
            time.sleep(0.02)
        return time.monotonic() - began

    def strike(self) -> tuple[str, float]:
        """Something happens to who leads, and is mended once the other one has taken over."""
        who = self.leader()
        assert who is not None
        how = self.chance.choice(("killed", "frozen", "cut off"))
        time.sleep(self.chance.uniform(0.0, 1.2))
        leader, line = self.daemons[who], self.lines[who]
        match how:
            case "killed":
                leader.process.kill()
            case "frozen":
                leader.process.send_signal(signal.SIGSTOP)
            case _:
                line.swallow()
        self.company.live()
        seconds = self.await_leader(other_than=who)
        match how:
            case "killed":
                leader.close()
                self.daemons[who] = self._start(who)
            case "frozen":
                leader.process.send_signal(signal.SIGCONT)
            case _:
                line.flow()
        self.daemons[who].wait(lambda: self._waits(who), "the other to wait", 40)
        return how, seconds

    def _waits(self, who: int) -> bool:
        """Whose ledger was of no use at the start is started again, as systemd does."""
        if self.daemons[who].process.poll() is not None:
            self.daemons[who].close()
            self.daemons[who] = self._start(who)
        return "waiting" in self.daemons[who].status

    def await_calm(self) -> None:
        """Until the target holds what it should."""
        end = time.monotonic() + 30
        while held(self.server) != self.company.wanted() and time.monotonic() < end:
            time.sleep(0.1)

    def close(self) -> None:
        for daemon in self.daemons:
            daemon.close()
        self.stack.close()


@contextmanager
def pair(path: Path, postgresql: Postgresql, seed: int) -> Iterator[Pair]:
    one = Pair(path, postgresql, random.Random(seed))
    try:
        yield one
    finally:
        one.close()
