"""HopFrame's users."""

import uuid

import pytest

from tests.servers.hopframe.store import stamp

ADA = {
    "username": "ada",
    "email": "ada@example.com",
    "password": "1234",
    "permissions": ["group.staff", "a.b"],
}
NOBODY = "6f1c2c43-0000-0000-0000-000000000000"


@pytest.fixture
def ada(hop):
    """Her permissions have the ids 2 and 3."""
    return hop.add_user("ada", "ada@example.com", ["group.staff", "a.b"], password="1234")


def test_users_are_one_list_in_camel_case(hop, call, ada):
    """Times are the server's own and do not say so; there is no password."""
    got = call("GET", "/api/v1/users")
    held = [
        {"id": number, "permissionName": name, "grantedAt": stamp(one.granted_at)}
        for number, name, one in zip((2, 3), ("group.staff", "a.b"), ada.permissions, strict=True)
    ]
    row = {"id": ada.id, "username": "ada", "email": "ada@example.com"}
    row |= {"createdAt": stamp(ada.created_at), "permissions": held}
    assert (got.status, len(got.body), got.body[1]) == (200, 2, row)
    for path in (ada.id.upper(), "username/ada", "email/ada%40example.com"):
        assert call("GET", f"/api/v1/users/{path}").body == row
    assert len(hop.users) == 2


def test_nobody_is_a_404_and_no_guid_a_400(call):
    """In bare words."""
    nobody = (404, "That user does not exist")
    for path in (NOBODY, "username/x", "email/x@example.com"):
        assert call("GET", f"/api/v1/users/{path}").told == nobody
    assert call("GET", "/api/v1/users/x").told == (400, "Invalid user id")


@pytest.mark.usefixtures("ada")
def test_two_with_one_name_break_the_look_up(hop, call):
    """Nothing in the database forbids two, and one row was expected."""
    hop.add_user("ada", "other@example.com")
    assert call("GET", "/api/v1/users/username/ada").told == (500, None)
    assert call("POST", "/api/v1/users", {**ADA, "email": "third@example.com"}).status == 500
    assert call("GET", "/api/v1/users/email/other@example.com").status == 200


def test_a_created_user_gets_the_default_groups_besides(hop, call):
    """200, and more permissions than were asked for; the same may be there twice."""
    hop.add_group("group.staff", is_default=True)
    got = call("POST", "/api/v1/users", ADA)
    names = [one["permissionName"] for one in got.body["permissions"]]
    assert (got.status, names) == (200, ["group.staff", "a.b", "group.staff"])
    assert hop.users[got.body["id"]].password == "1234"


@pytest.mark.parametrize("change", [{"username": "other"}, {"email": "other@example.com"}])
@pytest.mark.usefixtures("ada")
def test_a_name_or_an_email_that_is_taken_is_a_409(call, change):
    """Either is enough; case counts."""
    assert call("POST", "/api/v1/users", {**ADA, **change}).told == (
        409,
        "That user already exists",
    )
    other = {**ADA, "username": "Ada", "email": "Ada@example.com"}
    assert call("POST", "/api/v1/users", other).status == 200


def test_a_creation_has_no_rules(hop, call):
    """Any length and any e-mail; a password that is missing is an exception."""
    odd = {"username": "x" * 60, "email": "nowhere", "password": ""}
    assert call("POST", "/api/v1/users", odd).status == 200
    assert call("POST", "/api/v1/users", {**ADA, "password": None}).told == (500, None)
    assert len(hop.users) == 2


def whole(ada, call, **change):
    return {**call("GET", f"/api/v1/users/{ada.id}").body, **change}


def test_what_is_not_echoed_is_deleted(hop, call, ada):
    """Permissions are found again by their ids; a new one has the id 0."""
    sent = [{"id": 3, "permissionName": "a.c"}, {"id": 0, "permissionName": "new"}]
    body = whole(ada, call, permissions=sent, username="ada2")
    assert call("PUT", f"/api/v1/users/{ada.id}", body).status == 200
    assert [(one.id, one.name) for one in ada.permissions] == [(3, "a.c"), (4, "new")]
    assert (ada.username, hop.held(ada)) == ("ada2", ["a.c", "new"])


def test_of_several_new_permissions_the_last_is_kept(hop, call, ada):
    """They are all found under the id 0 that the first one still has."""
    sent = [{"id": 0, "permissionName": name} for name in ("x", "y", "z")]
    call("PUT", f"/api/v1/users/{ada.id}", whole(ada, call, permissions=sent))
    assert hop.held(ada) == ["z"]


def test_the_answer_is_what_was_sent(hop, call, ada):
    """Not what is stored: new permissions come back with the id 0, and any time as it was said."""
    sent = [{"id": 0, "permissionName": "new", "grantedAt": "2001-01-01T00:00:00"}]
    body = whole(ada, call, permissions=sent, createdAt="2001-01-01T00:00:00")
    got = call("PUT", f"/api/v1/users/{ada.id}", body)
    assert got.told == (200, body)
    now = call("GET", f"/api/v1/users/{ada.id}").body
    assert (now["createdAt"], now["permissions"][0]["id"]) == (stamp(ada.created_at), 4)
    assert hop.held(ada) == ["new"]


