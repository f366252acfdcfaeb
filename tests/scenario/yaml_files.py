"""The organisation in YAML files, rewritten as an administrator or an export would."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.scenario.directory import Fault
from tests.scenario.organisation import Person, Team

_NOTHING = "users: []\ngroups: []\n"


class YamlFiles:
    circles = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "people"
        self._folder.mkdir()
        self._people: dict[str, Person] = {}
        self._out: dict[str, Person] = {}
        self._teams: dict[str, Team] = {}
        self.config: dict[str, object] = {"type": "yaml", "paths": ["people"]}

    def put_person(self, key: str, person: Person) -> None:
        self._people[key] = person
        self._write()

    def move_out(self, key: str) -> None:
        self._out[key] = self._people.pop(key)
        self._write()

    def move_in(self, key: str) -> None:
        self._people[key] = self._out.pop(key)
        self._write()

    def delete_person(self, key: str) -> None:
        del self._people[key]
        self._write()

    def put_team(self, key: str, team: Team) -> None:
        self._teams[key] = team
        self._write()

    def delete_team(self, key: str) -> None:
        del self._teams[key]
        self._write()

    @contextmanager
    def empty(self) -> Iterator[None]:
        nobody = self._instead("staff.yaml", _NOTHING.encode())
        with nobody, self._instead("teams.yaml", _NOTHING.encode()):
            yield

    def faults(self) -> list[Fault]:
        no_text = self._instead("staff.yaml", b"users: [{id: caf\xe9}]")
        twins = self._instead("more.yaml", b"users: [{id: p01}]")
        slip = self._instead("more.yaml", b"users:\n  - {id: x, e_mail: x@example.org}\n")
        nobody = self._instead("more.yaml", b"groups: [{id: x, members: [p1]}]")
        cut = self._instead("staff.yaml", (self._folder / "staff.yaml").read_bytes()[:-9])
        return [
            Fault("not UTF-8", "staff.yaml", no_text),
            Fault("an id twice", '"p01" belongs already to the user at', twins),
            Fault("an unknown name", 'more.yaml:2:13: a user has no "e_mail"', slip),
            Fault("a member who is nobody", 'no user has the id "p1"', nobody),
            Fault("a file that ends early", "staff.yaml:", cut),
            Fault("no folder", "people", self._away()),
        ]

    @contextmanager
    def _away(self) -> Iterator[None]:
        self._folder.rename(self._folder.with_name("elsewhere"))
        yield
        self._folder.with_name("elsewhere").rename(self._folder)

    @contextmanager
    def _instead(self, name: str, octets: bytes) -> Iterator[None]:
        file = self._folder / name
        before = file.read_bytes() if file.exists() else None
        file.write_bytes(octets)
        yield
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)

    def _write(self) -> None:
        users = [_user(key, person) for key, person in self._people.items()]
        teams = [self._team(key, team) for key, team in self._teams.items()]
        for name, found in (("staff", {"users": users}), ("teams", {"groups": teams})):
            text = yaml.dump(found, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
            (self._folder / f"{name}.yaml").write_text(text, "utf-8")

    def _team(self, key: str, team: Team) -> dict[str, object]:
        return {
            "id": key,
            "display_name": team.name,
            "members": sorted(team.members & self._people.keys()),
            "groups": sorted(team.inner & self._teams.keys()),
        }


def _user(key: str, person: Person) -> dict[str, object]:
    return {
        "id": key,
        "user_name": person.login,
        "email": person.email,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "display_name": person.display_name,
        "state": "suspended" if person.suspended else "active",
    }
