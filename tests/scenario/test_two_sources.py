"""Two sources at once: employees in OpenLDAP, contractors and project groups in a YAML file."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.scenario.openldap import OpenLdap
from tests.scenario.stores import Store, active_memberships, refs
from tests.scenario.world import World
from tests.servers.slapd import Slapd

KIM = {"id": "kim", "user_name": "kim", "email": "kim@agency.example", "valid_until": "2999-12-31"}
OVER = {"id": "otto", "user_name": "otto", "valid_until": "2020-01-01"}
GRACE = {
    "id": "grace",
    "user_name": "amazing.grace",
    "title": "Rear Admiral",
    "phone": "+1 555 0100",
    "attributes": {"employee_number": "42"},
}
ADA_OF_CORP = {"source": "corp", "user_name": "Ada"}
PROJECT = {"id": "project", "display_name": "Project", "members": ["kim", "grace", ADA_OF_CORP]}


class Company:
    """Ada, Grace and Zoë in the directory, Kim and more of Grace in the file."""

    def __init__(self, folder: Path, server: Slapd, store: Store) -> None:
        self.directory, self.server, self._file = OpenLdap(server), server, folder / "extra.yaml"
        self.store, self.world = store, World(folder, self.directory, store)
        people = {
            name: value for name, value in self.directory.config.items() if name != "sentinels"
        }
        people["users"] = {
            "bases": [server.people],
            "attributes": {"employee_number": "employeeNumber"},
        }
        sources = {"corp": people, "extra": {"type": "yaml", "paths": ["extra.yaml"]}}
        merge = {"by": "employee_number", "precedence": {"title": ["extra"], "phone": ["corp"]}}
        self.world.write_config(
            sources, {"sources": ["corp", "extra"], "target": "store", "merge": merge}
        )
        self.ada = server.add_user("ada")
        self.grace = server.add_user(
            "grace", employeeNumber="42", title="Commodore", telephoneNumber="+1 555 0199"
        )
        self.zoe = server.add_user("zoe", cn="Zoë")
        server.add_group("Staff", [self.ada, self.grace, self.zoe])
        self.write([KIM, OVER, GRACE], [PROJECT])

    def write(self, users: list[dict[str, Any]], groups: list[dict[str, Any]]) -> None:
        self._file.write_text(yaml.safe_dump({"users": users, "groups": groups}), "utf-8")

    def apply(self, code: int = 0) -> str:
        return self.world.syncd("apply", "--yes", code=code)

    @property
    def active(self) -> frozenset[tuple[str, str | None]]:
        return active_memberships(self.store)

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to do, and nothing to decide."""
        plan = self.world.syncd.plan()
        return not (plan["changes"] or plan["marks"] or plan["conflicts"])


STAFF = {("ada", "Staff"), ("grace", "Staff"), ("zoe", "Staff")}
BOTH = STAFF | {("ada", "Project"), ("grace", "Project"), ("kim", "Project")}


@pytest.fixture
def company(tmp_path: Path, slapd: Slapd, store: Store) -> Company:
    company = Company(tmp_path, slapd, store)
    company.apply()
    return company


def test_two_records_of_one_person_are_one_account(company: Company) -> None:
    """By the attribute that the rule names, each field from the source that goes first for it."""
    assert company.active == BOTH
    row = "SELECT email, title, phone FROM users WHERE user_name = 'grace'"
    assert company.store.rows(row) == [("grace@example.test", "Rear Admiral", "+1 555 0199")]
    assert set(refs(company.store)) == {"ada", "grace", "zoe", "kim"}
    assert company.world.syncd.plan()["changes"] == []


def test_who_comes_into_the_first_source_keeps_the_account(company: Company) -> None:
    """A contractor who is employed has the same account, now as the directory states it."""
    kim = refs(company.store)["kim"]
    company.write([GRACE, {**KIM, "attributes": {"employee_number": "43"}}], [PROJECT])
    company.server.add_user("kim.kay", employeeNumber="43")
    company.apply()
    assert refs(company.store)["kim.kay"] == kim
    row = f"SELECT user_name, email, active FROM users WHERE id = '{kim}'"
    ((login, email, active),) = company.store.rows(row)
    assert (login, email, bool(active)) == ("kim.kay", "kim.kay@example.test", True)
    assert company.active == {*BOTH - {("kim", "Project")}, ("kim.kay", "Project")}
    assert company.world.syncd.plan()["changes"] == []


def test_who_leaves_the_first_source_and_returns_keeps_the_account(company: Company) -> None:
    """Grace stops being employed and goes on with a project: one account, active all along."""
    before = refs(company.store)
    company.server.delete(company.grace)
    [told] = json.loads(company.world.syncd("explain", "--format", "json", "extra:grace"))
    assert (told["key"], told["account"]["ref"]) == ("extra:grace", before["grace"])
    company.apply()
    renamed = {name.replace("grace", "amazing.grace"): ref for name, ref in before.items()}
    assert refs(company.store) == renamed
    assert company.active == {pair for pair in BOTH if pair[0] != "grace"} | {
        ("amazing.grace", "Project")
    }
    assert company.settled
    company.server.add_user("grace", employeeNumber="42", title="Commodore")
    company.apply()
    assert (refs(company.store), company.active) == (before, BOTH)
    assert company.settled


def test_while_one_source_is_away_the_other_goes_on(company: Company) -> None:
    """The killed directory takes nobody along; the file's newcomer comes, its leaver waits.

    Grace, whom both know, is not made a second time.
    """
    newcomer = {"id": "max", "user_name": "max"}
    project = {**PROJECT, "members": ["kim", "max", "grace", ADA_OF_CORP]}
    company.directory.stop()
    try:
        company.write([GRACE, {**KIM, "valid_until": "2021-01-01"}, newcomer], [project])
        said = company.apply(code=3)
    finally:
        company.directory.start()
    assert "nothing listens there" in said
    assert company.active == BOTH | {("max", "Project")}
    company.apply()
    assert company.active == (BOTH | {("max", "Project")}) - {("kim", "Project")}
    assert company.world.syncd.plan()["changes"] == []


def test_a_file_that_is_wrong_keeps_no_employee_waiting(company: Company) -> None:
    """The directory's newcomer comes, and nothing of the file's is lost."""
    company.write([GRACE, {**KIM, "e_mail": "x"}], [PROJECT])
    lin = company.server.add_user("lin")
    company.server.add_group("Night", [lin])
    assert 'a user has no "e_mail"' in company.apply(code=3)
    assert company.active == BOTH | {("lin", "Night")}
    company.write([GRACE, KIM], [PROJECT])
    company.apply()
    assert company.active == BOTH | {("lin", "Night")}


def test_a_reference_that_leads_to_nobody_removes_nobody(company: Company) -> None:
    """Ada leaves: her account is suspended, and the group that names her stays as it was."""
    company.server.delete(company.ada)
    company.apply()
    kept = {pair for pair in BOTH if pair[0] != "ada"}
    assert company.active == kept
    (failure,) = company.world.syncd.plan()["failures"]
    assert failure["key"] == "extra:project"
    assert failure["why"].startswith("user_name 'Ada' in source corp is nobody; nobody is removed")