def test_an_update_minds_nobody_elses_name(hop, call, ada):
    """And makes two of one, which breaks the look-ups by it."""
    got = call("PUT", f"/api/v1/users/{ada.id}", whole(ada, call, email="admin@example.com"))
    assert (got.status, hop.admin.email) == (200, ada.email)
    assert call("GET", "/api/v1/users/email/admin@example.com").status == 500


def test_an_update_is_refused_in_this_order(call, ada):
    """No guid, another id, nobody, no permissions."""
    body = whole(ada, call)
    assert call("PUT", "/api/v1/users/x", body).told == (400, "Invalid user id")
    other = (409, "Cannot edit user with different user id")
    assert call("PUT", f"/api/v1/users/{NOBODY}", body).told == other
    nobody = call("PUT", f"/api/v1/users/{NOBODY}", {**body, "id": NOBODY})
    assert nobody.told == (404, "That user does not exist")
    for lacking in (None, "x"):
        assert (
            call("PUT", f"/api/v1/users/{ada.id}", {**body, "permissions": lacking}).status == 500
        )
    del body["id"]
    assert call("PUT", f"/api/v1/users/{ada.id}", body).told == other


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "x" * 51}, "Username"),
        ({"username": ""}, "Username"),
        ({"email": "nowhere"}, "Email"),
        ({"email": f"{'x' * 50}@example.com"}, "Email"),
        ({"id": "x"}, "$.id"),
        ({"username": 5}, "$.username"),
        (
            {"permissions": [{"id": 0, "permissionName": "x" * 256}]},
            "Permissions[0].PermissionName",
        ),
        ({"permissions": [{"id": "0", "permissionName": "x"}]}, "$.permissions[0].id"),
    ],
)
def test_an_update_is_held_to_the_model(call, ada, change, field):
    """Which a creation is not: who was created without rules cannot be updated as they are."""
    got = call("PUT", f"/api/v1/users/{ada.id}", whole(ada, call, **change))
    assert (got.status, list(got.body["errors"])) == (400, [field])
    assert ada.username == "ada"


def test_an_update_may_break_and_store_nothing(hop, call, ada):
    """500 each time, in the repository that goes through the tokens."""
    hop.update = "breaks"
    body = whole(ada, call, username="other")
    assert call("PUT", f"/api/v1/users/{ada.id}", body).told == (500, None)
    assert ada.username == "ada"


def test_an_update_may_log_the_user_out(hop, call):
    """In the older one; who updates themselves is a stranger then."""
    hop.update = "logs out"
    body = whole(hop.admin, call)
    assert call("PUT", f"/api/v1/users/{hop.admin.id}", body).status == 200
    assert call("GET", "/api/v1/users").status == 401


def test_a_deleted_user_is_gone_with_their_tokens(hop, call, ada):
    """200 with nothing, then 404; nobody is protected."""
    hop.api_token(ada, ["*"])
    assert call("DELETE", f"/api/v1/users/{ada.id}").told == (200, None)
    assert call("DELETE", f"/api/v1/users/{ada.id}").status == 404
    assert call("DELETE", f"/api/v1/users/{hop.admin.id}").status == 200
    assert (hop.users, hop.tokens) == ({}, {})


def test_a_password_of_another_needs_no_old_one(hop, call, ada):
    """Any length; what they are logged in with stays good."""
    token = hop.api_token(ada, ["*"])
    sent = {"oldPassword": None, "newPassword": ""}
    assert call("PUT", f"/api/v1/users/{ada.id}/password", sent).told == (200, None)
    assert (ada.password, token in hop.tokens) == ("", True)
    assert call("PUT", f"/api/v1/users/{ada.id}/password", {}).status == 500
    assert call("PUT", f"/api/v1/users/{NOBODY}/password", sent).status == 404


def test_ones_own_password_needs_the_old_one(hop, call):
    """409 with a wrong one."""
    path = f"/api/v1/users/{hop.admin.id}/password"
    wrong = call("PUT", path, {"oldPassword": "x", "newPassword": "y"})
    assert wrong.told == (409, "Old password is not correct")
    assert call("PUT", path, {"oldPassword": hop.password, "newPassword": "y"}).status == 200


def test_in_capitals_one_is_somebody_else(hop, call, ada):
    """The path's letters are compared: one's own password then needs a right, and the old one too."""
    call.headers["Token"] = hop.api_token(ada, ["*"])
    sent = {"oldPassword": "1234", "newPassword": "x"}
    assert call("PUT", f"/api/v1/users/{uuid.UUID(ada.id)}/password", sent).status == 200
    assert call("PUT", f"/api/v1/users/{ada.id.upper()}/password", sent).status == 401
