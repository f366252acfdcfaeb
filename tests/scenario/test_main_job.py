"""The main job from end to end: real directories, the real command, real stores, a year of events."""

from datetime import UTC, datetime, timedelta

from tests.scenario.organisation import AWAY, Account, Content, Person
from tests.scenario.stores import active_memberships, content, difference, refs
from tests.scenario.world import World

NEW = Person("newbie", "Nora", "Newman", "nora@example.org")


def test_the_store_becomes_what_the_directory_says(world: World) -> None:
    """Sixty people of all names in nested teams; new logins, swaps and names are updates, no more."""
    assert active_memberships(world.store) == _shown(world.expected())
    users, groups = refs(world.store), refs(world.store, "groups", "display_name")
    world.join("new", NEW, "night", "core")
    world.move("p30", "dev", "security")
    world.move("p18")
    world.change("p40", login="lovelace2", email="new.address@example.org", family_name="Łęcki-Ó")
    world.change("p03", login="ada.l", entry="Lovelace-King, Ada")
    world.change("p41", email=None)
    world.swap_logins("p42", "p43")
    world.change_team("dev", name="R&D; “Entwicklung”")
    world.change_team("sales", inner=frozenset({"core"}))
    plan = world.syncd.plan(code=10)
    circles = [note for note in plan["notes"] if "groups contain each other" in note]
    assert len(circles) == world.directory.circles
    changed = {(one["op"], one["kind"], one["name"]) for one in plan["changes"]}
    renamed = {"user40": "lovelace2", "ada": "ada.l", "user42": "user43", "user43": "user42"}
    assert {one for one in changed if one[1] != "member"} == {
        ("create", "user", "newbie"),
        ("update", "group", "Development"),
        *(("update", "user", name) for name in (*renamed, "user41")),
    }
    world.settle()
    kept = {renamed.get(login, login): ref for login, ref in users.items()}
    assert refs(world.store) == kept | {"newbie": refs(world.store)["newbie"]}
    kept = {name.replace("Development", "R&D; “Entwicklung”"): groups[name] for name in groups}
    assert refs(world.store, "groups", "display_name") == kept


def test_removal_is_a_ladder_and_each_step_back_is_known(world: World) -> None:
    """Leavers lose access only and get it back; by hand is by hand; a new key is a new person."""
    before = refs(world.store)
    world.store.execute("UPDATE users SET active = false WHERE user_name = 'user45'")
    world.organisation.disabled_by_hand.add("p45")
    world.change("p45", email="elsewhere@example.org")
    world.leave("p44")
    again = world.organisation.people["p50"]
    world.delete("p50")
    world.organisation.refused.add("again")
    world.join("again", again, "sales")
    plan = world.settle()
    by_hand = "user45 stays suspended: disabled by hand"
    assert by_hand in plan["notes"]
    (conflict,) = plan["conflicts"]
    assert f"is taken by user50 ({before['user50']})" in conflict["why"]
    world.come_back("p44")
    world.leave("p45")
    world.settle()
    world.come_back("p45")
    assert by_hand in world.settle()["notes"]
    assert refs(world.store) == before


def test_a_leaver_is_deleted_once_the_grace_period_is_over(world: World) -> None:
    """Not a day before; and only then can another person have the login, in an account of their own."""
    world.configure(leavers="delete", grace="30d")
    old = refs(world.store)["user50"]
    again = world.organisation.people["p50"]
    world.leave("p44")
    world.delete("p50")
    world.organisation.refused.add("again")
    world.join("again", again, "sales")
    world.settle()
    now = datetime.now(UTC)
    for days in (14, 29):
        assert world.apply_at(now + timedelta(days=days)).changes == ()
    world.forget("p44")
    world.forget("p50")
    world.organisation.refused.clear()
    done = world.apply_at(now + timedelta(days=31)).changes
    assert {(one.op, one.name) for one in done if one.kind == "user"} == {
        ("delete", "user44"),
        ("delete", "user50"),
        ("create", "user50"),
    }
    assert difference(world.store, world.expected()) == ""
    assert refs(world.store)["user50"] != old
    world.settle()


def test_what_is_foreign_is_left_alone(world: World) -> None:
    """An account that syncd did not make is never touched, adopted or put in its place."""
    world.store.execute(
        "INSERT INTO users (id, user_name, email) VALUES ('f1', 'NewBie', 'f@x.org')"
    )
    world.store.execute("INSERT INTO users (id, user_name) VALUES ('f2', 'robot')")
    world.store.execute("INSERT INTO groups (id, display_name) VALUES ('g1', 'Theirs')")
    world.store.execute("INSERT INTO members (group_id, user_id) VALUES ('g1', 'f2')")
    newbie, robot = (
        Account(*one, None, None, None, active=True)
        for one in (("NewBie", "f@x.org"), ("robot", None))
    )
    theirs = (frozenset({"Theirs"}), frozenset({("Theirs", "robot")}))
    world.foreign = Content(frozenset({newbie, robot}), *theirs)
    world.organisation.refused.add("new")
    world.join("new", NEW, "night")
    world.change("p33", suspended=True)
    world.change(AWAY, suspended=False)
    plan = world.settle()
    assert plan["foreign"] == {"user": 2, "group": 1}
    assert [one["why"] for one in plan["conflicts"]] == [
        "user_name 'newbie' is taken by NewBie (f1)"
    ]
    world.store.execute("DELETE FROM users WHERE id = 'f1'")
    world.foreign = Content(frozenset({robot}), *theirs)
    world.organisation.refused.clear()
    world.change("p33", suspended=False)
    assert world.settle()["conflicts"] == []


def test_a_source_that_breaks_removes_nothing(world: World) -> None:
    """However it breaks: exit code 3, clear words, nothing lost, and all is well once it is mended."""
    before = content(world.store)
    faults = world.directory.faults()
    assert len(faults) > 3
    for fault in faults:
        with fault.broken:
            said = world.syncd("apply", "--yes", code=3, environ=fault.environ)
            assert fault.words in said, fault.name
            assert content(world.store) == before, fault.name
    with world.directory.empty():
        said = world.syncd("apply", "--yes", code=3)
        assert "holds no user at all, but 59 that are in the target came from it" in said
        assert content(world.store) == before
    keys = [key for key in world.organisation.people if key > "p40"]
    for key in keys:
        world.directory.move_out(key)
    world.join("new", NEW, "night")
    world.change("p20", email="still@example.org")
    said = world.syncd("apply", "--yes", code=5)
    assert f"over budget user.suspend: {len(keys)} planned, 5 allowed of 59" in said
    now, expected = content(world.store), world.expected()
    assert (len(now.accounts - expected.accounts), now[1:]) == (5, expected[1:])
    for key in keys:
        world.directory.move_in(key)
    world.leave("p44")
    world.settle()


def _shown(expected: Content) -> frozenset[tuple[str, str | None]]:
    """What the view for other programs must show: active users, each with their groups or none."""
    active = {account.user_name for account in expected.accounts if account.active}
    alone = active - {login for _, login in expected.members}
    inside = {(login, group) for group, login in expected.members if login in active}
    return frozenset(inside | {(login, None) for login in alone})
