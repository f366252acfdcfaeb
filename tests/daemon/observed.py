"""A daemon to look at: a real ledger, filled by real runs, and people whose names are no others' words.

In it are a held suspension, a refused change, a conflict, a record that cannot be mapped, changes
before and after, one that failed, and withheld removals, so that every place has a name to tell.
"""

import contextlib
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from pydantic import BaseModel, SecretStr

from syncd.backends.memory import MemoryBackend
from syncd.config.assemble import of_today
from syncd.config.running import StatusSettings
from syncd.config.settings import Part, Settings, SyncSettings
from syncd.core.mapping import UserMapping
from syncd.core.model import Key, Kind, Op, User
from syncd.core.policy import Budget, Policy
from syncd.cycle.mode import Mode
from syncd.daemon.live import Progress
from syncd.errors import ConfigError, Rejected
from syncd.ledger import Ledger, open_ledger
from syncd.ledger.daemons import Daemon
from tests.daemon import site
from tests.world import MemorySource, Office, group, person

TOKEN = "shown-by-who-may-see-names"
ACTION_TOKEN = "shown-by-who-may-act-here"
WRONG = "shown-by-somebody-else-today"
NOW = datetime.now(UTC).replace(microsecond=0)

LOVELACE = person(
    "ent-1815", "ada.lovelace", email="countess@example.org", title="Enchantress of Numbers"
)
HOPPER = person("ent-1906", "grace.hopper", email="admiral@example.org", title="Rear Admiral")
TURING = person("ent-1912", "alan.turing", email="bletchley@example.org", title="Codebreaker")
DIJKSTRA = person("ent-1930", "edsger.dijkstra", email="shortest@example.org", title="Professor")
NAMELESS = person("ent-1952", "", email="sealab@example.org", title="Nightwatch")
RESEARCH = group("grp-77", "Analytical Engines", "ent-1815", "ent-1906")

NAMES = [
    *("ada.lovelace", "grace.hopper", "alan.turing", "edsger.dijkstra", "kay.stranger"),
    *("countess", "admiral@", "bletchley", "shortest@", "sealab"),
    *("ent-1815", "ent-1906", "ent-1912", "ent-1930", "ent-1952", "grp-77"),
    *("Enchantress", "Rear Admiral", "Codebreaker", "Professor", "Nightwatch", "Analytical"),
    *("people.yaml", "groups.yaml"),
]
"""Of which none may be in any answer without the token."""


class Moody(MemoryBackend):
    """Rejects what concerns one login, and says whose."""

    rejects = ""

    def __init__(self) -> None:
        super().__init__()
        inner = self.users.update

        def update(ref, changes):
            if self.rejects and self.users.get(ref).entity.user_name == self.rejects:
                raise Rejected(f"{self.rejects} has an unpaid bill")
            return inner(ref, changes)

        self.users.update = update


@dataclass
class Observed:
    """A `Live` whose every word a test sets."""

    settings: Settings
    ledger: Ledger
    started_at: datetime = NOW - timedelta(days=2)
    name: str = "pid 4711 on sagittarius"
    is_alive: bool = True
    why_unable: str = ""
    is_leader: bool = True
    following: Mapping[str, datetime | None] = field(
        default_factory=lambda: {"main": NOW + timedelta(minutes=4)}
    )
    running: dict[str, Progress] = field(default_factory=dict)

    def alive(self) -> bool:
        return self.is_alive

    def unable(self) -> str:
        return self.why_unable

    def leads(self) -> bool:
        return self.is_leader

    def next_runs(self) -> Mapping[str, datetime | None]:
        return self.following

    def under_way(self) -> Mapping[str, Progress]:
        return self.running

    def run_now(self, sync: str, by: str) -> int:
        if sync not in self.settings.syncs:
            raise ConfigError(f"there is no sync {sync}")
        return self.ledger.desk.ask(sync, Mode.DUE, by, datetime.now(UTC))

    def allow(self, **status: object) -> None:
        """As a reload would: these are the status settings from now on."""
        given = {"token": TOKEN, **self.settings.status.model_dump(), **status}
        self.settings = self.settings.model_copy(update={"status": StatusSettings(**given)})


def history(path: Path) -> Ledger:
    """What a week of runs leaves behind."""
    (path / "ledger.db").write_bytes(_week())
    return open_ledger(f"sqlite:///{path}/ledger.db", write=True)


@cache
def _week() -> bytes:
    """Lived through once."""
    with TemporaryDirectory() as path:
        _live(ledger := open_ledger(f"sqlite:///{path}/ledger.db", write=True))
        ledger.close()
        return (Path(path) / "ledger.db").read_bytes()


def _live(ledger: Ledger) -> None:
    source = MemorySource([LOVELACE, HOPPER, TURING], [RESEARCH])
    made_with = of_today(settings_of(), "main")
    here = Office(
        config=made_with.config,
        identity=made_with.identity,
        sources={"p": source},
        backend=Moody(),
        ledger=ledger,
        now=NOW - timedelta(days=6),
        policy=Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(count=0)}),
        users=UserMapping(always={"title": "{{ title }}"}),
    )
    assert here.apply().exit_code == 0
    here.pass_days(1)
    source.has(person("ent-1815", "ada.lovelace", email="countess@example.org", title="Poet"))
    source.people += [HOPPER, TURING]
    here.backend.rejects = "grace.hopper"
    source.people[1] = person(
        "ent-1906", "grace.hopper", email="admiral@example.org", title="Commodore"
    )
    here.apply()
    here.pass_days(2)
    here.backend.users.create(Key("x"), User(user_name="edsger.dijkstra"))
    source.people = [source.people[0], source.people[1], DIJKSTRA, NAMELESS]
    here.apply()
    here.pass_days(1)
    source.gaps = ("people.yaml:12: bletchley@example.org stands there twice",)
    here.apply()
    seen = datetime.now(UTC)  # whoever was silent for a minute leads nobody
    ledger.desk.see(Daemon("pid 4711 on sagittarius", "0.1.0", NOW, seen, leads=True))
    ledger.desk.see(Daemon("pid 12 on capricorn", "0.1.0", NOW, NOW, leads=False))
    ledger.desk.ask("main", Mode.DUE, "kay.stranger", NOW)


class Bare(BaseModel):
    """Of a source or target that has no settings."""


def settings_of(**status: object) -> Settings:
    given = {"listen": "127.0.0.1:0", "token": SecretStr(TOKEN), **status}
    part = Part(type="memory", config=Bare())
    return Settings(
        sources={"p": part},
        targets={"wiki": part, "forum": part},
        syncs={
            "main": SyncSettings(sources=["p"], target="wiki"),
            "new": SyncSettings(sources=["p"], target="forum", enabled=False),
        },
        status=StatusSettings(**given),
    )


def observed(path: Path, **status: object) -> Observed:
    return Observed(settings_of(**status), history(path))


@contextlib.contextmanager
def served(live: Observed, *pages) -> Iterator[httpx.Client]:
    """The endpoint where the settings have it, and a client of it."""
    with (
        site.served(live, *pages, listen=live.settings.status.listen) as url,
        httpx.Client(base_url=url, timeout=20) as client,
    ):
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def octets(client: httpx.Client, sent: bytes, seconds: float = 10.0) -> bytes:
    """What comes back until the end of the connection or of patience."""
    came = b""
    with socket.create_connection((client.base_url.host, client.base_url.port), seconds) as one:
        one.settimeout(seconds)
        with contextlib.suppress(ConnectionError):
            one.sendall(sent)
        with contextlib.suppress(TimeoutError, ConnectionError):
            while some := one.recv(65536):
                came += some
    return came
