"""HumHub's groups and their members."""

import pytest

from tests.servers.humhub.people import ADA


def test_a_group_does_not_tell_what_it_is_for(call):
    """Neither the administrators' group nor the default one can be told by its record."""
    wanted = [
        {"id": number, "name": name, "description": None, "show_at_registration": 0}
        | {"show_at_directory": 1, "sort_order": 100}
        for number, name in ((1, "Administrator"), (2, "Users"))
    ]
    assert call("GET", "/api/v1/user/group").body["results"] == wanted
    assert call("GET", "/api/v1/user/group/1").body == wanted[0]


def test_a_group_is_made_with_any_name_or_none(call):
    """Twice the same name is two groups; what is not safe is passed over."""
    sent = {"name": "Poets", "show_at_directory": False, "space_id": 1, "sort_order": 7}
    made = [call("POST", "/api/v1/user/group", one) for one in (sent, sent, {})]
    assert [one.status for one in made] == [200, 200, 200]
    assert [one.body["name"] for one in made] == ["Poets", "Poets", None]
    assert (made[0].body["show_at_directory"], made[0].body["sort_order"]) == (1, 7)


def test_a_name_too_long_is_500_for_a_new_group_and_422_for_an_old_one(call):
    """One and the same rule, two answers."""
    sent = {"name": "x" * 121}
    made = call("POST", "/api/v1/user/group", sent)
    assert made.told == (500, {"code": 500, "message": "Internal error while save group!"})
    wrong = {"name": ["Name should contain at most 120 characters."]}
    changed = call("PUT", "/api/v1/user/group/2", sent)
    assert changed.told == (422, {"code": 422, "message": "Validation failed", "group": wrong})
    assert call("PATCH", "/api/v1/user/group/2", {"name": "All"}).body["name"] == "All"


def test_is_default_group_moves_the_default(hub, call):
    """Who comes from now on is put there."""
    made = call("POST", "/api/v1/user/group", {"name": "Poets", "is_default_group": 1}).body
    call("POST", "/api/v1/user", ADA)
    assert hub.groups[made["id"]].members == {2: False}


def test_any_group_is_deleted_and_its_members_fall_into_the_default_one(hub, call):
    """The administrators' group too: nobody is an administrator then."""
    poets = hub.add_group("Poets", [hub.add_user("ada.l", "ada@example.com", groups=[]).id])
    done = (200, {"code": 200, "message": "Group successfully deleted!"})
    assert call("DELETE", f"/api/v1/user/group/{poets.id}").told == done
    assert call("DELETE", f"/api/v1/user/group/{poets.id}").status == 404
    assert hub.groups[2].members == {2: False}


def test_members_are_short_and_an_unknown_group_has_none(hub, call):
    """No user name, no word of managers, and no 404."""
    user = hub.add_user("ada.l", "ada@example.com")
    row = {"id": 2, "guid": user.guid, "display_name": "ada.l Doe", "url": f"{hub.url}/u/ada.l/"}
    got = call("GET", "/api/v1/user/group/2/member")
    assert (got.body["total"], got.body["results"]) == (1, [row])
    got = call("GET", "/api/v1/user/group/99/member")
    assert (got.status, got.body["total"], got.body["results"]) == (200, 0, [])


def test_a_member_twice_and_no_member_are_400(hub, call):
    """Both say in fixed English what is the case already."""
    hub.add_user("ada.l", "ada@example.com", groups=[])
    path = "/api/v1/user/group/2/member"

    def told(status, message):
        return status, {"code": status, "message": message}

    assert call("PUT", path, userId=2).told == told(200, "Member added!")
    twice = told(400, "User is already a member of the group!")
    assert call("PUT", path, userId=2).told == twice
    assert call("DELETE", path, userId=2).told == told(200, "Member removed!")
    none = told(400, "User is not a member of the group!")
    assert call("DELETE", path, userId=2).told == none
    assert call("PUT", path, userId=99).told == told(404, "User not found!")
    assert call("PUT", "/api/v1/user/group/99/member", userId=2).status == 404
    assert hub.mails == [(2, "You were added to Users")]


@pytest.mark.parametrize(
    ("sent", "manager"), [({}, False), ({"isManager": "0"}, False), ({"isManager": "false"}, True)]
)
def test_false_makes_a_manager(hub, call, sent, manager):
    """`!empty("false")`: only nothing, an empty text and 0 do not."""
    hub.add_user("ada.l", "ada@example.com", groups=[])
    call("PUT", "/api/v1/user/group/2/member", userId=2, **sent)
    assert hub.groups[2].members == {2: manager}


def test_a_member_of_the_first_group_is_an_administrator(hub, call):
    """Nothing guards that group."""
    hub.tokens["bob"] = hub.add_user("bobby", "bob@example.com").id
    call("PUT", "/api/v1/user/group/1/member", userId=2)
    call.headers["Authorization"] = "Bearer bob"
    assert call("GET", "/api/v1/user").status == 200


def test_an_unknown_path_is_yiis_404(call):
    """Not the module's shape."""
    wanted = {"name": "Not Found", "message": "Page not found.", "code": 0, "status": 404}
    assert call("GET", "/api/v1/users").told == (404, wanted)
