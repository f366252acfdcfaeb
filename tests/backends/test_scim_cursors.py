"""Lists of SCIM servers that page by cursor (RFC 9865)."""

from tests.backends.scim_world import asked_for, everybody, incomplete, names, opened
from tests.servers.scim_fake import Answer

PAGED = {"patch": {"supported": True}, "pagination": {"cursor": True, "index": True}}


def test_cursors_are_followed_to_the_end(scim):
    """From an empty one, with all else the same (RFC 9865, section 2)."""
    scim.fill(12)
    scim.ways.config, scim.ways.by_cursor, scim.ways.most = PAGED, True, 5
    scim.ways.total = lambda _there: None
    with opened(scim, page_size=50) as backend:
        assert names(backend) == everybody(12)
    assert asked_for(scim) == [{"cursor": c, "count": "50"} for c in ("", "5", "10")]


def test_a_server_that_only_has_cursors_is_followed_though_it_says_nothing(scim):
    """It answers a plain query with a cursor (RFC 9865, section 2.3)."""
    scim.fill(12)
    scim.ways.by_cursor, scim.ways.most = True, 5
    with opened(scim) as backend:
        assert names(backend) == everybody(12)
    assert asked_for(scim) == [{}, {"cursor": "5"}, {"cursor": "10"}]


def test_a_cursor_that_expires_begins_the_list_anew(scim):
    """And nobody is told twice."""
    scim.fill(12)
    scim.ways.config, scim.ways.by_cursor, scim.ways.most, scim.ways.expire = PAGED, True, 5, {10}
    with opened(scim) as backend:
        assert names(backend) == everybody(12)
    assert [query["cursor"] for query in asked_for(scim)] == ["", "5", "10", "", "5", "10"]


def test_cursors_that_lead_in_a_circle_are_incomplete(scim):
    """The same cursor again gives the same page again."""
    scim.fill(12)
    scim.ways.config, scim.ways.by_cursor, scim.ways.most, scim.ways.stuck = PAGED, True, 5, True
    assert "its cursors lead nowhere" in incomplete(scim)


def test_a_count_that_is_refused_is_not_said_again(scim):
    """invalidCount (RFC 9865, section 2.1)."""
    scim.fill(3)
    told = {"schemas": [], "status": "400", "scimType": "invalidCount"}
    scim.once("GET", "/Users", Answer(400, told))
    with opened(scim, page_size=5000) as backend:
        assert names(backend) == everybody(3)
    assert asked_for(scim) == [{"count": "5000"}, {}]
