"""A SCIM server's lists are read to their end, or it is said that they were not."""

import pytest

from syncd.core.model import Group, Key, Member, Ref, Stored, User
from syncd.errors import BackendError, Incomplete, Unavailable
from syncd.paging import Members
from tests.backends.scim_world import asked_for, everybody, incomplete, names, opened
from tests.contracts.test_scim import opened as opened_real
from tests.servers.scim_fake import Answer


def test_a_list_of_one_page_is_one_call(scim):
    """Nobody asks again who has everything; and nothing is said of a size that nobody knows."""
    scim.fill(3)
    with opened(scim) as backend:
        assert names(backend) == everybody(3)
    assert asked_for(scim) == [{}]


def test_pages_are_as_large_as_the_server_gives_them(scim):
    """Each begins with the last thing of the one before, so that moves are noticed."""
    scim.fill(25)
    scim.ways.most = 10
    with opened(scim, page_size=100) as backend:
        assert names(backend) == everybody(25)
    assert asked_for(scim) == [
        {"count": "100"},
        {"startIndex": "10", "count": "100"},
        {"startIndex": "19", "count": "100"},
    ]


@pytest.mark.parametrize(
    ("told", "count"),
    [
        ({"filter": {"supported": True, "maxResults": 200}}, "200"),
        ({"filter": {"supported": True, "maxResults": 2_000_000}}, "1000"),
        ({"filter": {"maxResults": 0}}, None),
        ({"filter": {"maxResults": 200}, "pagination": {"index": True, "maxPageSize": 5}}, "5"),
    ],
)
def test_as_many_things_a_page_are_asked_for_as_the_server_says(scim, told, count):
    """No more than a thousand; and none are named where it says nothing, for some then fail."""
    scim.ways.config = told
    with opened(scim) as backend:
        assert names(backend) == []
    assert asked_for(scim) == [{} if count is None else {"count": count}]


def test_pages_of_one_are_read_to_the_end(scim):
    """There nothing can be asked for twice; the count is held against what came."""
    scim.fill(3)
    scim.ways.most = 1
    with opened(scim) as backend:
        assert names(backend) == everybody(3)
    assert len(asked_for(scim)) == 3


def test_whoever_is_deleted_while_paging_hides_nobody(scim):
    """Not even if another is added, so that the count stays: all move up by one, and one is
    passed over."""
    ids = scim.fill(12)
    scim.ways.most = 5

    def between(page):
        if page == 1:
            del scim.kept["Users"][ids[1]]
            scim.put(userName="new")

    scim.ways.between = between
    with opened(scim) as backend:
        assert names(backend) == [*everybody(12), "new"]


def test_who_came_while_paging_is_there_and_nobody_twice(scim):
    """A thing that is put in front moves the others: the list is read again."""
    scim.fill(12)
    scim.ways.most = 5

    def between(page):
        if page == 2:
            users = scim.kept["Users"]
            scim.put(id="first", userName="new")
            scim.kept["Users"] = {"first": users.pop("first"), **users}

    scim.ways.between = between
    with opened(scim) as backend:
        found = names(backend)
    assert sorted(found) == sorted([*everybody(12), "new"])


def test_a_list_that_never_stands_still_is_incomplete(scim):
    """After three readings; what came proves that nobody is missing, and not that anybody is."""
    scim.fill(12)
    scim.ways.most = 5

    def between(_page):
        scim.kept["Users"].pop(next(iter(scim.kept["Users"])))
        scim.put(userName="another")

    scim.ways.between = between
    assert incomplete(scim).endswith(
        "/Users could not be read to its end: things moved while it was read, in 3 readings"
    )


def test_a_total_that_is_never_reached_is_incomplete(scim):
    """Some are counted whom syncd may not see, or the server gives no more than so many."""
    scim.fill(3)
    scim.ways.total = lambda there: there + 1
    assert "3 things came, and 4 are said to be there" in incomplete(scim)


def test_pages_that_do_not_advance_are_incomplete(scim):
    """The same page for ever is no list, and is not read for ever."""
    scim.fill(12)
    scim.ways.most, scim.ways.stuck = 5, True
    assert "it begins anew where 5 things had come: startIndex has no effect" in incomplete(scim)
    assert len(asked_for(scim)) == 2


def test_scimmy_on_express_5_is_incomplete(scimmy5):
    """The same with a server that is not ours: its routers cannot set the query there."""
    backend = opened_real(scimmy5)
    for number in range(21):
        backend.users.create(Key(f"k{number}"), User(user_name=f"user{number}"))
    with pytest.raises(Incomplete, match="startIndex has no effect"):
        names(backend)
    backend.close()


