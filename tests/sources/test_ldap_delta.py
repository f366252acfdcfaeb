"""Laws of a reading of only what changed, against a real slapd that logs its changes."""

from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.model import State
from syncd.sources.ldap.cursor import decoded
from syncd.sources.ldap.syncrepl import newest_second
from tests.sources.ldap_changes import Follower, everything
from tests.sources.ldap_reading import NOW


@pytest.fixture
def slapd(slapd_with):
    return slapd_with("accesslog")


def test_nothing_is_told_where_nothing_changed(slapd):
    """The second reading is of nothing, and so is the third."""
    slapd.add_group("lab", [slapd.add_user("ada")])
    follower = Follower(slapd.config()).read()

    for _ in range(2):
        follower.read()
        assert (follower.was_full, follower.told, follower.gone) == (False, set(), set())
        assert (follower.gaps, follower.notes) == ([], [])


def test_only_who_changed_is_told_and_whole(slapd):
    """A changed person is told with all attributes; nobody else is, and no group."""
    ada, ben = slapd.add_user("ada"), slapd.add_user("ben", title="Dr")
    slapd.add_group("lab", [ada, ben])
    follower = Follower(slapd.config()).read()

    slapd.modify(ben, {"mail": "benjamin@example.test"})
    follower.read()

    assert (follower.was_full, follower.told) == (False, {"ben"})
    assert follower.state == everything(slapd.config())
    (cookies,) = {each for pair in decoded(follower.cursor).state.cookies for each in pair}
    assert newest_second(cookies)


def test_who_is_deleted_moved_away_or_filtered_out_is_gone(slapd):
    """Whatever way somebody leaves by, the key is told, and groups are right."""
    names = ["ada", "ben", "eve", "zoe"]
    people = {name: slapd.add_user(name, employeeType="staff") for name in names}
    slapd.add_group("lab", list(people.values()))
    slapd.add(f"ou=else,{slapd.base}", {"objectClass": "organizationalUnit"})
    users = {"bases": [slapd.people], "filter": "(employeeType=staff)"}
    config = slapd.config(users=users)
    follower = Follower(config).read()
    keys = {user.attributes["user_name"]: user.key for user in follower.state[0].values()}

    slapd.delete(people["ada"])
    slapd.move(people["ben"], "uid=ben", f"ou=else,{slapd.base}")
    slapd.modify(people["eve"], {"employeeType": "former"})
    follower.read()

    assert not follower.was_full
    assert follower.gone == {keys["ada"], keys["ben"], keys["eve"]}
    assert follower.state == everything(config)

    slapd.modify(people["eve"], {"employeeType": "staff"})
    slapd.move(f"uid=ben,ou=else,{slapd.base}", "uid=ben", slapd.people)
    follower.read()

    assert not follower.was_full
    assert follower.told == {"ben", "eve", "lab"}
    assert follower.state == everything(config)


def test_a_group_is_told_with_all_groups_around_it(slapd):
    """Who joins a group joins all that contain it, at any depth, and they are told too."""
    ada = slapd.add_user("ada")
    ben = slapd.add_user("ben")
    inner = slapd.add_group("inner", [ada])
    middle = slapd.add_group("middle", [inner, f"cn=outer,{slapd.groups}"])
    slapd.add_group("outer", [middle])
    slapd.add_group("other", [ada])
    follower = Follower(slapd.config()).read()

    slapd.modify(inner, {"member": [ada, ben]})
    follower.read()

    assert (follower.was_full, follower.told) == (False, {"inner", "middle", "outer"})
    assert follower.state == everything(slapd.config())


def test_who_comes_under_a_name_that_a_group_has_is_in_it(slapd):
    """A member that was nobody until now makes the group, and those around it, change."""
    late = f"uid=late,{slapd.people}"
    lab = slapd.add_group("lab", [late])
    slapd.add_group("outer", [lab])
    follower = Follower(slapd.config()).read()

    slapd.add_user("late")
    follower.read()

    assert (follower.was_full, follower.told) == (False, {"late", "lab", "outer"})
    assert follower.state == everything(slapd.config())


def test_who_is_renamed_is_in_the_groups_of_the_new_name_only(slapd):
    """Groups that have the old name lose somebody, and those that have the new one gain them."""
    ada = slapd.add_user("ada")
    slapd.add_group("old", [ada])
    slapd.add_group("new", [f"uid=countess,{slapd.people}"])
    follower = Follower(slapd.config()).read()

    slapd.rename(ada, "uid=countess")
    follower.read()

    assert (follower.was_full, follower.told) == (False, {"countess", "old", "new"})
    assert follower.state == everything(slapd.config())


def test_a_renamed_group_is_in_the_groups_of_the_new_name_only(slapd):
    """Groups around the old name lose its members, and those around the new one gain them."""
    ada, ben = slapd.add_user("ada"), slapd.add_user("ben")
    inner = slapd.add_group("inner", [ada])
    slapd.add_group("old", [ben, inner])
    slapd.add_group("new", [ben, f"cn=core,{slapd.groups}"])
    follower = Follower(slapd.config()).read()

    slapd.rename(inner, "cn=core")
    follower.read()

    assert (follower.was_full, follower.told) == (False, {"core", "old", "new"})
    assert follower.state == everything(slapd.config())


