"""What is measured with one directory: each part's subjects, which take turns."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.directory import CHANGED, GONE, NEW, Directory
from tests.benchmarks.measure import Figure, Run, Subject, in_turn, this
from tests.benchmarks.people import PASSWORD, READER
from tests.benchmarks.rivals import Django, Ldap2pg
from tests.benchmarks.stores import Store

SQLITE, POSTGRESQL, COMMAND_LINE = "SQLite", "PostgreSQL", "SQLite, command line"
KINDS = (SQLITE, POSTGRESQL)
LDAPSEARCH = "ldapsearch"
DJANGO, LDAP2PG = "django-python3-ldap", "ldap2pg"

HUNDRED = CHANGED + NEW + GONE

_MANY = 100_000
"""Beyond this, what takes minutes is not measured, and from it on only once."""


@dataclass(frozen=True)
class Bench:
    """A running directory, a PostgreSQL server's port, and the stores that are kept true to it."""

    directory: Directory
    server: int
    here: Path
    rounds: int
    watch: Callable[[str], None]

    def store(self, name: str) -> Store:
        server = self.server if name == POSTGRESQL else None
        folder = name.lower().replace(", ", "-").replace(" ", "-")
        return Store(self.here / folder, self.directory.source, server)

    @property
    def many(self) -> bool:
        return self.directory.size >= _MANY

    @property
    def too_many(self) -> bool:
        return self.directory.size > _MANY

    def in_turn(self, *subjects: Subject) -> dict[str, Figure]:
        return in_turn(subjects, self.rounds, self.watch)


def first_import(bench: Bench) -> dict[str, Figure]:
    """Everybody is new. It leaves the stores filled, for the parts that follow."""
    once = 1 if bench.too_many else None
    everybody = at_least(bench.directory.size)
    ours = [
        Subject(name, _cycle(bench.store(name)), bench.store(name).make_anew, once, everybody)
        for name in KINDS
    ]
    typed = bench.store(COMMAND_LINE)
    if not bench.too_many:
        ours.append(Subject(COMMAND_LINE, _command_line(typed), typed.make_anew))
    return bench.in_turn(_ldapsearch(bench), *ours)


def nothing_changed(bench: Bench) -> dict[str, Figure]:
    """All is read, of the directory and of the store, and compared; nothing is to be done."""
    ours = [Subject(name, _cycle(bench.store(name)), after=none) for name in KINDS]
    typed = Subject(COMMAND_LINE, _command_line(bench.store(SQLITE)))
    return bench.in_turn(_ldapsearch(bench), *ours, typed)


def hundred_changes(bench: Bench) -> dict[str, Figure]:
    """By quick cycles, and another hundred by full ones, on the same stores."""
    directory, subjects = bench.directory, []
    for mode in ("quick", "full"):
        for kind in KINDS:
            before = directory.change if kind == KINDS[0] else directory.forget
            after = hundred_quickly(directory) if mode == "quick" else at_least(HUNDRED)
            command = _cycle(bench.store(kind), mode)
            subjects.append(Subject(f"{mode}, {kind}", command, before, after=after))
    return bench.in_turn(*subjects)


def none(run: Run) -> str:
    """Nothing was to be done."""
    changes = run.told["changes"].value
    return f"there were {changes:,.0f} changes, and none was expected" if changes else ""


def at_least(expected: int) -> Callable[[Run], str]:
    """So much was to be done."""

    def after(run: Run) -> str:
        changes = run.told["changes"].value
        why = f"there were {changes:,.0f} changes, and at least {expected:,} were expected"
        return "" if changes >= expected else why

    return after


def hundred_quickly(directory: Directory) -> Callable[[Run], str]:
    """Where a quick cycle cannot be one it reads everything, and then it is none."""

    def after(run: Run) -> str:
        sent = directory.sent()
        if sent >= directory.size:
            return f"it was no quick cycle: {sent:,} entries were read"
        return at_least(HUNDRED)(run)

    return after


def reading(bench: Bench) -> dict[str, Figure]:
    """The people, by each reader; nothing is done with them."""
    directory = bench.directory
    base, wanted, attributes = directory.searches[0]
    store = bench.store("reading")
    store.make_anew()
    search = (directory.url, READER, PASSWORD, base, wanted, *attributes)
    return bench.in_turn(
        Subject(LDAPSEARCH, directory.ldapsearch(groups=False)),
        Subject("ldap3", this("ldap3_reading", *search)),
        Subject("records", this("reading", "records", store.config)),
        Subject("prints", this("reading", "prints", store.config)),
    )


def rivals(bench: Bench) -> dict[str, Figure]:
    """The first sync of each, and a second one with nothing to do."""
    url, once = bench.directory.url, 1 if bench.many else None
    if bench.too_many:
        too_long = Figure(why=f"takes too long with more than {_MANY:,} people")
        return dict.fromkeys([f"{DJANGO}, {kind}" for kind in KINDS], too_long)
    subjects = [_ldapsearch(bench)]
    for kind in KINDS:
        django = Django(bench.here / "django", url, bench.server if kind == POSTGRESQL else None)
        name = f"{DJANGO}, {kind}"
        subjects.append(Subject(name, django.command(), django.make_anew, once))
        subjects.append(Subject(f"{name}, again", django.command(), rounds=once))
    if not bench.many:
        roles = Ldap2pg(bench.here / "ldap2pg", url, bench.server)
        subjects.append(Subject(LDAP2PG, roles.command, roles.make_anew))
        subjects.append(Subject(f"{LDAP2PG}, again", roles.command))
    return bench.in_turn(*subjects)


def planning(bench: Bench) -> dict[str, Figure]:
    """A plan of as many creates as the directory has people, who come from nowhere."""
    store = bench.store("planning")
    command = this("planning", bench.directory.size, store.config)
    return bench.in_turn(Subject("plan", command, store.make_anew))


PARTS: dict[str, Callable[[Bench], dict[str, Figure]]] = {
    "import": first_import,
    "unchanged": nothing_changed,
    "changes": hundred_changes,
    "reading": reading,
    "planning": planning,
    "rivals": rivals,
}
"""In this order."""

FILLED = {"unchanged", "changes"}
"""They stand on what `import` left."""


def _cycle(store: Store, mode: str = "full") -> list[str]:
    return this("cycle", store.config, mode)


def _command_line(store: Store) -> Sequence[str]:
    program = Path(sys.executable).with_name("syncd")
    return [str(program), "--config", str(store.config), "apply", "--yes", "--full"]


def _ldapsearch(bench: Bench) -> Subject:
    return Subject(LDAPSEARCH, bench.directory.ldapsearch())
