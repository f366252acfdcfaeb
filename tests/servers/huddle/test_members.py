"""Members of a company in Huddle: the only list of people that there is."""

import pytest

from tests.servers.web import Meanwhile, by

MEMBERS = "/people/companies/123/members"


@pytest.fixture
def crowd(huddle):
    """Users 2 to 8: with the manager, eight members in pages of three."""
    huddle.page_size = 3
    return [huddle.add_user(f"{name}@example.com", name, "Doe") for name in "GFEDCBA"]


def names(got):
    return [one["firstName"] for one in got.body["members"]]


def test_a_member_says_nothing_of_a_status(huddle, call, joe):
    """A member's number is not the user's; that one stands in a link."""
    joe.active = False
    joe.last_login = 1344941979.0
    base, path = "/people/companies/123", f"{MEMBERS}/502"
    hrefs = {"self": path, "edit": f"{path}/edit", "delete": path, "company": base}
    hrefs |= {"user": "/users/2", "avatar": "/files/users/2/avatar", "profile": f"{path}/profile"}
    shown = {
        "links": [{"rel": rel, "href": href} for rel, href in hrefs.items()],
        "firstName": "Joe",
        "lastName": "Bloggs",
        "displayName": "Joe Bloggs",
        "emailAddress": "joe@example.com",
        "role": "Writer",
        "internal": True,
        "companyManager": False,
        "lastLoginDate": "Tue, 14 Aug 2012 10:59:39 GMT",
    }
    assert call("GET", path).told == (200, shown)
    huddle.iso_dates = True
    assert call("GET", path).body["lastLoginDate"] == "2012-08-14T10:59:39"


@pytest.mark.usefixtures("crowd")
def test_pages_are_of_the_servers_size_and_linked(call):
    """By name; there is no `next` on the last one, and no `prev` on the first."""
    got = [call("GET", MEMBERS, page=page) for page in (1, 2, 3)]
    assert [names(one) for one in got] == [["A", "Ann", "B"], ["C", "D", "E"], ["F", "G"]]
    rels = [[link["rel"] for link in one.body["links"]] for one in got]
    assert rels == [
        ["self", "first", "next", "last"],
        ["self", "first", "prev", "next", "last"],
        ["self", "first", "prev", "last"],
    ]
    assert (got[0].body["filteredMembers"], got[0].body["totalMembers"]) == (8, 8)
    assert names(call("GET", got[0].body["links"][2]["href"])) == ["C", "D", "E"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"page": 4}, 404),
        ({"page": 0}, 400),
        ({"page": "x"}, 400),
        ({"sort": "email"}, 400),
        ({"sort": "displayname:up"}, 400),
    ],
)
@pytest.mark.usefixtures("crowd")
def test_a_page_after_the_last_is_a_404(call, query, status):
    """One before the first, and an order that is none, a 400."""
    assert call("GET", MEMBERS, **query).status == status


@pytest.mark.usefixtures("crowd")
def test_a_list_that_shrinks_ends_in_a_404(huddle, call):
    """And somebody was on no page."""
    gone = Meanwhile(lambda: [huddle.remove_member(huddle.members[one]) for one in (508, 507)])
    huddle.faults.add(gone, when=by("GET", page="2"), times=1)
    read = [call("GET", MEMBERS, page=page) for page in (1, 2, 3)]
    assert [names(one) for one in read[:2]] == [["A", "Ann", "B"], ["E", "F", "G"]]
    assert read[2].status == 404


@pytest.mark.usefixtures("crowd")
def test_a_name_that_changes_moves_its_row(huddle, call):
    """Between two pages, somebody comes twice."""
    renamed = Meanwhile(lambda: setattr(huddle.users[8], "first_name", "Z"))
    huddle.faults.add(renamed, when=by("GET", page="3"), times=1)
    assert [names(call("GET", MEMBERS, page=page)) for page in (1, 2, 3)] == [
        ["A", "Ann", "B"],
        ["C", "D", "E"],
        ["G", "Z"],
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [("doe a", ["A"]), ("a@,b@", ["A", "B"]), ("admin", ["Ann"]), ("nobody", [])],
)
@pytest.mark.usefixtures("crowd")
def test_a_query_wants_all_words_of_one_phrase(huddle, call, query, found):
    """Commas are between phrases; the total is still of all."""
    huddle.users[8].last_name = "Doe a"
    for user in list(huddle.users.values())[1:7]:
        user.email = f"{user.first_name}@x.org".lower()
        user.last_name = "Oo"
    huddle.page_size = 25
    got = call("GET", MEMBERS, q=query)
    assert (sorted(names(got)), got.body["totalMembers"]) == (found, 8)


