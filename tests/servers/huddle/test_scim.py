"""Huddle's users by SCIM."""

import pytest

from tests.servers.web import Midway, by

USERS = "/people/companies/123/users"
KIND = "application/scim+json"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
BARBARA = {
    "schemas": [SCHEMA],
    "userName": "bjensen@huddle.net",
    "name": {"familyName": "Jensen", "givenName": "Barbara"},
    "phoneNumbers": [{"value": "555-555-8377"}],
    "title": "Tour Guide",
    "preferredLanguage": "en-us",
    "timezone": "America/Los_Angeles",
}


def find(call, told):
    return call("GET", USERS, filter=told)


def test_a_user_is_provisioned_with_another_id(huddle, call):
    """A GUID; they are a member at once, and by the Users API they have a number."""
    got = call("POST", USERS, BARBARA, KIND)
    user = huddle.find("bjensen@huddle.net")
    place = f"{huddle.url}{USERS}/{user.guid}"
    whole = {**BARBARA, "id": user.guid, "meta": {"location": place}}
    assert (got.told, got.headers["location"]) == ((201, whole), place)
    assert call("GET", f"{USERS}/{user.guid}").told == (200, whole)
    assert call("GET", f"/users/{user.id}").body["firstName"] == "Barbara"
    assert huddle.member_of(user).id == 502
    assert call("POST", USERS, BARBARA, KIND).status == 409


def test_only_the_user_name_can_be_asked_for(huddle, call, joe):
    """There is no list; who is not provisioned is not found."""
    got = find(call, 'username eq "JOE@example.com"')
    assert (got.status, got.body["totalResults"], got.body["Resources"][0]["id"]) == (
        200,
        1,
        joe.guid,
    )
    joe.provisioned = False
    assert find(call, 'userName eq "joe@example.com"').body["Resources"] == []
    assert call("GET", f"{USERS}/{joe.guid}").status == 404
    bad = ('externalId eq "x"', 'username sw "j"', "")
    assert [find(call, told).status for told in bad] == [400, 400, 400]
    assert call("GET", USERS).status == 400
    assert len(huddle.users) == 2


def test_an_update_is_of_the_whole_user_and_knows_no_active(huddle, call):
    """The id has to be in the body, and what is not sent is cleared."""
    call("POST", USERS, BARBARA, KIND)
    user = huddle.find("bjensen@huddle.net")
    sent = {
        "schemas": [SCHEMA],
        "id": user.guid,
        "userName": "b@huddle.net",
        "name": {},
        "active": False,
    }
    got = call("PUT", f"{USERS}/{user.guid}", sent, KIND)
    assert (got.status, "title" in got.body, "active" in got.body) == (200, False, False)
    assert (user.email, user.role, user.active) == ("b@huddle.net", None, True)
    taken = {**sent, "userName": "admin@example.com"}
    assert call("PUT", f"{USERS}/{user.guid}", taken, KIND).status == 409
    assert call("PUT", f"{USERS}/{user.guid}", {**sent, "id": "x"}, KIND).status == 400
    huddle.remove_member(huddle.member_of(user))
    assert call("PUT", f"{USERS}/{user.guid}", sent, KIND).status == 404


def test_a_deletion_is_of_the_account(huddle, call, joe):
    """204, then 404; by its number, the user was there once: 410."""
    assert call("DELETE", f"{USERS}/{joe.guid}").told == (204, None)
    assert call("DELETE", f"{USERS}/{joe.guid}").status == 404
    assert (call("GET", "/users/2").status, list(huddle.members)) == (410, [501])


@pytest.mark.parametrize(
    ("right", "value"), [("provisions", False), ("domains", frozenset({"example.com"}))]
)
def test_who_may_not_provision_is_a_403(huddle, call, right, value):
    """Neither anybody, nor those of a domain that is not the company's."""
    setattr(huddle if right == "domains" else huddle.client, right, value)
    assert call("POST", USERS, BARBARA, KIND).status == 403
    assert find(call, 'username eq "bjensen@huddle.net"').status == 403
    assert call("GET", "/people/companies/9/users/x").status == 403


@pytest.mark.parametrize("change", [{"schemas": []}, {"userName": "x"}, {"name": "x"}])
def test_a_request_that_is_no_user_is_a_400(call, change):
    """Without a schema, an address or a name."""
    assert call("POST", USERS, {**BARBARA, **change}, KIND).status == 400


def test_a_creation_that_breaks_leaves_somebody_in_no_company(huddle, call):
    """In no list, and in the way of the next try."""
    huddle.faults.add(Midway(), when=by("POST"), times=1)
    assert call("POST", USERS, BARBARA, KIND).status == 500
    assert huddle.member_of(huddle.find("bjensen@huddle.net")) is None
    assert call("POST", USERS, BARBARA, KIND).status == 409
