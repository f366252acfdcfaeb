"""How OpenProject creates and updates users."""

import pytest

from tests.servers.openproject.errors import error

ADA = {
    "login": "ada",
    "email": "ada@example.com",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "password": "difference engine",
}


def violation(attribute, message):
    return error("PropertyConstraintViolation", message, attribute)


def attributes(got):
    """Whom a 422 is about."""
    inner = got.body["_embedded"]
    found = inner.get("errors") or [got.body]
    return got.status, sorted(one["_embedded"]["details"]["attribute"] for one in found)


def test_a_created_user_is_active_and_answered_with_201(project, call):
    """What is not known is passed over; a password never comes back."""
    got = call("POST", "/api/v3/users", {**ADA, "shoe": 43, "language": "de"})
    assert (got.status, got.body["id"], got.body["status"], got.body["language"]) == (
        201,
        5,
        "active",
        "de",
    )
    assert "password" not in got.body
    assert (project.users[5].password, project.mails) == ("difference engine", [])


def test_an_empty_body_lacks_five_things(call):
    """Several errors come in a shell, of which only the inner ones have attributes."""
    got = call("POST", "/api/v3/users", {})
    assert attributes(got) == (422, ["email", "firstName", "lastName", "login", "password"])
    shell = error("MultipleErrors", "Multiple field constraints have been violated.")
    assert {name: got.body[name] for name in shell} == shell


def test_who_is_invited_needs_an_email_only_and_gets_mail(project, call):
    """Login and names are made of it."""
    got = call("POST", "/api/v3/users", {"status": "invited", "email": "foo@example.org"}).body
    made = [got[name] for name in ("login", "firstName", "lastName", "status")]
    assert made == ["foo@example.org", "foo", "@example.org", "invited"]
    assert project.mails == ["foo@example.org"]


@pytest.mark.parametrize(
    ("instead", "status"),
    [
        ({"password": "difference engine"}, 201),
        ({"identityUrl": "saml:ada"}, 201),
        ({"_links": {"auth_source": {"href": "/api/v3/auth_sources/1"}}}, 201),
        ({}, 422),
    ],
)
def test_an_active_user_needs_a_way_to_log_in(call, instead, status):
    """A password, an identity or an authentication source."""
    sent = {name: value for name, value in ADA.items() if name != "password"}
    assert call("POST", "/api/v3/users", {**sent, **instead}).status == status


@pytest.mark.parametrize("status", ["locked", "registered", "asleep"])
def test_nobody_is_created_locked(call, status):
    """Active or invited, and nothing else."""
    got = call("POST", "/api/v3/users", {**ADA, "status": status})
    assert got.told == (422, violation("status", "Status is not a valid status for new users."))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("login", "ada!"),
        ("login", "a" * 257),
        ("login", "ADMIN"),
        ("email", "ada@example"),
        ("email", "Admin@Example.com"),
        ("email", f"{'a' * 50}@example.com"),
        ("firstName", "A" * 31),
        ("lastName", None),
        ("lastName", " "),
        ("language", "tlh"),
        ("password", "too short"),
    ],
)
def test_a_value_against_the_rules_is_a_422(project, call, field, value):
    """One error tells its attribute by itself; what is taken is found without case."""
    assert attributes(call("POST", "/api/v3/users", {**ADA, field: value})) == (422, [field])
    assert len(project.users) == 1


def test_messages_are_in_the_callers_language(project, call):
    """Identifier and attribute are what can be relied on."""
    project.find("admin").language = "de"
    got = call("POST", "/api/v3/users", {**ADA, "login": "admin"})
    assert got.told == (422, violation("login", "Login ist bereits vergeben."))


def test_seats_run_out(project, call):
    """An Enterprise subscription refuses the next user, as an error of no attribute."""
    project.user_limit = 1
    assert call("POST", "/api/v3/users", ADA).told == (
        422,
        violation("base", "User limit reached."),
    )


def test_an_update_is_partial(call):
    """What is not sent stays."""
    call("POST", "/api/v3/users", ADA)
    got = call("PATCH", "/api/v3/users/5", {"email": "a.l@example.com", "admin": True})
    shown = [got.body[name] for name in ("login", "email", "firstName", "admin")]
    assert (got.status, shown) == (200, ["ada", "a.l@example.com", "Ada", True])
    assert "lockVersion" not in got.body
    assert "etag" not in got.headers


def test_a_status_cannot_be_updated(call):
    """It is read-only, unless it is as it was."""
    call("POST", "/api/v3/users", ADA)
    told = "Status was attempted to be written but is not writable."
    got = call("PATCH", "/api/v3/users/5", {"status": "locked"})
    assert got.told == (422, error("PropertyIsReadOnly", told, "status"))
    assert call("PATCH", "/api/v3/users/5", {"status": "active"}).status == 200


def test_a_locked_account_keeps_its_names_taken(project, call):
    """And so does one that is about to be deleted."""
    project.add_user("ada", "other@example.com", status="locked")
    got = call("POST", "/api/v3/users", ADA)
    assert got.told == (422, violation("login", "Login has already been taken."))


def test_one_cannot_change_ones_own_login_and_admin(project, call):
    """And one's password only with the old one."""
    project.add_user("other", "other@example.com", admin=True)
    sent = {"login": "root", "admin": False}
    assert attributes(call("PATCH", "/api/v3/users/me", sent)) == (422, ["admin", "login"])
    wish = {"password": "analytical engine"}
    got = call("PATCH", "/api/v3/users/me", {**wish, "currentPassword": "x"})
    assert attributes(got) == (422, ["currentPassword"])
    assert call("PATCH", "/api/v3/users/me", {**wish, "currentPassword": None}).status == 200


def test_who_only_manages_users_touches_no_administrator(project, acting):
    """403, and neither passwords nor `admin` of others."""
    project.add_user("ada", "ada@example.com")
    bob = acting(project.add_user("bob", "bob@example.com"), "manage_user")
    assert bob("PATCH", "/api/v3/users/4", {"lastName": "X"}).status == 403
    assert bob("PATCH", "/api/v3/users/5", {"lastName": "X"}).status == 200
    sent = {"password": "analytical engine", "admin": True}
    assert attributes(bob("PATCH", "/api/v3/users/5", sent)) == (422, ["admin", "password"])
    assert bob("POST", "/api/v3/users", ADA).status == 403
    assert bob("POST", "/api/v3/users/5/lock").status == 403


def test_the_last_active_administrator_keeps_the_right(project, call):
    """An error of no attribute says that one must remain; a locked one does not count."""
    project.add_user("other", "other@example.com", admin=True, status="locked")
    got = call("PATCH", "/api/v3/users/4", {"admin": False})
    assert attributes(got) == (422, ["admin", "base"])
    assert call("PATCH", "/api/v3/users/5", {"admin": False}).status == 200
