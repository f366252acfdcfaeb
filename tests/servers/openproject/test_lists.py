"""What OpenProject lists, page by page."""

import json

import pytest

from tests.servers.openproject.errors import error
from tests.servers.web import Meanwhile, by


@pytest.fixture
def people(project):
    """Ids 5 to 9, of one status each and one more."""
    states = {
        "ada": "active",
        "bob": "locked",
        "cyd": "invited",
        "dan": "registered",
        "eve": "active",
    }
    return [
        project.add_user(name, f"{name}@example.com", status=status)
        for name, status in states.items()
    ]


def ids(got):
    return [row["id"] for row in got.body["_embedded"]["elements"]]


def test_a_user_is_a_hal_resource_with_links_for_what_one_may_do(project, call):
    """Lock but not unlock, and no deletion unless the instance allows it."""
    project.add_user("ada", "ada@example.com", firstname="Ada", lastname="Lovelace")
    got = call("GET", "/api/v3/users/5")
    shown = {**got.body}
    assert shown.pop("createdAt") == shown.pop("updatedAt")
    action = {"href": "/api/v3/users/5/lock", "title": "Set lock on ada", "method": "post"}
    assert shown == {
        "_type": "User",
        "id": 5,
        "name": "Ada Lovelace",
        "login": "ada",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "status": "active",
        "identityUrl": None,
        "language": "en",
        "admin": False,
        "email": "ada@example.com",
        "avatar": "",
        "_links": {
            "self": {"href": "/api/v3/users/5", "title": "Ada Lovelace"},
            "showUser": {"href": "/users/5", "type": "text/html"},
            "updateImmediately": {
                "href": "/api/v3/users/5",
                "title": "Update ada",
                "method": "patch",
            },
            "lock": action,
        },
    }
    assert got.headers["content-type"] == "application/hal+json; charset=utf-8"
    project.users_deletable_by_admins = True
    project.users[5].status = "locked"
    links = call("GET", "/api/v3/users/5").body["_links"]
    assert sorted(links) == ["delete", "self", "unlock", "updateImmediately"]


def test_what_one_may_not_see_is_absent(project, acting):
    """Not null: others see a name, and an e-mail that is not hidden."""
    project.add_user("ada", "ada@example.com")
    eve = acting(project.add_user("eve", "eve@example.com", hide_mail=True))
    wanted = ["_links", "_type", "avatar", "email", "id", "name"]
    assert sorted(eve("GET", "/api/v3/users/5").body) == wanted
    bob = acting(project.add_user("bob", "bob@example.com"))
    assert sorted(bob("GET", "/api/v3/users/eve").body) == sorted({*wanted} - {"email"})


def test_a_list_begins_with_the_newest(people, call):
    """Whatever is sorted by, the newest stand first among equals."""
    assert ids(call("GET", "/api/v3/users")) == [9, 8, 7, 6, 5, 4]
    assert ids(call("GET", "/api/v3/users", sortBy='[["status","asc"]]')) == [9, 5, 4, 7, 6, 8]
    assert ids(call("GET", "/api/v3/users", sortBy='[["id","asc"]]')) == [4, 5, 6, 7, 8, 9]
    assert people[0].id == 5


@pytest.mark.usefixtures("people")
def test_offset_is_the_number_of_a_page(call):
    """From 1; links lead to the pages beside it, and none leads past the last."""
    got = call("GET", "/api/v3/users", offset=2, pageSize=4, sortBy='[["id","asc"]]').body
    assert [got[name] for name in ("_type", "total", "count", "pageSize", "offset")] == [
        "Collection",
        6,
        2,
        4,
        2,
    ]
    base = "/api/v3/users?offset={}&pageSize={}&sortBy=%5B%5B%22id%22%2C%22asc%22%5D%5D"
    assert got["_links"] == {
        "self": {"href": base.format(2, 4)},
        "jumpTo": {"href": base.format("{offset}", 4), "templated": True},
        "changeSize": {"href": base.format(2, "{size}"), "templated": True},
        "previousByOffset": {"href": base.format(1, 4)},
    }
    assert ids(call("GET", base.format(1, 4))) == [4, 5, 6, 7]
    assert "nextByOffset" in call("GET", "/api/v3/users", pageSize=4).body["_links"]
    assert ids(call("GET", "/api/v3/users", offset=9)) == []


