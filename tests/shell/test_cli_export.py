"""`syncd export`: what is in a target becomes people files that mean exactly that."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from syncd.core.model import Group, Key, Member, Ref, State, Stored, User
from syncd.core.question import Seen
from syncd.export import people_files
from syncd.report import Exit
from syncd.sources.yaml import YamlConfig, YamlReading, YamlSource
from tests.shell.command import CONFIG, PEOPLE, World, small_world

ADOPTING = """
state_directory: adopting
sources:
  exported: {type: yaml, paths: [exported/]}
targets:
  store: {type: sql, url: sqlite:///store.db}
syncs:
  main:
    sources: [exported]
    target: store
    policy: {adopt: by_user_name, adopt_groups: true}
"""


@pytest.fixture
def world(tmp_path) -> World:
    return small_world(tmp_path)


def seen(*users: User, groups: tuple[Group, ...] = (), members: tuple[Member, ...] = ()) -> Seen:
    return Seen(
        tuple(Stored(Ref(f"u{number}"), user) for number, user in enumerate(users)),
        tuple(Stored(Ref(f"g{number}"), group) for number, group in enumerate(groups)),
        members,
    )


def read(directory: Path, what: Seen) -> tuple[YamlReading, tuple[str, ...]]:
    """What the YAML source makes of the exported files, and what was left out of them."""
    files = people_files(what)
    (directory / "users.yaml").write_text(files.users, encoding="utf-8")
    (directory / "groups.yaml").write_text(files.groups, encoding="utf-8")
    config = YamlConfig(type="yaml", paths=("users.yaml", "groups.yaml"))
    return YamlSource("exported", config, directory).read(), files.left_out


def test_an_exported_target_is_adopted_without_a_change(world: World):
    """The first plan from the exported files adopts every account and changes none."""
    world.write(
        "people.yaml",
        PEOPLE.replace("title: Countess", "title: 'no', phone: '0123', given_name: Null"),
    )
    world.syncd("apply", "--yes")
    with closing(sqlite3.connect(world.path / "store.db")) as store:
        store.execute("UPDATE users SET active = false WHERE user_name = 'grace.hopper'")
        store.commit()
    world.syncd("export", "store", "--out", str(world.path / "exported"))
    world.write("adopting.yaml", ADOPTING)

    plan = world.syncd("plan", config="adopting.yaml").stdout.splitlines()
    world.syncd("apply", "--yes", config="adopting.yaml")

    assert "  • adopts 2 accounts by user_name: ada.lovelace, grace.hopper" in plan
    assert "  • adopts 1 group by display_name: Engineering" in plan
    assert "Nothing to change" in plan
    assert world.syncd("plan", "--detailed-exitcode", config="adopting.yaml").exit_code == Exit.DONE


def test_an_export_overwrites_nothing(world: World):
    """Files that are there stay as they are."""
    world.syncd("apply", "--yes")
    kept = world.write("out/groups.yaml", "mine")

    result = world.syncd("export", "store", "--out", str(kept.parent))

    assert (result.exit_code, result.stderr) == (
        Exit.CONFIG,
        f"{kept} is there already; name another directory with --out\n",
    )
    assert [path.name for path in kept.parent.iterdir()] == ["groups.yaml"]


def test_an_export_without_a_directory_is_printed(world: World):
    """As one document."""
    world.syncd("apply", "--yes")

    assert world.syncd("export", "store").stdout == (
        "users:\n"
        "- id: ada.lovelace\n"
        "  user_name: ada.lovelace\n"
        "  email: ada@example.org\n"
        "  title: Countess\n"
        "- id: grace.hopper\n"
        "  user_name: grace.hopper\n"
        "  email: grace@example.org\n"
        "groups:\n"
        "- id: engineering\n"
        "  display_name: Engineering\n"
        "  members:\n"
        "  - ada.lovelace\n"
        "  - grace.hopper\n"
    )


def test_a_slip_in_the_targets_name_is_suggested(world: World):
    """As everywhere."""
    result = world.syncd("export", "stor")

    assert (result.exit_code, result.stderr) == (
        Exit.CONFIG,
        'there is no target "stor"; did you mean "store"?\n',
    )


def test_a_target_that_is_no_database_exports_nothing(world: World):
    """The exit code is the target's, and no file is made."""
    world.write("config.yaml", CONFIG)
    (world.path / "store.db").write_bytes(b"no database at all, in more than a hundred bytes " * 99)

    result = world.syncd("export", "store", "--out", str(world.path / "out"))

    assert (result.exit_code, (world.path / "out").exists()) == (Exit.TARGET, False)


def test_every_field_comes_back_as_it_was(tmp_path):
    """Whatever a value looks like to YAML, the source reads the same text."""
    odd = {
        "given_name": "null",
        "family_name": "~",
        "title": "1e3",
        "locale": "#x: y",
        "phone": "007",
    }
    user = User(user_name="Zoë Müller", admin=False, active=False, attributes={"room": "[1"}, **odd)

    reading, left_out = read(tmp_path, seen(user))

    (record,) = reading.users
    assert left_out == ()
    assert (record.key, record.state) == ("zoë-müller", State.SUSPENDED)
    assert record.attributes == {"user_name": "Zoë Müller", "admin": "false", "room": "[1", **odd}


def test_ids_are_one_to_one_and_do_not_depend_on_the_order_of_reading(tmp_path):
    """Names that give the same id are told apart; a second reading gives the same files."""
    users = [User(user_name="ada b"), User(user_name="ada-b")]
    groups = (Group(display_name="a a"), Group(display_name="A-a"))
    members = (
        Member(Ref("g0"), Ref("u1")),
        Member(Ref("g1"), Ref("u0")),
        Member(Ref("g1"), Ref("u1")),
    )
    what = seen(*users, groups=groups, members=members)
    backwards = Seen(what.users[::-1], what.groups[::-1], what.members[::-1])

    reading, _ = read(tmp_path, what)

    assert people_files(what) == people_files(backwards)
    assert {user.key: user.attributes["user_name"] for user in reading.users} == {
        "ada-b": "ada b",
        "ada-b-2": "ada-b",
    }
    assert {group.attributes["display_name"]: group.members for group in reading.groups} == {
        "A-a": (Key("ada-b"), Key("ada-b-2")),
        "a a": (Key("ada-b-2"),),
    }


def test_what_a_people_file_cannot_say_is_left_out_and_told(tmp_path):
    """The rest is exported, and the files can be read."""
    what = seen(
        User(user_name="ada", email="ada@example.org"),
        User(user_name="Ada", title="two\nlines", attributes={"key": "x"}),
        User(user_name="bob", email="ADA@example.org"),
        groups=(Group(display_name=" spaced "),),
    )

    reading, left_out = read(tmp_path, what)

    assert [user.attributes for user in reading.users] == [
        {"user_name": "Ada"},
        {"user_name": "bob", "email": "ADA@example.org"},
    ]
    assert sorted(left_out) == [
        "group g0: display_name ' spaced ' is not one line of text",
        "user Ada: an attribute cannot be called 'key'",
        "user Ada: title 'two\\nlines' is not one line of text",
        "user u0: user_name 'ada' belongs to another user already",
    ]
