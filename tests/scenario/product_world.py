"""An organisation in YAML files, a product that follows, and syncd between them.

The engine is called as the command calls it, so that a test can count and say what time it is.
"""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from syncd.config import load_settings
from syncd.config.assemble import assemble, ledger
from syncd.core.plan import Plan
from syncd.engine import apply, plan
from syncd.report import Exit, Report
from syncd.sync import Sync
from tests.faults.installation import Installation
from tests.scenario.organisation import Organisation, Person, Team
from tests.scenario.targets import Look, Product
from tests.scenario.world import World
from tests.scenario.yaml_files import YamlFiles
from tests.world import ANY_NUMBER


class Cost(NamedTuple):
    """The calls of one apply, before its first change, for its changes, and after its last."""

    changes: int
    reading: int
    writing: int
    verifying: int

    @property
    def calls(self) -> int:
        return self.reading + self.writing + self.verifying

    @property
    def each(self) -> float:
        return self.writing / self.changes

    def __str__(self) -> str:
        reads = f"{self.reading} to read, {self.verifying} to verify"
        return f"{self.changes} changes, {self.writing} calls ({self.each:.2f} each), {reads}"


@dataclass
class _Target:
    """What a `World` asks of a store."""

    config: dict[str, Any]


class ProductWorld(World):
    """Whoever is in the organisation is as the product takes them, also after a change."""

    def __init__(self, folder: Path, product: Product, server: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.product, self.server = product, server
        self.costs: list[Cost] = []
        self._joined: set[tuple[str, str]] = set()
        self._names: dict[str, str] = {}
        super().__init__(folder, YamlFiles(folder), _Target(product.config(server)))
        self.theirs = product.foreign(server)
        self._first = _counted(product.look(server), product.fields)
        self._foreign = self.theirs()
        self.ledger = Installation(folder, {"ledger": "sqlite:///state/ledger.db"})

    def configure(self, **policy: object) -> None:
        given: dict[str, object] = {"budget": ANY_NUMBER, "vanished_groups": "delete"}
        if self.product.deletes:
            given["leavers"] = "delete"
        given |= {**self.product.policy, **policy}
        sync = {"sources": ["corp"], "target": "store", "policy": given, **self.product.sync}
        self.write_config({"corp": self.directory.config}, sync)

    def open(self, organisation: Organisation) -> None:
        """All of them are in the directory."""
        for key, person in organisation.people.items():
            self.join(key, person)
        for key, team in organisation.teams.items():
            self.found_team(key, team)

    def join(self, key: str, person: Person, *teams: str) -> None:
        self.organisation.people[key] = self.product.fit(person)
        self.directory.put_person(key, self.organisation.people[key])
        if teams:
            self.move(key, *teams)

    def change(self, key: str, **fields: Any) -> None:
        changed = replace(self.organisation.people[key], **fields)
        self.organisation.people[key] = self.product.fit(changed)
        self.directory.put_person(key, self.organisation.people[key])

    def change_team(self, key: str, **fields: Any) -> None:
        if not self.product.renames_groups:
            fields.pop("name", None)
        self.found_team(key, replace(self.organisation.teams[key], **fields))

    def found_team(self, key: str, team: Team) -> None:
        self.organisation.teams[key] = team
        self.directory.put_team(key, team)

    def let_them_in(self, team: str) -> None:
        """Somebody puts the foreign account into one of our groups."""
        if self.product.joins is not None:
            name = self.organisation.teams[team].name
            self.product.joins(self.server, name)
            self._first[f"member {name}: robot"] += 1

    # -- syncd --------------------------------------------------------------------------------

    def sync(self) -> Sync:
        """To be closed."""
        return assemble(load_settings(self.syncd.config, {}), "main")

    def apply(self, sync: Sync, now: datetime | None = None, **how: Any) -> Report:
        with closing(ledger(load_settings(self.syncd.config, {}), write=True)) as memory:
            how.setdefault("approve", lambda _: True)
            return apply(sync, memory, clock=lambda: now or datetime.now(UTC), **how)

    def plan(self, now: datetime | None = None) -> Plan:
        with (
            closing(ledger(load_settings(self.syncd.config, {}), write=True)) as memory,
            closing(self.sync()) as sync,
        ):
            return plan(sync, memory, now or datetime.now(UTC))

    def settle(self, now: datetime | None = None) -> Report:
        """Applies, holds the product against what should be there, and plans again: nothing."""
        with closing(self.sync()) as sync:
            report = self._counted(sync, now)
        run = report.execution
        wrong = (run.failed, run.unknown, run.stopped, report.unsettled, report.unverified)
        assert (report.exit_code, wrong) == (Exit.DONE, ([], [], "", (), ""))
        self.assert_settled(now)
        return report

    def _counted(self, sync: Sync, now: datetime | None) -> Report:
        counts: dict[str, int] = {"": self._calls(sync)}

        def note(what: str) -> bool:
            counts.setdefault(what, self._calls(sync))
            return True

        report = self.apply(
            sync, now, approve=lambda _: note("applying"), watch=lambda what, *_: note(what)
        )
        note("verifying")
        note("end")
        reads, writes = counts["applying"] - counts[""], counts["verifying"] - counts["applying"]
        verifies = counts["end"] - counts["verifying"]
        self.costs.append(Cost(len(report.execution.done), reads, writes, verifies))
        return report

    def _calls(self, sync: Sync) -> int:
        """Those that came; of a server of somebody else's, those that were sent."""
        calls = getattr(self.server, "calls", None)
        return sync.backend.session.calls if calls is None else len(calls)

    # -- what must come of it -----------------------------------------------------------------

    def assert_settled(self, now: datetime | None = None) -> None:
        wrong = self.wrong()
        assert not wrong, wrong
        left = self.plan(now)
        assert (left.changes, left.held, left.withheld, left.conflicts) == ((), (), (), ()), left
        assert self.theirs() == self._foreign

    def wrong(self) -> str:
        """What the product lacks of what should be there, and what it has too much, or nothing."""
        found = _counted(self.product.look(self.server), self.product.fields)
        lacking, beyond = self._wanted() - found, found - self._wanted()
        said = [f"lacks {sorted(lacking.elements())}"] * bool(lacking)
        return "; ".join(said + [f"has beyond {sorted(beyond.elements())}"] * bool(beyond))

    def _wanted(self) -> Counter[str]:
        ours = self.organisation.settled()
        look = Look(
            [account._asdict() for account in ours.accounts],
            ours.groups if self.product.makes_groups else (),
            ours.members if self.product.removes_members else self._ever_in(),
        )
        return self._first + _counted(look, self.product.fields)

    def _ever_in(self) -> set[tuple[str, str]]:
        """Who was in which team at any time, where the product can put nobody out."""
        organisation = self.organisation
        for team in organisation.teams if self.product.groups else ():
            there = organisation.everybody_in(team) & organisation.people.keys()
            self._joined |= {(team, key) for key in there & organisation.accounts.keys()}
            self._names[team] = organisation.teams[team].name
        return {
            (self._names[team], organisation.login(key))
            for team, key in self._joined
            if key in organisation.accounts
        }


def _counted(look: Look, fields: frozenset[str]) -> Counter[str]:
    """A line for each thing; e-mails without case, for some products write them in their own."""
    found: Counter[str] = Counter()
    for account in look.accounts:
        told = {name: account.get(name) for name in sorted(fields | {"active"})}
        if told.get("email"):
            told["email"] = told["email"].lower()
        found[f"account {told}"] += 1
    found.update(f"group {name}" for name in look.groups)
    found.update(f"member {group}: {login}" for group, login in look.members)
    return found
