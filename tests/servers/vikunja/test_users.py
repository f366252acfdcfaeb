"""Vikunja's users, by the page that documents them."""

import http.client
import json

import pytest

from tests.servers.plain import Caller

FORM = "application/x-www-form-urlencoded"
ADA = {"name": "Ada", "username": "ada", "password": "1234", "email": "ada@example.com"}


@pytest.fixture
def ada(vikunja):
    """Her id is 2."""
    return vikunja.add_user("ada", name="Ada", email="ada@example.com", password="1234")


def said(status, text):
    return status, {"message": text}


@pytest.mark.usefixtures("ada")
def test_all_users_are_one_list(vikunja, call):
    """There are no pages; times are seconds, and passwords are there and empty."""
    at = vikunja.users[2].created
    row = {"id": 2, "name": "Ada", "username": "ada", "password": "", "email": "ada@example.com"}
    row |= {"isAdmin": False, "created": at, "updated": at}
    got = call("GET", "/api/v1/users")
    assert (got.status, len(got.body), got.body[1]) == (200, 2, row)
    assert call("GET", "/api/v1/users/2").told == (200, row)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ADA", ["ada"]),
        ("example", []),
        ("a_a", ["ada"]),
        ("%", ["admin", "ada"]),
        ("d%n", ["admin"]),
    ],
)
@pytest.mark.usefixtures("ada")
def test_a_search_looks_at_names_and_knows_wildcards(call, search, found):
    """Not at e-mails; who finds nothing gets `null`."""
    got = call("GET", "/api/v1/users", s=search)
    assert [row["username"] for row in got.body or []] == found
    assert (got.body is None) is (found == [])


@pytest.mark.parametrize(("form", "kind"), [(False, None), (True, FORM)])
def test_a_put_creates_by_json_or_a_form(vikunja, call, form, kind):
    """200 and the whole user. An e-mail may be missing."""
    sent = {"name": "Noom", "username": "user24", "password": "1234"}
    got = call("PUT", "/api/v1/users", {"user": json.dumps(sent)} if form else sent, kind)
    at = vikunja.users[2].created
    row = {"id": 2, "name": "Noom", "username": "user24", "password": "", "email": ""}
    assert got.told == (200, {**row, "isAdmin": False, "created": at, "updated": at})
    assert vikunja.users[2].password == "1234"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"username": ""}, "Please specify a username and a password."),
        ({"password": None}, "Please specify a username and a password."),
        ({"username": "ADMIN"}, "A user with this username already exists."),
        ({"email": "Admin@example.com"}, "A user with this email address already exists."),
        ({"username": 5}, "No user model provided."),
        ({"isAdmin": "yes"}, "No user model provided."),
    ],
)
def test_a_creation_is_refused_with_a_400(vikunja, call, change, told):
    """A name that is taken too, which elsewhere is a 409; case does not count."""
    assert call("PUT", "/api/v1/users", {**ADA, **change}).told == said(400, told)
    assert len(vikunja.users) == 1


@pytest.mark.parametrize(
    ("body", "kind"), [("{", None), ("[]", None), ("", None), ("{}", "text/plain"), ("user=", FORM)]
)
def test_a_body_that_is_no_user_is_a_400(call, body, kind):
    """Broken JSON, another kind, nothing."""
    assert call("PUT", "/api/v1/users", body, kind).told == said(400, "No user model provided.")


@pytest.mark.parametrize(("body", "kind"), [("null", None), ("user=null", FORM)])
@pytest.mark.parametrize(("method", "path"), [("PUT", ""), ("POST", "/1")])
def test_a_body_of_null_ends_the_connection(call, method, path, body, kind):
    """Nothing recovers from it, and nothing is answered."""
    with pytest.raises((http.client.HTTPException, OSError)):
        call(method, f"/api/v1/users{path}", body, kind)


@pytest.mark.usefixtures("ada")
def test_a_put_with_an_id_updates_who_has_it(vikunja, call):
    """One handler serves both verbs; an id that nobody has becomes the new user's."""
    assert call("PUT", "/api/v1/users", {**ADA, "id": 2, "name": "Countess"}).status == 200
    assert (len(vikunja.users), vikunja.users[2].name) == (2, "Countess")
    call("PUT", "/api/v1/users", {"id": 40, "username": "bob", "password": "x"})
    assert vikunja.users[40].username == "bob"
    assert call("PUT", "/api/v1/users", {"username": "cyd", "password": "x"}).body["id"] == 41


@pytest.mark.parametrize("field", ["name", "username", "email"])
@pytest.mark.parametrize("value", ["🍵", "x" * 251])
@pytest.mark.usefixtures("ada")
def test_what_the_database_cannot_hold_is_a_500(call, field, value):
    """Four octets in a character, or more than 250 characters."""
    other = {**ADA, "username": "other", "email": "other@example.com", field: value}
    assert call("PUT", "/api/v1/users", other).told == said(500, "Error")
    assert call("POST", "/api/v1/users/2", {field: value}).told == said(500, "Error")