@pytest.mark.parametrize(
    ("asked", "given"), [({}, 2), ({"pageSize": 3}, 3), ({"pageSize": 9}, 4), ({"pageSize": -1}, 4)]
)
@pytest.mark.usefixtures("people")
def test_a_page_is_as_large_as_the_instance_allows(project, call, asked, given):
    """-1, and more than that, is the largest: whoever counts rows must read `pageSize`."""
    project.page_size, project.max_page_size = 2, 4
    got = call("GET", "/api/v3/users", **asked).body
    assert (got["pageSize"], got["count"], got["total"]) == (given, given, 6)


@pytest.mark.usefixtures("people")
def test_who_is_created_between_two_pages_pushes_the_others_down(project, call):
    """The last of page 1 comes again on page 2."""
    more = Meanwhile(lambda: project.add_user("new", "new@example.com"))
    project.faults.add(more, when=by("GET", offset="2"), times=1)
    read = [ids(call("GET", "/api/v3/users", offset=page, pageSize=3)) for page in (1, 2, 3)]
    assert read == [[9, 8, 7], [7, 6, 5], [4]]


@pytest.mark.usefixtures("people")
def test_who_goes_between_two_pages_leaves_a_gap(project, call):
    """Somebody who stood on page 2 is on none, and the total is less."""
    less = Meanwhile(lambda: project.remove(project.users[9]))
    project.faults.add(less, when=by("GET", offset="2"), times=1)
    got = [call("GET", "/api/v3/users", offset=page, pageSize=3) for page in (1, 2)]
    assert [(one.body["total"], ids(one)) for one in got] == [(6, [9, 8, 7]), (5, [5, 4])]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"login": {"operator": "=", "values": ["ada", "bob"]}}, [6, 5]),
        ({"login": {"operator": "=", "values": ["ADA"]}}, []),
        ({"status": {"operator": "=", "values": ["invited", "locked"]}}, [7, 6]),
        ({"status": {"operator": "!", "values": ["active"]}}, [8, 7, 6]),
        ({"name": {"operator": "~", "values": ["CYD@"]}}, [7]),
        ({"group": {"operator": "=", "values": ["10"]}}, [9, 5]),
    ],
)
@pytest.mark.usefixtures("people")
def test_a_filter_is_json(project, call, wanted, found):
    """Status, group by its id, name and login; several are all wanted."""
    project.add_group("Poets", [5, 9])
    assert ids(call("GET", "/api/v3/users", filters=json.dumps([wanted]))) == found


@pytest.mark.parametrize(
    "query",
    [
        {"sortBy": '[["shoe","asc"]]'},
        {"sortBy": "id"},
        {"filters": '[{"shoe":{"operator":"=","values":["1"]}}]'},
        {"filters": '[{"status":{"operator":"=","values":["asleep"]}}]'},
        {"filters": '[{"group":{"operator":"=","values":["Poets"]}}]'},
        {"filters": '[{"login":{"operator":"~","values":["a"]}}]'},
        {"filters": "[1]"},
    ],
)
def test_a_query_that_makes_no_sense_is_a_400(call, query):
    """Unknown columns, filters, operators and values."""
    got = call("GET", "/api/v3/users", **query)
    urn = "urn:openproject-org:api:v3:errors:InvalidQuery"
    assert (got.status, got.body["errorIdentifier"]) == (400, urn)


@pytest.mark.usefixtures("people")
def test_a_selection_gives_nothing_else(call):
    """Neither counts nor links, unless they are named."""
    got = call("GET", "/api/v3/users", select="total,elements/id,elements/login", pageSize=1)
    assert got.body == {"total": 6, "_embedded": {"elements": [{"id": 9, "login": "eve"}]}}


def test_a_user_is_found_by_id_and_else_by_login(project, call):
    """A login of digits is found too, where no id is the same; built-ins are found by id."""
    project.add_user("77", "ada@example.com")
    project.add_user("5", "bob@example.com")
    found = [call("GET", f"/api/v3/users/{one}").body["id"] for one in ("5", "77", "me", "2")]
    assert found == [5, 5, 4, 2]
    told = "The specified user does not exist or you do not have permission to view them."
    assert call("GET", "/api/v3/users/99").told == (404, error("NotFound", told))


def test_a_schema_tells_how_long_a_value_may_be(call):
    """As the instance has it."""
    made = call("GET", "/api/v3/users/schema").body
    lengths = {name: made[name]["maxLength"] for name in made if name != "_type"}
    assert lengths == {"login": 256, "firstName": 30, "lastName": 30, "email": 60}
