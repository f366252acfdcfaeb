"""What HumHub lists, page by page."""

from tests.servers.web import Meanwhile, by


def account(got):
    return got.body["account"]


def test_a_user_is_shown_as_the_version_shows_it(hub, call):
    """1.18 tells authclient and authclient_id, 1.19 the user_source; the rest is the same."""
    user = hub.add_user("ada.l", "ada@example.com", auth_mode="ldap", authclient_id="u7")
    wanted = {
        "id": user.id,
        "guid": user.guid,
        "username": "ada.l",
        "email": "ada@example.com",
        "visibility": 1,
        "status": 1,
        "tags": [],
        "language": "en-US",
        "time_zone": "UTC",
        "contentcontainer_id": 1002,
        "last_login": None,
    }
    got = call("GET", "/api/v1/user/2")
    assert account(got) == {**wanted, "authclient": "ldap", "authclient_id": "u7"}
    assert (got.body["display_name"], got.body["url"]) == ("ada.l Doe", f"{hub.url}/u/ada.l/")
    assert got.body["profile"]["title"] is None
    hub.version = "1.19"
    assert account(call("GET", "/api/v1/user/2")) == {**wanted, "user_source": "ldap"}


def test_pages_have_a_hundred_rows_at_most_and_none_after_the_last(hub, call):
    """More is cut down; page 0 is page 1; after the last comes an empty one, and no error."""
    for number in range(104):
        hub.add_user(f"user{number}", f"u{number}@example.com")

    def page(**query):
        got = call("GET", "/api/v1/user", **query).body
        return got["total"], got["page"], got["pages"], len(got["results"])

    assert page() == (105, 1, 2, 100)
    assert page(limit=1000, page=2) == (105, 2, 2, 5)
    assert page(limit=50, page=0) == (105, 1, 3, 50)
    assert page(limit=50, page=4) == (105, 4, 3, 0)


def test_a_limit_of_nothing_is_everybody_at_once(hub, call):
    """0, less, and what is no number: one answer with the whole table."""
    for number in range(120):
        hub.add_user(f"user{number}", f"u{number}@example.com")
    for limit in ("0", "-1", "all"):
        got = call("GET", "/api/v1/user", limit=limit).body
        assert (got["total"], got["pages"], len(got["results"])) == (121, 1, 121)


def test_links_name_a_parameter_that_nothing_reads(hub, call):
    """Who follows `next` asks for pages of 100."""
    for number in range(3):
        hub.add_user(f"user{number}", f"u{number}@example.com")
    links = call("GET", "/api/v1/user", limit=2).body["links"]
    assert links["next"] == "/api/v1/user?page=2&per-page=2"
    assert call("GET", links["next"]).body["results"] == []


def test_a_total_may_be_unknown(hub, call):
    """Some revisions of Yii lose it: null."""
    hub.tells_total = False
    assert call("GET", "/api/v1/user", limit=2).body["total"] is None


def test_a_row_that_goes_between_two_pages_takes_another_one_with_it(hub, call):
    """Pages are offsets: who stood first on page 2 is on none."""
    for number in range(5):
        hub.add_user(f"user{number}", f"u{number}@example.com")
    gone = Meanwhile(lambda: hub.users.pop(2))
    hub.faults.add(gone, when=by("GET", page="2"), times=1)
    read = [
        row["id"]
        for page in (1, 2)
        for row in call("GET", "/api/v1/user", page=page, limit=3).body["results"]
    ]
    assert read == [1, 2, 3, 5, 6]


def test_all_states_are_listed_the_deleted_too(hub, call):
    """No one is left out, and nothing filters."""
    for status, name in enumerate(("off", "on", "asks", "gone")):
        hub.add_user(name, f"{name}@example.com", status=status)
    rows = call("GET", "/api/v1/user", status=1).body["results"]
    assert [row["account"]["status"] for row in rows] == [1, 0, 1, 2, 3]


def test_people_are_looked_up_without_case(hub, call):
    """By name, e-mail and authentication client; who is not there is 404 in the module's shape."""
    hub.add_user("Zoe.Z", "zoe@example.com", auth_mode="ldap", authclient_id="U7")
    assert call("GET", "/api/v1/user/get-by-username", username="zoe.z").body["id"] == 2
    assert call("GET", "/api/v1/user/get-by-email", email="ZOE@example.com").body["id"] == 2
    assert call("GET", "/api/v1/user/get-by-authclient", name="ldap", id="u7").body["id"] == 2
    nobody = (404, {"code": 404, "message": "User not found!"})
    assert call("GET", "/api/v1/user/get-by-username", username="zoe").told == nobody
    assert call("GET", "/api/v1/user/99").told == nobody
    assert call("GET", "/api/v1/user/get-by-email").status == 400
