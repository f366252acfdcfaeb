"""OpenProject's groups."""

import pytest

from tests.servers.openproject.errors import error


@pytest.fixture
def people(project):
    """Ids 5 to 7."""
    return [project.add_user(name, f"{name}@example.com") for name in ("ada", "bob", "cyd")]


def members(*numbers):
    return {"_links": {"members": [{"href": f"/api/v3/users/{number}"} for number in numbers]}}


def linked(got):
    return [one["href"].rpartition("/")[2] for one in got.body["_links"]["members"]]


@pytest.mark.usefixtures("people")
def test_a_group_links_its_members_and_embeds_them(project, call):
    """Alone it embeds them, in a list it only links them."""
    made = call("POST", "/api/v3/groups", {"name": "Poets", **members(5, 6)})
    assert (made.status, made.body["id"], made.body["_type"]) == (201, 8, "Group")
    assert linked(made) == ["5", "6"]
    assert [one["id"] for one in made.body["_embedded"]["members"]] == [5, 6]
    project.add_group("Painters")
    got = call("GET", "/api/v3/groups").body
    assert (got["total"], got["count"], "pageSize" in got) == (2, 2, False)
    assert [(one["id"], "_embedded" in one) for one in got["_embedded"]["elements"]] == [
        (8, False),
        (9, False),
    ]


@pytest.mark.usefixtures("people")
def test_members_are_replaced_as_a_set_and_left_alone_if_not_sent(project, call):
    """Who is not in the set is a member no more; a name alone changes no member."""
    project.add_group("Poets", [5, 6])
    path = "/api/v3/groups/8"
    assert linked(call("PATCH", path, {"name": "Bards"})) == ["5", "6"]
    assert linked(call("PATCH", path, members(6, 7))) == ["6", "7"]
    assert linked(call("PATCH", path, members())) == []
    assert project.groups[8].name == "Bards"


@pytest.mark.parametrize(
    ("sent", "attribute", "message"),
    [
        ({"name": ""}, "name", "Name can't be blank."),
        ({"name": "Painters"}, "name", "Name has already been taken."),
        ({"name": "x" * 257}, "name", "Name is too long (maximum is 256 characters)."),
        (members(5, 5), "members", "Member is already taken."),
        (members(5, 99), "members", "Member is invalid."),
    ],
)
@pytest.mark.usefixtures("people")
def test_a_group_against_the_rules_stays_as_it_was(project, call, sent, attribute, message):
    """422 with the attribute, and none of it is done."""
    project.add_group("Poets", [6])
    project.add_group("Painters")
    wanted = error("PropertyConstraintViolation", message, attribute)
    assert call("PATCH", "/api/v3/groups/8", sent).told == (422, wanted)
    assert (project.groups[8].name, project.groups[8].members) == ("Poets", [6])


def test_a_member_that_is_no_user_is_another_error(project, call):
    """A group in a group, for one."""
    project.add_group("Poets")
    sent = {"_links": {"members": [{"href": "/api/v3/groups/5"}]}}
    got = call("PATCH", "/api/v3/groups/5", sent)
    urn = "urn:openproject-org:api:v3:errors:ResourceTypeMismatch"
    assert (got.status, got.body["errorIdentifier"]) == (422, urn)


def test_a_group_is_removed_by_a_job(project, call):
    """202, and for a while it is still there."""
    project.job_seconds = 60
    project.add_group("Poets")
    assert call("DELETE", "/api/v3/groups/5").told == (202, None)
    assert call("GET", "/api/v3/groups/5").status == 200
    project.forward(61)
    assert call("GET", "/api/v3/groups/5").status == 404


def test_only_administrators_write_groups(project, acting):
    """A manager of users does not."""
    project.add_group("Poets")
    bob = acting(project.add_user("bob", "bob@example.com"), "manage_user")
    statuses = [
        bob(method, path, {"name": "x"}).status
        for method, path in (
            ("POST", "/api/v3/groups"),
            ("PATCH", "/api/v3/groups/5"),
            ("DELETE", "/api/v3/groups/5"),
        )
    ]
    assert statuses == [403, 403, 403]