@pytest.mark.parametrize("answer", [Answer(500), Answer(400), Answer(404), Answer(cut=True)])
def test_a_reading_that_breaks_off_is_incomplete(scim, answer):
    """What came before did come."""
    scim.fill(12)
    scim.ways.most = 5

    def between(page):
        if page == 1:
            scim.instead += [("GET", "/Users", answer)] * 3

    scim.ways.between = between
    with opened(scim) as backend:
        reading = backend.users.read()
        assert [next(reading).entity.user_name for _ in range(5)] == everybody(5)
        with pytest.raises(Incomplete):
            next(reading)


def test_a_server_that_does_not_answer_at_all_is_unavailable(scim):
    """That is another thing than a reading of half."""
    with opened(scim) as backend:
        scim.instead += [("GET", "/Users", Answer(503))] * 3
        with pytest.raises(Unavailable):
            names(backend)


def test_a_bad_moment_is_passed_over(scim):
    """A page may be asked for again."""
    scim.fill(12)
    scim.ways.most = 5
    scim.once("GET", "/Users", Answer(502))
    with opened(scim) as backend:
        assert names(backend) == everybody(12)


def test_a_resource_without_an_id_is_no_resource(scim):
    """That is not what the server promised, and proves nothing."""
    scim.fill(1)
    scim.kept["Users"]["u1"].pop("id")
    with opened(scim) as backend, pytest.raises(BackendError, match="`id`"):
        names(backend)


def test_what_comes_without_a_name_goes_by_its_id(scim):
    """Somebody else's account stands in nobody's way, however odd."""
    scim.put(id="77", active=True)
    with opened(scim) as backend:
        assert list(backend.users.read()) == [Stored(Ref("77"), User(user_name="77"))]


def test_who_is_not_said_to_be_suspended_is_active(scim):
    """`active` need not be told (RFC 7643, section 4.1.1)."""
    scim.put(id="1", userName="ada")
    with opened(scim) as backend:
        assert list(backend.users.read()) == [Stored(Ref("1"), User(user_name="ada"))]


def test_members_are_users_each_once(scim):
    """A group in a group is not among them, whichever way that is said; nor is nobody."""
    links = [
        {"value": "u2"},
        {"value": "u1", "type": "User"},
        {"value": "u2", "$ref": f"{scim.url}/Users/u2"},
        {"value": "g9", "type": "Group"},
        {"value": "g8", "$ref": f"{scim.url}/Groups/g8"},
        {"display": "nobody"},
    ]
    scim.put("Groups", id="g1", displayName="Engineering", members=links)
    scim.put("Groups", id="g2", displayName="Empty")
    with opened(scim) as backend:
        members = [Member(Ref("g1"), Ref(user)) for user in ("u1", "u2")]
        assert list(backend.members.read()) == members
        assert list(backend.members.of([Ref("g1"), Ref("g2"), Ref("gone")])) == [
            Members(Ref("g1"), (Ref("u1"), Ref("u2")))
        ]
        assert [one.entity for one in backend.groups.read()] == [
            Group(display_name="Engineering"),
            Group(display_name="Empty"),
        ]


def test_groups_are_asked_for_without_their_members_and_members_without_the_rest(scim):
    """A group of a hundred thousand is sent once."""
    with opened(scim) as backend:
        list(backend.groups.read())
        list(backend.members.read())
    assert [one.query for one in scim.asked if one.path == "/Groups"] == [
        {"excludedAttributes": "members"},
        {"attributes": "members"},
    ]


def test_absence_is_what_the_server_says_of_an_id(scim):
    """Any other answer is none about it."""
    scim.fill(1)
    with opened(scim) as backend:
        assert backend.users.get(Ref("nobody")) is None
        scim.instead += [("GET", "/Users", Answer(500))] * 3
        with pytest.raises(Unavailable):
            backend.users.get(Ref("u1"))


def test_prints_change_with_what_the_schema_lets_see(scim):
    """Under another schema the same octets say something else."""
    scim.put(userName="ada", title="Dr")
    found = []
    for drops in ((), ("title",)):
        with opened(scim, drops=drops) as backend:
            (page,) = backend.users.pages()
            found.append((page.prints[0], page.decode(0).record.entity.title))
    assert found[0][1] == "Dr"
    assert found[1][1] is None
    assert found[0][0] != found[1][0]


def test_a_page_that_is_no_json_is_not_believed(scim):
    """A log-in page in between says 200 to everything."""
    with opened(scim) as backend:
        names(backend)
        scim.once("GET", "/Users", Answer(200, ["a list of texts"]))
        with pytest.raises(BackendError, match="not what it promised"):
            names(backend)