def test_an_update_answers_with_some_of_the_user(vikunja, call, ada):
    """Neither user name nor e-mail: as the page shows it."""
    vikunja.forward(60)
    got = call("POST", "/api/v1/users/2", {"user": '{"name": "Lorem Impsum"}'}, FORM)
    assert (got.status, sorted(got.body)) == (200, ["created", "id", "name", "updated"])
    assert (got.body["name"], got.body["updated"] - ada.created) == (
        "Lorem Impsum",
        pytest.approx(60, abs=1),
    )
    vikunja.answers_whole = True
    assert call("POST", "/api/v1/users/2", {"name": "Ada"}).body["username"] == "ada"


def test_an_update_empties_nothing_and_makes_nobody_an_administrator(call, ada):
    """What is empty is left out, and so is every bool; the password stays."""
    sent = {"name": "", "username": "", "email": "", "isAdmin": True, "password": "other"}
    assert call("POST", "/api/v1/users/2", sent).status == 200
    kept = (ada.name, ada.username, ada.email, ada.is_admin, ada.password)
    assert kept == ("Ada", "ada", "ada@example.com", False, "1234")


def test_an_update_takes_anothers_email_and_stumbles_over_their_name(call, ada):
    """Nobody asks whose e-mail it is; only the database minds the user name: 500."""
    assert call("POST", "/api/v1/users/2", {"email": "admin@example.com"}).status == 200
    assert call("POST", "/api/v1/users/2", {"username": "Admin"}).told == said(500, "Error")
    assert (ada.email, ada.username) == ("admin@example.com", "ada")


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [("GET", "", None), ("POST", "", ADA), ("DELETE", "", None), ("POST", "/password", {})],
)
def test_nobody_has_an_id_and_no_id_is_a_word(vikunja, call, method, rest, body):
    """404, or the first commit's 500; and 400 for what is no number."""
    assert call(method, f"/api/v1/users/9{rest}", body).told == said(
        404, "The user does not exist."
    )
    vikunja.absent = 500
    assert call(method, f"/api/v1/users/9{rest}", body).status == 500
    assert call(method, f"/api/v1/users/ada{rest}", body).told == said(400, "User ID is invalid.")


@pytest.mark.usefixtures("ada")
def test_anybody_is_deleted_but_the_last(vikunja, call):
    """The caller too, whose token goes on; the last one of all is a 400."""
    assert call("DELETE", "/api/v1/users/1").told == said(200, "success")
    assert call("DELETE", "/api/v1/users/2").told == said(400, "Cannot delete last user.")
    assert list(vikunja.users) == [2]


@pytest.mark.parametrize(
    ("body", "kind", "kept"),
    [
        ({"password": "new"}, None, "new"),
        ({"password": "new"}, FORM, "new"),
        ({"password": ""}, None, ""),
    ],
)
def test_a_password_is_set_by_json_or_a_form(call, ada, body, kind, kept):
    """By an administrator anybody's, and none is too short."""
    done = said(200, "The password was updated successfully")
    assert call("POST", "/api/v1/users/2/password", body, kind).told == done
    assert ada.password == kept


def test_only_72_octets_of_a_password_count(vikunja, call, ada):
    """What is longer is as good as its beginning."""
    call("POST", "/api/v1/users/2/password", {"password": "x" * 100})
    with Caller(vikunja.url) as login:
        sent = {"username": ada.username, "password": "x" * 72}
        assert login("POST", "/api/v1/login", sent).status == 200


def test_a_password_of_another_is_a_401(vikunja, call, ada):
    """For users, and in the first commit for administrators too."""
    vikunja.own_password_only = True
    sent = {"password": "new"}
    assert call("POST", "/api/v1/users/2/password", sent).told == said(401, "Unauthorized")
    vikunja.own_password_only = False
    call.headers["Authorization"] = f"Bearer {vikunja.token_of(ada)}"
    assert call("POST", "/api/v1/users/1/password", sent).told == said(401, "Unauthorized")
    assert call("POST", "/api/v1/users/2/password", sent).status == 200


def test_an_empty_email_may_count_as_taken(vikunja, call):
    """The first commit's look-up by it finds anybody."""
    vikunja.needs_email = True
    told = "A user with this email address already exists."
    assert call("PUT", "/api/v1/users", {**ADA, "email": ""}).told == said(400, told)


def test_a_row_changed_behind_the_servers_back_is_shown_as_it_was(vikunja, call, ada):
    """Until the server writes it."""
    vikunja.change_behind(ada, name="Countess")
    assert call("GET", "/api/v1/users/2").body["name"] == "Ada"
    assert call("GET", "/api/v1/users").body[1]["name"] == "Ada"
    call("POST", "/api/v1/users/2", {"email": "a@example.com"})
    assert call("GET", "/api/v1/users/2").body["name"] == "Countess"