def test_a_new_login_counts_in_groups_that_name_logins(slapd):
    """Groups that name the old login lose somebody, and those with the new one gain them."""
    ada = slapd.add_user("ada")
    for name, login in (("old", "ada"), ("new", "countess"), ("other", "ben")):
        entry = {"objectClass": ["posixGroup"], "gidNumber": "7", "memberUid": login}
        slapd.add(f"cn={name},{slapd.groups}", entry)
    follower = Follower(slapd.config()).read()

    slapd.modify(ada, {"uid": ["ada", "countess"]})
    follower.read()
    assert follower.told == {"ada", "new"}
    assert follower.state == everything(slapd.config())

    slapd.modify(slapd.add_user("ben"), {"uid": ["ben", "countess"]})
    follower.read()
    assert follower.told == {"ben", "other", "new"}
    assert follower.state == everything(slapd.config())

    slapd.delete(ada)
    follower.read()
    assert {"new"} <= follower.told
    assert not follower.was_full
    assert follower.state == everything(slapd.config())


def test_groups_that_the_server_itself_corrects_are_right(slapd_with):
    """With refint, who is renamed stays in the groups, and who is deleted leaves them."""
    slapd = slapd_with("accesslog", refers=True)
    ada, ben = slapd.add_user("ada"), slapd.add_user("ben")
    lab = slapd.add_group("lab", [ada, ben])
    follower = Follower(slapd.config()).read()

    slapd.rename(ada, "uid=countess")
    slapd.await_value(lab, "member", f"uid=countess,{slapd.people}")
    follower.read()
    assert not follower.was_full
    assert follower.state == everything(slapd.config())

    slapd.delete(ben)
    follower.read()
    assert not follower.was_full
    assert follower.state == everything(slapd.config())


def test_a_lost_group_that_had_members_makes_all_be_read(slapd):
    """It may have been in others that the server corrected without a trace."""
    lab = slapd.add_group("lab", [slapd.add_user("ada")])
    empty = slapd.add_group("empty", [f"cn=nobody,{slapd.base}"])
    follower = Follower(slapd.config()).read()

    slapd.delete(empty)
    follower.read()
    assert not follower.was_full

    slapd.delete(lab)
    follower.read()

    assert follower.was_full
    assert follower.notes[0] == (
        f"everything was read, not only what changed: {lab!r} is gone: "
        "who was in others by way of it?"
    )
    assert follower.state == everything(slapd.config())


@pytest.mark.parametrize("goes", [True, False], ids=["away", "within"])
def test_a_branch_that_is_moved_makes_all_be_read(slapd, goes):
    """Nobody in it was touched, and yet all their names are other ones."""
    team, other = f"ou=team,{slapd.people}", f"ou=else,{slapd.base}"
    for dn in (team, other):
        slapd.add(dn, {"objectClass": "organizationalUnit"})
    slapd.move(slapd.add_user("ada"), "uid=ada", team)
    slapd.add_group("lab", [f"uid=ada,{team}", f"uid=ada,ou=crew,{slapd.people}"])
    slapd.wait_a_second()
    follower = Follower(slapd.config()).read()

    slapd.move(team, "ou=crew", other if goes else slapd.people)
    follower.read()

    assert follower.was_full
    assert follower.state == everything(slapd.config())


def test_a_new_branch_is_no_reason_to_read_all(slapd):
    """Who is in it came there since, and is told."""
    ada = slapd.add_user("ada")
    slapd.wait_a_second()
    follower = Follower(slapd.config()).read()
    slapd.wait_a_second()

    team = f"ou=team,{slapd.people}"
    slapd.add(team, {"objectClass": "organizationalUnit"})
    slapd.move(ada, "uid=ada", team)
    follower.read()

    assert (follower.was_full, follower.told) == (False, {"ada"})
    assert follower.state == everything(slapd.config())


def test_who_expires_is_told_when_the_time_comes(slapd):
    """Nothing about their entry changes then."""
    day = (NOW - datetime(1970, 1, 1, tzinfo=UTC)).days
    classes = ["inetOrgPerson", "shadowAccount"]
    slapd.add_user("ada", objectClass=classes, shadowExpire=str(day + 1))
    slapd.add_user("ben", objectClass=classes, shadowExpire=str(day + 2))
    follower = Follower(slapd.config()).read()

    told = []
    for _ in range(5):
        follower.now += timedelta(hours=11)
        follower.read()
        told.append(sorted(follower.told))
        assert follower.state == everything(slapd.config(), follower.now)

    assert told == [[], [], ["ada"], [], ["ben"]]
    assert {user.state for user in follower.state[0].values()} == {State.SUSPENDED}


