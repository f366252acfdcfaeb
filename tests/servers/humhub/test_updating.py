"""How HumHub updates users and deletes them."""

import pytest

from tests.servers.humhub.people import ADA


def account(got):
    return got.body["account"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_update_is_partial_by_either_verb(hub, call, method):
    """What is not sent stays; an empty section is none; a field is cleared by an empty text."""
    call("POST", "/api/v1/user", ADA)
    sent = {"account": {"status": 0}, "profile": {"zip": ""}, "password": {}}
    got = call(method, "/api/v1/user/2", sent)
    assert (got.status, account(got)["status"], account(got)["email"]) == (
        200,
        0,
        "ada@example.com",
    )
    assert (got.body["profile"]["zip"], got.body["profile"]["lastname"]) == ("", "Lovelace")
    assert hub.users[2].password == "difference engine"


def test_an_update_of_nobody_is_an_error_of_the_server(call):
    """500, not 404: null is assigned to what must be a user."""
    assert call("PUT", "/api/v1/user/99", {"account": {"status": 0}}).status == 500


@pytest.mark.parametrize(("version", "left"), [("1.18", None), ("1.19", "u7")])
def test_an_account_update_cuts_the_directorys_id_until_1_18(hub, call, version, left):
    """Unless it is echoed, authclient_id is gone."""
    hub.version = version
    user = hub.add_user("ada.l", "ada@example.com", auth_mode="ldap", authclient_id="u7")
    echoed = {"account": {"status": 0, "authclient_id": "u7"}}
    call("PUT", "/api/v1/user/2", echoed)
    assert user.authclient_id == "u7"
    call("PUT", "/api/v1/user/2", {"account": {"status": 1}})
    assert (user.authclient_id, user.status) == (left, 1)


@pytest.mark.parametrize(
    "old",
    [{"username": "ada"}, {"email": None}, {"visibility": 2}, {"language": "tlh"}],
)
def test_the_whole_record_is_judged_however_little_is_sent(hub, call, old):
    """A status cannot be set while something else is not valid, and can with that corrected."""
    user = hub.add_user("ada.l", "ada@example.com")
    vars(user).update(old)
    got = call("PUT", "/api/v1/user/2", {"account": {"status": 0}})
    assert got.told[0] == 400
    assert (list(got.body["account"]), got.body["profile"], got.body["password"]) == (
        list(old),
        None,
        None,
    )
    good = {"username": "ada.l", "email": "ada@example.com", "visibility": 1, "language": "de"}
    assert call("PUT", "/api/v1/user/2", {"account": {"status": 0, **good}}).status == 200


def test_characters_are_judged_where_a_name_changes_only(hub, call):
    """An old name with a space in it may stay."""
    hub.add_user("ada lovelace", "ada@example.com")
    assert call("PUT", "/api/v1/user/2", {"account": {"status": 0}}).status == 200
    assert call("PUT", "/api/v1/user/2", {"account": {"username": "ada l"}}).status == 400


def test_a_profile_alone_fails_in_saving_where_the_account_is_not_valid(hub, call):
    """The account was not asked about before it is saved: 500."""
    hub.add_user("ada.l", None)
    got = call("PUT", "/api/v1/user/2", {"profile": {"title": "Countess"}})
    assert got.told == (500, {"code": 500, "message": "Internal error while save user!"})
    assert hub.users[2].profile.get("title") is None


def test_a_password_to_change_is_for_creation_only(hub, call):
    """On an update the wish is passed over; an empty password is refused."""
    call("POST", "/api/v1/user", ADA)
    wish = {"newPassword": "analytical", "mustChangePassword": True}
    assert call("PUT", "/api/v1/user/2", {"password": wish}).status == 200
    assert (hub.users[2].password, hub.users[2].must_change_password) == ("analytical", False)
    assert call("PUT", "/api/v1/user/2", {"password": {"newPassword": ""}}).status == 400


@pytest.mark.parametrize(("before", "joins"), [(0, False), (2, True)])
def test_only_who_was_unapproved_joins_the_default_group_when_enabled(hub, call, before, joins):
    """A user who was created disabled never does."""
    hub.add_user("ada.l", "ada@example.com", status=before, groups=[])
    call("PUT", "/api/v1/user/2", {"account": {"status": 1}})
    assert (2 in hub.groups[2].members) is joins


def test_a_status_of_3_is_taken_and_cleans_nothing_up(hub, call):
    """They look deleted, with everything they had."""
    user = hub.add_user("ada.l", "ada@example.com")
    assert account(call("PUT", "/api/v1/user/2", {"account": {"status": 3}}))["status"] == 3
    assert (user.username, 2 in hub.groups[2].members) == ("ada.l", True)


def test_a_soft_deleted_user_stays_listed_and_takes_spaces_along(hub, call):
    """A husk with status 3; a second time is a success too."""
    user = hub.add_user("ada.l", "ada@example.com", groups=[2], password="secret")
    mine, theirs = hub.add_space(user.id), hub.add_space(1)
    done = (200, {"code": 200, "message": "User successfully soft deleted!"})
    assert call("DELETE", "/api/v1/user/2").told == done
    assert call("DELETE", "/api/v1/user/2").told == done
    left = account(call("GET", "/api/v1/user/2"))
    assert (left["username"], left["email"], left["status"]) == ("deleted-2", None, 3)
    assert (mine in hub.spaces, theirs in hub.spaces, hub.groups[2].members) == (False, True, {})


def test_a_hard_deleted_user_is_gone(hub, call):
    """The second time is 404."""
    hub.add_user("ada.l", "ada@example.com")
    done = (200, {"code": 200, "message": "User successfully deleted!"})
    assert call("DELETE", "/api/v1/user/full/2").told == done
    assert call("DELETE", "/api/v1/user/full/2").status == 404
    assert (list(hub.users), hub.groups[2].members) == ([1], {})


def test_nobody_is_protected_not_even_oneself(hub, call):
    """The last administrator deletes themselves, and is a stranger from then on."""
    assert call("DELETE", "/api/v1/user/1").status == 200
    assert hub.groups[1].members == {}
    assert call("GET", "/api/v1/user").status == 401


def test_sessions_are_ended_and_counted(hub, call):
    """The answer says how many there were."""
    hub.add_user("ada.l", "ada@example.com", sessions=3)
    done = (200, {"code": 200, "message": "3 user sessions deleted!"})
    assert call("DELETE", "/api/v1/user/session/all/2").told == done
