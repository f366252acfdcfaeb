"""A ledger is copied whole: what syncd knows does not depend on where it is kept."""

import pytest

from syncd.ledger.operation import DAEMONS
from syncd.ledger.schema import SCHEMA
from tests.servers.databases import Place
from tests.shell.command import World, small_world


@pytest.fixture
def world(tmp_path) -> World:
    """Where two runs have been."""
    world = small_world(tmp_path)
    assert world.syncd("apply", "--yes").exit_code == 0
    world.write("people.yaml", (world.path / "people.yaml").read_text().replace("Countess", "Dr"))
    assert world.syncd("apply", "--yes").exit_code == 0
    return world


def rows(place: Place) -> dict[str, list[tuple[object, ...]]]:
    tables = [table for table in SCHEMA.metadata.sorted_tables if table is not DAEMONS]
    return {
        table.name: sorted(place.ask(SCHEMA, f"SELECT * FROM {table.name}"), key=repr)
        for table in tables
    }


def moved(world: World, place: Place) -> World:
    """The same configuration with the copy as its ledger."""
    text = (world.path / "config.yaml").read_text()
    world.write("config.yaml", f"{text}\nledger: {{url: '{place.url}'}}\n")
    return world


def secret(place: Place) -> str:
    return place.password.get_secret_value() if place.password else ""


def url_of(place: Place) -> str:
    """With its password, for the command line."""
    if place.password is None:
        return place.url
    return place.url.replace("@", f":{secret(place)}@", 1)


def test_the_copy_has_all_and_goes_on_where_the_old_one_ended(world, place):
    """Nothing is made anew, nobody is a stranger, and the next run has the next number."""
    copied = world.syncd("ledger", "copy", "--to", url_of(place))
    assert copied.exit_code == 0, copied.output
    assert "among them 2 runs and 3 links to accounts" in copied.output
    assert secret(place) == "" or secret(place) not in copied.output
    old = rows(Place(f"sqlite:///{world.path}/.syncd/ledger.db"))
    if place.password is None:
        assert rows(place) == old
    else:
        assert {name: len(found) for name, found in rows(place).items()} == {
            name: len(found) for name, found in old.items()
        }
    environ = {"SYNCD_LEDGER__PASSWORD": secret(place)} if place.password else {}
    elsewhere = moved(world, place)
    assert "Nothing to change" in elsewhere.syncd("apply", "--yes", **environ).output
    runs = elsewhere.syncd("history", "--format", "json", **environ).stdout
    assert '"run": 3' in runs or '"run":3' in runs


def test_the_password_need_not_stand_on_the_command_line(world, place):
    """Everybody on the machine could read it there; the settings' is the new ledger's, too."""
    environ = {"SYNCD_LEDGER__PASSWORD": secret(place)} if place.password else {}

    copied = world.syncd("ledger", "copy", "--to", place.url, **environ)

    assert copied.exit_code == 0, copied.output


def test_nothing_is_copied_over_what_is_there(world, place):
    """The second copy is refused, and the first one stays."""
    assert world.syncd("ledger", "copy", "--to", url_of(place)).exit_code == 0
    before = rows(place)
    again = world.syncd("ledger", "copy", "--to", url_of(place))
    assert again.exit_code == 4
    assert "has runs already: copy to an empty place" in again.output
    assert rows(place) == before


def test_there_must_be_something_to_copy(tmp_path):
    """An empty copy would look like one that worked."""
    world = small_world(tmp_path)
    result = world.syncd("ledger", "copy", "--to", f"sqlite:///{tmp_path}/copy.db")
    assert result.exit_code == 4
    assert "nothing to copy" in result.output
    assert not (tmp_path / "copy.db").exists()


def test_a_place_that_is_none_is_told_of(world):
    """With the option that named it."""
    result = world.syncd("ledger", "copy", "--to", "mysql://h/d")
    assert result.exit_code == 2
    assert result.output.startswith("--to: ")