def test_a_generalized_time_is_minded_to_the_second(slapd):
    """So is one that was set after the look ahead."""
    rule = {"attribute": "leavesAt", "expires": "generalized_time"}
    config = slapd.config(users={"bases": [slapd.people], "disabled": [rule]})
    classes = ["inetOrgPerson", "leaver"]
    slapd.add_user("ada", objectClass=classes, leavesAt="20260101060000Z")
    ben = slapd.add_user("ben", objectClass=classes)
    follower = Follower(config).read().read()
    slapd.modify(ben, {"leavesAt": "20260101070000Z"})
    follower.read()
    assert follower.told == {"ben"}

    told = []
    for hour in (5.999, 6, 6.999, 7, 8):
        follower.now = NOW + timedelta(hours=hour)
        follower.read()
        told.append(sorted(follower.told))

    assert told[1:] == [["ada"], [], ["ben"], []]
    assert follower.state == everything(config, follower.now)


def test_rules_that_are_filters_are_asked_of_who_changed(slapd):
    """Also where what changed is only what such a rule asks for."""
    rule = {"filter": "(loginShell=/bin/false)"}
    classes = ["inetOrgPerson", "posixAccount"]
    entry = {"uidNumber": "7", "gidNumber": "7", "homeDirectory": "/"}
    ada = slapd.add_user("ada", objectClass=classes, **entry)
    config = slapd.config(users={"bases": [slapd.people], "disabled": [rule]})
    follower = Follower(config).read()

    slapd.modify(ada, {"loginShell": "/bin/false"})
    follower.read()

    assert (follower.was_full, follower.told) == (False, {"ada"})
    assert [user.state for user in follower.state[0].values()] == [State.SUSPENDED]


@pytest.mark.parametrize("reader", ["wire", "ldap3"])
def test_without_memory_groups_of_who_changed_are_told_too(slapd, reader):
    """Who does not say what was told before is told of all groups that may mean somebody else."""
    ada, ben = slapd.add_user("ada"), slapd.add_user("ben")
    slapd.add_group("lab", [ada])
    slapd.add_group("other", [ben])
    config = slapd.config(reader=reader)
    follower = Follower(config, remembers=False).read()

    slapd.modify(ada, {"title": "Dr"})
    follower.read()

    assert (follower.was_full, follower.told) == (False, {"ada", "lab"})
    assert follower.state == everything(config)


def test_groups_that_nobody_asks_for_are_not_looked_for(slapd):
    """A source of people only has changes of people only."""
    ada = slapd.add_user("ada")
    slapd.add_group("lab", [ada])
    follower = Follower(slapd.config(groups=None)).read()

    slapd.rename(ada, "uid=countess")
    follower.read()

    assert (follower.was_full, follower.told) == (False, {"countess"})
    assert follower.state == everything(slapd.config(groups=None))


def test_overlapping_bases_and_narrow_scopes_are_followed(slapd):
    """Somebody in two bases is told once, and who lies too deep is not told."""
    team = f"ou=team,{slapd.people}"
    slapd.add(team, {"objectClass": "organizationalUnit"})
    for config in (
        slapd.config(users={"bases": [slapd.people, team]}),
        slapd.config(users={"bases": [slapd.people], "scope": "one_level"}),
    ):
        ada, ben = slapd.add_user("ada"), slapd.add_user("ben")
        follower = Follower(config).read()

        slapd.move(ada, "uid=ada", team)
        slapd.modify(ben, {"title": "Dr"})
        follower.read()

        assert not follower.was_full
        assert follower.state == everything(config)
        slapd.delete(f"uid=ada,{team}")
        slapd.delete(ben)


def test_names_of_every_kind_are_found_in_groups(slapd):
    """A DN that needs escapes, spaces and letters beyond ASCII."""
    zoe = f"cn=Lučić\\, Zoë \\+ \\22Z\\22\\, \\#1 (a*b),{slapd.people}"
    written = zoe.replace("ë", "\\C3\\AB").replace("cn=", "CN= ")
    ada = slapd.add_user("ada")
    slapd.add_group("lab", [ada, written])
    unique = {"objectClass": ["groupOfUniqueNames"], "uniqueMember": [ada, zoe]}
    slapd.add(f"cn=unique,{slapd.groups}", unique)
    follower = Follower(slapd.config()).read()

    entry = {"objectClass": ["inetOrgPerson"], "uid": "zoe", "sn": "Lučić"}
    slapd.add(zoe, entry | {"cn": 'Lučić, Zoë + "Z", #1 (a*b)'})
    follower.read()

    assert (follower.was_full, follower.told) == (False, {"zoe", "lab", "unique"})
    assert follower.state == everything(slapd.config())


def test_an_account_that_may_read_the_bases_only_is_told_what_changed(slapd):
    """It sees neither what is above them, nor when entries were made."""
    bind = {"dn": f"cn=unpaged,{slapd.base}", "password": slapd.password}
    config = slapd.config(bind=bind, page_size=0)
    ada, ben = slapd.add_user("ada"), slapd.add_user("ben")
    slapd.add_group("lab", [ada, ben])
    follower = Follower(config).read()
    assert follower.gaps == []

    slapd.modify(ada, {"title": "Dr"})
    slapd.delete(ben)
    slapd.delete(f"cn=few,{slapd.base}")
    follower.read()

    assert (follower.was_full, follower.told) == (False, {"ada", "lab"})
    assert follower.state == everything(config)