def test_a_deleted_member_keeps_their_account(huddle, call, joe):
    """204, then 404; the user can still be asked for."""
    assert call("DELETE", f"{MEMBERS}/502").told == (204, None)
    assert call("DELETE", f"{MEMBERS}/502").status == 404
    assert (call("GET", "/users/2").status, huddle.member_of(joe)) == (200, None)


@pytest.mark.usefixtures("joe")
def test_many_are_deleted_at_once_or_none(huddle, call):
    """Who is deleted already is a success, who was never there a 400 for all."""

    def send(*numbers):
        found = [{"rel": "member", "href": f"{huddle.url}{MEMBERS}/{number}"} for number in numbers]
        return call("POST", "/people/companies/123/bulkdelete", {"links": found}).status

    assert (send(502, 999), 502 in huddle.members) == (400, True)
    assert (send(502), send(502), 502 in huddle.members) == (204, 204, False)


@pytest.mark.usefixtures("joe")
def test_a_manager_is_made_by_a_link_and_unmade_by_another(huddle, call):
    """201 for who is one already; the link to the manager has a number of its own."""
    path = "/people/companies/123/managers"
    sent = {"rel": "member", "href": f"{MEMBERS}/502"}
    got = call("POST", path, sent)
    assert (got.status, got.headers["location"]) == (201, f"{path}/100502")
    assert call("POST", path, sent).status == 201
    assert call("POST", path, {**sent, "href": f"{MEMBERS}/999"}).status == 400
    manager = call("GET", f"{MEMBERS}/502").body["links"][-1]
    assert manager == {"rel": "companyManager", "href": f"{path}/100502"}
    assert call("DELETE", manager["href"]).status == 204
    assert call("DELETE", manager["href"]).status == 404
    assert not huddle.members[502].manager


def test_a_search_is_a_snapshot(huddle, call):
    """Who comes or goes afterwards changes nothing in it; its rows have no link to their user."""
    huddle.page_size = 1
    got = call("POST", f"{MEMBERS}/search", {"q": ""}, "application/x-www-form-urlencoded")
    assert (got.status, got.headers["location"]) == (201, got.body["links"][0]["href"])
    huddle.add_user("joe@example.com", "Joe", "Bloggs")
    got = call("GET", got.headers["location"])
    assert (got.status, got.body["totalMembers"], names(got)) == (200, 1, ["Ann"])
    assert "expires" in got.headers
    assert "user" not in [one["rel"] for one in got.body["members"][0]["links"]]


def test_an_export_is_made_by_and_by_and_knows_who_is_suspended(huddle, call, joe):
    """It has no ids, and is refused to large companies."""
    huddle.job_seconds = 60
    joe.active = False
    got = call("POST", f"{MEMBERS}/export")
    path = got.body["links"][0]["href"]
    assert (got.status, got.headers["link"]) == (202, f'<{path}>;rel="progress"')
    assert call("GET", path).body["status"] == "InProgress"
    assert call("GET", f"{path}/content").status == 404
    huddle.forward(61)
    done = call("GET", path)
    assert (done.body["status"], done.headers["link"]) == (
        "Finished",
        f'<{path}/content>;rel="content"',
    )
    assert call("GET", f"{path}/content").body.splitlines() == [
        "FirstName,LastName,Email,Role,LastLoginDate,IsCompanyManager,Status",
        "Ann,Admin,admin@example.com,,,Yes,Active",
        "Joe,Bloggs,joe@example.com,Writer,,No,Inactive",
    ]
    huddle.export_limit = 2
    assert call("POST", f"{MEMBERS}/export").told == (403, {"errors": ["MemberLimitExceeded"]})


def test_a_company_links_to_all_of_this(call):
    """And an unknown one is a 404."""
    found = call("GET", "/people/companies").body["companies"]
    links = {one["rel"]: one["href"] for one in found[0]["links"]}
    assert (len(found), links["members"], links["bulk-delete"]) == (
        1,
        MEMBERS,
        "/people/companies/123/bulkdelete",
    )
    assert call("GET", "/people/companies/123").body == found[0]
    assert [call("GET", f"/people/companies/9{rest}").status for rest in ("", "/members")] == [
        404,
        404,
    ]
