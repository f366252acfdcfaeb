"""Huddle's Users API."""

import pytest

from tests.servers.huddle import Client
from tests.servers.plain import Caller

WHOLE = {
    "firstName": "Joe",
    "lastName": "Bloggs",
    "email": "joe@example.com",
    "company": "Huddle - Development",
    "role": "Writer",
}


@pytest.fixture
def stranger(huddle):
    """Calls of an application that acts as nobody's manager."""
    user = huddle.add_user("ann@example.com", "Ann", "Other")
    huddle.clients["other"] = Client("x", user.id)
    huddle.tokens["other"] = ("other", huddle.now() + 60)
    with Caller(huddle.url, Authorization="Bearer other") as caller:
        yield caller


def links(*rels):
    paths = {"self": "", "update": "/editable", "update-status": "/status"}
    return [{"rel": rel, "href": f"/users/2{paths[rel]}"} for rel in rels]


@pytest.mark.usefixtures("joe")
def test_a_user_has_no_id_and_no_nulls(huddle, call):
    """The id stands in the link to themselves, which may be a whole URL."""
    shown = {"firstName": "Joe", "lastName": "Bloggs", "email": "joe@example.com"}
    shown |= {"company": "Huddle", "role": "Writer", "status": "Active"}
    got = call("GET", "/users/2")
    assert got.told == (200, {**shown, "links": links("self", "update", "update-status")})
    assert got.headers["content-type"] == "application/vnd.huddle.data+json"
    huddle.absolute_links = True
    assert call("GET", "/users/2").body["links"][0]["href"] == f"{huddle.url}/users/2"


@pytest.mark.usefixtures("joe")
def test_what_one_may_not_do_is_not_linked(stranger):
    """And is a 403."""
    assert stranger("GET", "/users/2").body["links"] == links("self")
    statuses = [
        stranger(method, f"/users/2{rest}", WHOLE).status
        for method, rest in (("GET", "/editable"), ("PUT", "/editable"), ("POST", "/status"))
    ]
    assert statuses == [403, 403, 403]
    assert stranger("GET", "/people/companies/123/members").status == 403


def test_there_is_no_list_and_no_deletion(call):
    """Of users: 405; and 404 for whom nobody knows."""
    statuses = [call(*asked).status for asked in (("GET", "/users"), ("DELETE", "/users/1"))]
    assert statuses == [405, 405]
    assert call("GET", "/users/99").status == 404


@pytest.mark.usefixtures("joe")
def test_an_update_has_two_stages(call):
    """What can be edited is a resource of its own, without a status."""
    got = call("GET", "/users/2/editable").body
    own = "/users/2/editable"
    wanted = [("self", own), ("parent", "/users/2"), ("update", own)]
    assert [(one["rel"], one["href"]) for one in got["links"]] == wanted
    assert ("status" in got, got["role"]) == (False, "Writer")


def test_the_answer_to_an_update_is_of_before_it(huddle, call, joe):
    """On the page, the old company comes back."""
    got = call("PUT", "/users/2/editable", WHOLE)
    assert (got.status, got.headers["content-location"]) == (200, "/users/2")
    assert (got.body["company"], joe.company) == ("Huddle", "Huddle - Development")
    assert call("GET", "/users/2").body["company"] == "Huddle - Development"
    huddle.answers_stale, huddle.company_writable = False, False
    got = call("PUT", "/users/2/editable", {**WHOLE, "company": "Other", "role": "Poet"})
    assert (got.body["company"], got.body["role"]) == ("Huddle - Development", "Poet")


@pytest.mark.parametrize(("omitted", "role"), [("cleared", None), ("kept", "Writer")])
def test_what_an_update_does_not_send_may_be_cleared(huddle, call, joe, omitted, role):
    """The pages do not say, so that everything has to be sent."""
    huddle.omitted = omitted
    sent = {name: WHOLE[name] for name in ("firstName", "lastName", "email")}
    assert call("PUT", "/users/2/editable", sent).status == 200
    assert joe.role == role


@pytest.mark.parametrize("field", ["firstName", "lastName", "email"])
def test_an_update_needs_names_and_an_email(call, joe, field):
    """400, in an odd shape: the field is a key."""
    got = call("PUT", "/users/2/editable", {**WHOLE, field: ""})
    wrong = {"errors": [{field: "self", "message": "You must provide a value"}]}
    assert (got.told, got.headers["content-location"]) == ((400, wrong), "/users/2")
    assert joe.company == "Huddle"


def test_an_email_is_unique_and_may_be_fixed(huddle, call, joe):
    """409 where another one has it, 400 where a whitelist does."""
    taken = call("PUT", "/users/2/editable", {**WHOLE, "email": "ADMIN@example.com"})
    assert (taken.status, taken.headers["content-type"]) == (
        409,
        "application/vnd.huddle.error+xml",
    )
    huddle.whitelisted = frozenset({"joe@example.com"})
    got = call("PUT", "/users/2/editable", {**WHOLE, "email": "new@example.com"})
    told = "Existing email address is part of a workspace whitelist. It cannot be changed."
    assert got.told == (400, {"errors": [{"email": "self", "message": told}]})
    assert call("PUT", "/users/2/editable", WHOLE).status == 200
    assert joe.email == "joe@example.com"


def test_only_huddle_creates_users_by_this_api(huddle, call):
    """403 for most; 201 without a Location for the others."""
    sent = {**WHOLE, "password": "4jbef5"}
    assert call("POST", "/users", sent).status == 403
    huddle.client.staff = True
    got = call("POST", "/users", sent)
    assert (got.status, "location" in got.headers, got.body["links"][0]["href"]) == (
        201,
        False,
        "/users/2",
    )
    assert call("POST", "/users", sent).status == 409
    lacking = call("POST", "/users", {"email": "x@example.com"})
    wanted = [{"password": "self", "message": "You must provide a value"}]
    assert lacking.told == (400, {"errors": wanted})
    assert huddle.member_of(huddle.users[2]).id == 502


def test_a_status_is_written_small_and_read_with_a_capital(huddle, call, joe):
    """204 with the place of the user; any other word is a 400."""
    got = call("POST", "/users/2/status", {"status": "suspended"})
    assert (got.told, got.headers["content-location"]) == ((204, None), "/users/2")
    assert (call("GET", "/users/2").body["status"], joe.active) == ("Suspended", False)
    huddle.suspended_word = "Inactive"
    assert call("GET", "/users/2").body["status"] == "Inactive"
    assert call("POST", "/users/2/status", {"status": "suspended"}).status == 204
    assert call("POST", "/users/2/status", {"status": "Active"}).status == 400
    assert call("POST", "/users/2/status", {"status": "active"}).status == 204
    assert joe.active


def test_a_body_that_is_no_json_is_a_400_in_xml(call):
    """Whatever was accepted."""
    got = call("PUT", "/users/1/editable", "{")
    assert (got.status, got.headers["content-type"]) == (400, "application/vnd.huddle.error+xml")
