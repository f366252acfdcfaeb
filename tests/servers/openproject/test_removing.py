"""How OpenProject locks and deletes users."""

import pytest

from tests.servers.openproject.errors import error


@pytest.fixture
def ada(project):
    return project.add_user("ada", "ada@example.com")


@pytest.mark.usefixtures("ada")
def test_a_user_is_locked_and_unlocked_as_often_as_one_likes(call):
    """200 with the user, each time."""
    statuses = [
        (got.status, got.body["status"])
        for method in ("POST", "POST", "DELETE", "DELETE")
        for got in [call(method, "/api/v3/users/5/lock")]
    ]
    assert statuses == [(200, "locked"), (200, "locked"), (200, "active"), (200, "active")]


@pytest.mark.parametrize("status", ["invited", "registered"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_who_is_invited_or_registered_cannot_be_locked(ada, call, method, status):
    """400: their status allows neither way."""
    ada.status = status
    told = "The current user account status does not allow this operation."
    got = call(method, "/api/v3/users/5/lock")
    assert got.told == (400, error("InvalidUserStatusTransition", told))
    assert ada.status == status


def test_the_last_administrator_may_lock_themselves(call):
    """Nothing guards them, and they cannot come back."""
    assert call("POST", "/api/v3/users/me/lock").status == 200
    assert call("DELETE", "/api/v3/users/4/lock").status == 401


def test_nobody_can_be_deleted_by_default(ada, call):
    """403 for every deletion until the setting is made."""
    told = "You are not allowed to delete the account of this user."
    assert call("DELETE", "/api/v3/users/5").told == (403, error("MissingPermission", told))
    assert ada.status == "active"


def test_a_deleted_user_is_locked_until_a_job_removes_them(project, call, ada):
    """202 with nothing, again 202, and at the end 404."""
    project.users_deletable_by_admins, project.job_seconds = True, 60
    project.add_group("Poets", [ada.id])
    assert call("DELETE", "/api/v3/users/5").told == (202, None)
    assert call("GET", "/api/v3/users/5").body["status"] == "locked"
    assert call("GET", "/api/v3/users").body["total"] == 2
    assert call("DELETE", "/api/v3/users/5").told == (202, None)
    project.forward(61)
    assert call("GET", "/api/v3/users/5").status == 404
    assert (call("DELETE", "/api/v3/users/5").status, project.groups[6].members) == (404, [])
