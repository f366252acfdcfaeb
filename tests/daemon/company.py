"""A company whose syncs have run for a month: real files, stores, runs and a ledger with all of it.

The last morning has something of everything: changes that are held, a conflict, a record that cannot
be mapped, a change that fails, removals that are withheld, a leaver, and two hands that changed an account.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from syncd.config.assemble import assemble, ledger
from syncd.config.loading import load_settings
from syncd.config.settings import Settings
from syncd.daemon.live import Progress
from syncd.engine import apply
from syncd.errors import SyncdError
from syncd.ledger import Ledger
from syncd.ledger.daemons import Daemon

MORNING = datetime(2026, 4, 1, 8, 25, tzinfo=UTC)
TOKEN = "a-token-of-the-tests"
STRANGE = '<script>alert("x")</script>'
"""What somebody called Mallory has for a title."""

_CONFIG = """
sources:
  staff: {type: yaml, paths: [staff.yaml]}
  partners: {type: yaml, paths: [partners.yaml]}
  students: {type: yaml, paths: [students.yaml]}
targets:
  wiki: {type: sql, url: sqlite:///wiki.db}
  projects: {type: sql, url: sqlite:///projects.db}
  forum: {type: sql, url: sqlite:///forum.db}
  campus: {type: sql, url: sqlite:///campus.db}
  intranet: {type: sql, url: sqlite:///intranet.db}
  archive: {type: sql, url: sqlite:///archive.db}
syncs:
  wiki: {sources: [staff], target: wiki}
  projects:
    sources: [partners]
    target: projects
    users: {always: {display_name: "{{ given_name }} {{ family_name }}"}}
  forum: {sources: [staff], target: forum}
  campus: {sources: [students], target: campus}
  intranet: {sources: [staff], target: intranet}
  archive: {sources: [partners], target: archive}
  library: {sources: [students], target: campus, enabled: false}
status: {token: %s}
"""

_GIVEN = [
    "Ada",
    "Alan",
    "Grace",
    "Katherine",
    "Edsger",
    "Barbara",
    "Donald",
    "Frances",
    "Hedy",
    "Dennis",
    "Radia",
    "Ken",
    "Zoë",
    "John",
    "Margaret",
    "Niklaus",
]
_FAMILY = [
    "Lovelace",
    "Turing",
    "Hopper",
    "Johnson",
    "Dijkstra",
    "Liskov",
    "Knuth",
    "Allen",
    "Lamarr",
    "Ritchie",
    "Perlman",
    "Müller",
    "Hamilton",
    "Wirth",
]
_TITLES = "Engineer", "Designer", "Analyst", "Head of Research", "Librarian"


_SUNDAY = 6


def people(prefix: str, number: int) -> list[dict]:
    """So many, with names of their own."""
    made = []
    for n in range(number):
        given, family = _GIVEN[n % len(_GIVEN)], _FAMILY[(n * 3 + n // 16) % len(_FAMILY)]
        login = f"{given}.{family}{n // 16 or ''}".lower().replace("ë", "e").replace("ü", "ue")
        made.append(
            {
                "id": f"{prefix}{n}",
                "user_name": login,
                "email": f"{login}@{prefix}.example.org",
                "given_name": given,
                "family_name": family,
                "title": _TITLES[n % len(_TITLES)],
            }
        )
    return made


@dataclass
class Company:
    """`now` is the clock of all; `ledger` is open until `close`."""

    path: Path
    now: datetime = MORNING - timedelta(days=30)
    people: dict[str, list[dict]] = field(default_factory=dict)
    groups: dict[str, list[dict]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.path / "config.yaml").write_text(_CONFIG % TOKEN)
        self.settings: Settings = load_settings(self.path / "config.yaml", {})
        self.ledger: Ledger = ledger(self.settings, write=True)

    def run(self, sync: str) -> None:
        """One cycle, whatever becomes of it."""
        for source, here in self.people.items():
            text = json.dumps({"users": here, "groups": self.groups.get(source, [])})
            (self.path / f"{source}.yaml").write_text(text)
        with closing(assemble(self.settings, sync)) as made:
            try:
                apply(made, self.ledger, clock=self._tick, approve=lambda _plan: True)
            except SyncdError:
                return

    def by_hand(self, store: str, statement: str, *values: object) -> None:
        """What somebody does in a store without syncd."""
        with closing(sqlite3.connect(self.path / f"{store}.db")) as opened, opened:
            opened.execute(statement, values)

    def close(self) -> None:
        self.ledger.close()

    def _tick(self) -> datetime:
        self.now += timedelta(milliseconds=137)
        return self.now


def month(path: Path) -> Company:
    """The company after a month, on the morning when somebody opens the page."""
    here = Company(path)
    here.people = {
        "staff": people("staff", 48),
        "partners": people("partners", 40),
        "students": people("students", 30),
    }
    staff = here.people["staff"]
    here.groups["staff"] = [_group("all", staff), _group("research", staff[3::5])]
    for day in range(30):
        here.now = MORNING - timedelta(days=30 - day, hours=2)
        _changes_of(here, day)
        for sync, every in (
            ("wiki", 1),
            ("projects", 4),
            ("forum", 5),
            ("intranet", 10),
            ("campus", 15),
        ):
            if day % every == 0 and day % 7 != _SUNDAY:
                here.run(sync)
    _last_morning(here)
    return here


def _group(name: str, members: list[dict]) -> dict:
    return {"id": name, "display_name": name.title(), "members": [one["id"] for one in members]}


def _changes_of(here: Company, day: int) -> None:
    """On most days somebody is new or called otherwise, and now and then somebody leaves."""
    staff, partners = here.people["staff"], here.people["partners"]
    if day % 7 not in {5, 6}:
        some = staff[day % len(staff)]
        some["title"] = f"Senior {some['title'].removeprefix('Senior ')}"
        partners[day % 20]["title"] = f"Partner since {date(2026, 3, 1 + day % 28)}"
    if day % 4 == 1:
        new = people("staff", 49 + day)[-1]
        staff.append(new)
        here.groups["staff"] = [_group("all", staff), _group("research", staff[3::5])]
    if day in {9, 17, 18, 23}:
        gone = staff.pop(7)
        for group in here.groups["staff"]:
            group["members"] = [one for one in group["members"] if one != gone["id"]]


def _last_morning(here: Company) -> None:
    here.now = MORNING - timedelta(hours=2)
    _hands(here)
    here.people["staff"][2]["title"] = STRANGE
    here.people["students"] = []
    here.people["partners"] = [
        *here.people["partners"][14:],
        {"id": "p-new", "user_name": "rosalind.franklin", "email": "rosalind@example.org"}
        | {"given_name": "Rosalind", "family_name": "Franklin"},
        {"id": "p-odd", "user_name": "nobody", "email": "nobody@example.org"},
    ]
    here.by_hand(
        "projects",
        "INSERT INTO users (id, user_name, email) VALUES ('7', 'rosalind.franklin', 'rf@example.com')",
    )
    here.by_hand(
        "forum",
        "CREATE TRIGGER no BEFORE UPDATE ON users WHEN new.title LIKE '<%'"
        " BEGIN SELECT RAISE(ABORT, 'titles must be plain'); END",
    )
    for sync, minutes in (
        ("forum", 32),
        ("forum", 17),
        ("forum", 2),
        ("wiki", 3),
        ("projects", 4),
        ("campus", 5),
    ):
        here.now = MORNING - timedelta(minutes=minutes)
        here.run(sync)
    here.now = MORNING
    started = MORNING - timedelta(days=3, hours=4)
    for number, leads in ((1, True), (2, False)):
        name = f"{811 + number}@syncd-{number}.example.org"
        here.ledger.desk.see(Daemon(name, "0.1.0", started, MORNING - timedelta(seconds=4), leads))


def _hands(here: Company) -> None:
    """Somebody changes two accounts of the wiki."""
    ada = here.people["staff"][0]["user_name"]
    alan = here.people["staff"][1]["user_name"]
    here.by_hand("wiki", "UPDATE users SET title = 'Queen' WHERE user_name = ?", ada)
    here.by_hand("wiki", "DELETE FROM users WHERE user_name = ?", alan)


@dataclass
class Shown:
    """A daemon of that company, as `Live` has it."""

    company: Company
    leader: bool = True
    name: str = "812@syncd-1.example.org"
    trouble: str = ""
    settings: Settings = None

    def __post_init__(self) -> None:
        self.settings = self.settings or self.company.settings

    @property
    def ledger(self) -> Ledger:
        return self.company.ledger

    @property
    def started_at(self) -> datetime:
        return MORNING - timedelta(days=3)

    def alive(self) -> bool:
        return True

    def unable(self) -> str:
        return self.trouble

    def leads(self) -> bool:
        return self.leader

    def next_runs(self) -> dict[str, datetime | None]:
        soon = self.company.now + timedelta(minutes=13)
        enabled = [name for name, sync in self.settings.syncs.items() if sync.enabled]
        return dict.fromkeys(enabled, soon if self.leader else None)

    def under_way(self) -> dict[str, Progress]:
        since = self.company.now - timedelta(seconds=42)
        return {"intranet": Progress("intranet", since, "reading the source staff", 1200, 4000)}

    def run_now(self, sync: str, by: str) -> int:
        raise NotImplementedError
