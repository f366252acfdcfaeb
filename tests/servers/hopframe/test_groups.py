"""HopFrame's groups, whose members are whoever holds their name."""

import pytest

from tests.servers.hopframe.store import stamp


@pytest.fixture
def staff(hop):
    """Its permission has the id 2."""
    return hop.add_group("group.staff", ["a.b"], description="All")


def test_a_group_does_not_tell_its_members(hop, call, staff):
    """Only a user's permissions do."""
    row = {"name": "group.staff", "isDefaultGroup": False, "description": "All"}
    held = {"id": 2, "permissionName": "a.b", "grantedAt": stamp(staff.permissions[0].granted_at)}
    row |= {"createdAt": stamp(staff.created_at), "permissions": [held]}
    user = hop.add_user("ada", "ada@example.com", ["group.staff", "group.gone"])
    assert call("GET", "/api/v1/groups").told == (200, [row])
    assert call("GET", "/api/v1/groups/group.staff").body == row
    assert call("GET", f"/api/v1/groups/user/{user.id}").body == [row]
    assert call("GET", "/api/v1/groups/default").body == []


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"name": "staff"}, (400, "Group names must start with 'group.'")),
        ({"name": "group.staff"}, (409, "That group already exists")),
    ],
)
@pytest.mark.usefixtures("staff")
def test_a_name_begins_with_group_and_is_taken_once(call, sent, told):
    """In bare words."""
    assert call("POST", "/api/v1/groups", sent).told == told


def test_a_group_is_made_with_permissions(hop, call):
    """200 with what is stored."""
    sent = {"name": "group.a", "isDefaultGroup": True, "permissions": [{"permissionName": "x"}]}
    got = call("POST", "/api/v1/groups", sent)
    assert (got.status, got.body["isDefaultGroup"], got.body["permissions"][0]["id"]) == (
        200,
        True,
        2,
    )
    assert hop.groups["group.a"].is_default


def test_a_group_is_updated_by_the_name_in_its_body(call, staff):
    """What is not echoed is deleted, and the answer is what was sent."""
    sent = {"name": "group.staff", "description": "Some", "permissions": []}
    got = call("PUT", "/api/v1/groups", sent)
    assert (got.status, got.body["createdAt"]) == (200, "0001-01-01T00:00:00")
    assert (staff.description, staff.permissions) == ("Some", [])
    assert call("PUT", "/api/v1/groups", {"name": "group.staff"}).status == 500
    unknown = call("PUT", "/api/v1/groups", {**sent, "name": "group.x"})
    assert unknown.told == (404, "That user does not exist")


@pytest.mark.usefixtures("staff")
def test_a_deleted_group_leaves_its_name_with_users(hop, call):
    """200 with nothing, then 404; who was in it holds a word that means nothing."""
    user = hop.add_user("ada", "ada@example.com", ["group.staff"])
    assert call("DELETE", "/api/v1/groups/group.staff").told == (200, None)
    assert call("DELETE", "/api/v1/groups/group.staff").told == (404, "That group does not exist")
    assert hop.held(user) == ["group.staff"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "group." + "x" * 50}, "Name"),
        ({"name": ""}, "Name"),
        ({"description": "x" * 501}, "Description"),
        ({"isDefaultGroup": "yes"}, "$.isDefaultGroup"),
    ],
)
def test_a_group_is_held_to_the_model(call, change, field):
    """In ASP.NET's own problems."""
    got = call("POST", "/api/v1/groups", {"name": "group.a", **change})
    assert (got.status, list(got.body["errors"])) == (400, [field])
