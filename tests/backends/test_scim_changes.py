"""What a SCIM server is told of a change: as little as says it."""

from collections import Counter

import pytest

from syncd.core.model import Group, Key, Ref, Update, User
from syncd.errors import BackendError, Conflict, Denied, Rejected, Unavailable
from tests.backends.scim_world import opened, operations
from tests.servers.scim_fake import Answer, FakeScim
from tests.world import ADA, ENGINEERING, EVERYONE, KIM, ZOE, office

CORE = "urn:ietf:params:scim:schemas:core:2.0"
VERSIONED = {"patch": {"supported": True}, "etag": {"supported": True}}
HOME = {"value": "ada@home.test", "type": "home"}


def update(server: FakeScim, ref: str, after, before=None, **settings) -> None:
    with opened(server, **settings) as backend:
        backend.users.update(Ref(ref), Update(before or {}, after))


def test_a_user_is_made_by_one_call_with_their_key(scim):
    """With what syncd knows, an e-mail and a number as work ones, and nothing else."""
    ada = User(user_name="ada", email="ada@example.org", family_name="King", phone="1", title="Dr")
    with opened(scim) as backend:
        assert backend.users.create(Key("p:1"), ada) == "u1"
    assert scim.lines() == ["POST /Users"]
    assert scim.bodies("POST") == [
        {
            "schemas": [f"{CORE}:User"],
            "externalId": "p:1",
            "userName": "ada",
            "emails": [{"value": "ada@example.org", "type": "work", "primary": True}],
            "name": {"familyName": "King"},
            "title": "Dr",
            "phoneNumbers": [{"value": "1", "type": "work"}],
            "active": True,
        }
    ]


def test_a_group_is_made_empty(scim):
    """Its members are told apart, a hundred at a time."""
    with opened(scim) as backend:
        backend.groups.create(Key("p:e"), Group(display_name="Engineering"))
    wanted = {"schemas": [f"{CORE}:Group"], "externalId": "p:e", "displayName": "Engineering"}
    assert scim.bodies("POST") == [wanted]


def test_an_answer_without_a_body_says_by_its_location_what_was_made(scim):
    """RFC 7644, section 3.3, has a body; not all servers do."""
    scim.ways.body_on_create = False
    with opened(scim) as backend:
        assert backend.users.create(Key("1"), User(user_name="ada")) == "u1"


@pytest.mark.parametrize("status", [200, 204])
def test_an_update_tells_what_changed_and_nothing_else(scim, status):
    """By one PATCH, whichever way it is answered (RFC 7644, section 3.5.2)."""
    scim.ways.patch_status = status
    ref = scim.put(userName="ada", title="Dr", locale="en", nickName="A")
    update(scim, ref, {"title": "Countess", "given_name": "Ada", "locale": None, "active": False})
    assert scim.lines() == ["PATCH /Users/u1"]
    assert operations(scim) == [
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "path": "name.givenName", "value": "Ada"},
        {"op": "remove", "path": "locale"},
        {"op": "replace", "path": "title", "value": "Countess"},
    ]


@pytest.mark.parametrize(
    ("there", "after", "wanted"),
    [
        (
            [HOME, {"value": "old", "type": "work", "primary": True, "display": "old"}],
            "new",
            [HOME, {"value": "new", "type": "work", "primary": True}],
        ),
        ([HOME], "new", [HOME, {"value": "new", "type": "work", "primary": True}]),
        ([HOME, {"value": "old"}], "new", [HOME, {"value": "new"}]),
        ([{**HOME, "primary": True}], "new", [{**HOME, "primary": True, "value": "new"}]),
        ([HOME, {"value": "old", "type": "WORK"}], None, [HOME]),
    ],
)
def test_an_email_is_changed_among_others_that_stay(scim, there, after, wanted):
    """The primary one is meant, else the one for work, else the one that is for nothing."""
    ref = scim.put(userName="ada", emails=there)
    update(scim, ref, {"email": after})
    assert scim.lines() == ["GET /Users/u1", "PATCH /Users/u1"]
    assert operations(scim) == [{"op": "replace", "path": "emails", "value": wanted}]


def test_the_last_email_is_removed(scim):
    """An empty list is no value (RFC 7643, section 2.5)."""
    ref = scim.put(userName="ada", emails=[{"value": "old", "type": "work"}])
    update(scim, ref, {"email": None})
    assert operations(scim) == [{"op": "remove", "path": "emails"}]


def test_a_mobile_number_is_not_the_phone(scim):
    """What is for something else is somebody else's."""
    mobile = {"value": "7", "type": "mobile", "primary": True}
    ref = scim.put(userName="ada", phoneNumbers=[mobile])
    update(scim, ref, {"phone": "1"})
    (told,) = operations(scim)
    assert told["value"] == [mobile, {"value": "1", "type": "work"}]


def test_without_patch_the_whole_is_put_back_as_it_was_but_for_the_change(scim):
    """What syncd does not know of stays; what the server keeps for itself is not sent."""
    scim.ways.config = {"patch": {"supported": False}}
    ref = scim.put(
        userName="ada", title="Dr", locale="en", emails=[HOME], ims=[{"value": "x"}], groups=["g"]
    )
    update(scim, ref, {"title": None, "email": "new", "family_name": "King"})
    assert scim.lines() == ["GET /Users/u1", "PUT /Users/u1"]
    assert scim.bodies("PUT") == [
        {
            "id": "u1",
            "userName": "ada",
            "title": None,
            "locale": "en",
            "emails": [HOME, {"value": "new", "type": "work", "primary": True}],
            "ims": [{"value": "x"}],
            "name": {"familyName": "King"},
        }
    ]


def test_a_change_says_which_version_it_is_of(scim):
    """Where the server says that it heeds that (RFC 7644, section 3.14)."""
    scim.ways.config, scim.ways.versions = VERSIONED, True
    ref = Ref(scim.put(userName="ada"))
    with opened(scim) as backend:
        list(backend.users.read())
        version = scim.kept["Users"][ref]["meta"]["version"]
        backend.users.update(ref, Update({}, {"title": "Dr"}))
    assert scim.asked[-1].headers["if-match"] == version


def test_no_version_is_said_to_who_does_not_heed_any(scim):
    """An ETag that nobody promised may be of anything: of an answer's octets, for one."""
    scim.ways.versions = True
    ref = Ref(scim.put(userName="ada"))
    with opened(scim) as backend:
        list(backend.users.read())
        backend.users.update(ref, Update({}, {"title": "Dr"}))
    assert "if-match" not in scim.asked[-1].headers


@pytest.mark.parametrize("patch", [True, False])
def test_what_somebody_changed_meanwhile_is_looked_at_again(scim, patch):
    """Another field stands in nobody's way."""
    scim.ways.config, scim.ways.versions = VERSIONED, True
    ref = Ref(scim.put(userName="ada", title="Dr"))
    with opened(scim, patch=patch) as backend:
        list(backend.users.read())
        scim.change("Users", ref, locale="de")
        backend.users.update(ref, Update({"title": "Dr"}, {"title": "Countess"}))
        found = backend.users.get(ref).entity
    assert (found.title, found.locale) == ("Countess", "de")


def test_a_field_that_somebody_else_changed_is_not_changed(scim):
    """The plan was made for what was there; the next one is made for what is."""
    scim.ways.config, scim.ways.versions = VERSIONED, True
    ref = Ref(scim.put(userName="ada", title="Dr"))
    with opened(scim) as backend:
        list(backend.users.read())
        scim.change("Users", ref, title="Professor")
        with pytest.raises(Rejected, match=r"412 Precondition Failed.*title has changed"):
            backend.users.update(ref, Update({"title": "Dr"}, {"title": "Countess"}))
    assert scim.kept["Users"][ref]["title"] == "Professor"


def test_who_has_changed_is_not_deleted(scim):
    """Whoever did that may have had a reason."""
    scim.ways.config, scim.ways.versions = VERSIONED, True
    ref = Ref(scim.put(userName="ada"))
    with opened(scim) as backend:
        list(backend.users.read())
        scim.change("Users", ref, active=True)
        with pytest.raises(Rejected):
            backend.users.delete(ref)
        list(backend.users.read())
        backend.users.delete(ref)
    assert scim.kept["Users"] == {}


def test_changes_in_a_row_know_the_version_that_the_last_one_made(scim):
    """Or none, where the answer does not say: better no condition than a wrong one."""
    scim.ways.config, scim.ways.versions = VERSIONED, True
    for status in (200, 204):
        scim.ways.patch_status = status
        ref = Ref(scim.put(userName=f"user{status}"))
        with opened(scim) as backend:
            list(backend.users.read())
            for title in ("Dr", "Professor"):
                backend.users.update(ref, Update({}, {"title": title}))
        assert ("if-match" in scim.asked[-1].headers) is (status == 200)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(409, {"scimType": "uniqueness"}), Conflict),
        (Answer(409), Conflict),
        (Answer(400, {"scimType": "uniqueness"}), Conflict),
        (Answer(400, {"scimType": "mutability"}), Rejected),
        (Answer(400, ["nothing of the kind"]), Rejected),
        (Answer(501), Rejected),
        (Answer(403), Denied),
        (Answer(401), Denied),
        (Answer(500), Unavailable),
        (Answer(429), Unavailable),
        (Answer(201, {"no": "id"}), BackendError),
        (Answer(201), BackendError),
    ],
)
def test_a_refusal_is_one_of_syncds_errors(scim, answer, kind):
    """By scimType where there is one, else by the status (RFC 7644, section 3.12)."""
    scim.once("POST", "/Users", answer)
    with opened(scim) as backend, pytest.raises(BackendError) as caught:
        backend.users.create(Key("1"), User(user_name="ada"))
    assert type(caught.value) is kind
    assert scim.lines() == ["POST /Users"]


def test_a_run_makes_at_most_one_call_a_change_beside_its_readings(scim):
    """And less than one for members of the same group."""
    with opened(scim) as backend:
        here = office(ADA, ZOE, KIM, groups=[ENGINEERING, EVERYONE], backend=backend)
        report = here.apply()
        assert (report.exit_code, report.unsettled) == (0, ())
        writes = Counter(
            line.rpartition("/")[0] if line.startswith("PATCH") else line
            for line in scim.lines("POST", "PATCH", "PUT", "DELETE")
        )
        assert writes == {"POST /Users": 3, "POST /Groups": 2, "PATCH /Groups": 2}
        assert here.plan().changes == ()
        assert here.members() == {
            ("Engineering", "ada"),
            ("Engineering", "kim"),
            ("Everyone", "ada"),
            ("Everyone", "Zoë"),
            ("Everyone", "kim"),
        }


@pytest.mark.parametrize("effect", [True, False])
@pytest.mark.parametrize("keeps_keys", [True, False])
def test_a_lost_answer_to_a_create_leads_to_exactly_one_account(scim, effect, keeps_keys):
    """It is not sent again; the next run looks, and claims what was made or makes it."""
    scim.once("POST", "/Users", Answer(cut=True, effect=effect))
    with opened(scim, external_id=keeps_keys) as backend:
        here = office(ADA, backend=backend)
        here.apply()
        assert scim.lines("POST") == ["POST /Users"]
        report = here.apply()
        assert (report.exit_code, here.plan().changes) == (0, ())
        assert len(scim.lines("POST")) == (1 if effect else 2)
        assert [one["userName"] for one in scim.kept["Users"].values()] == ["ada"]
        assert set(here.links()) != set()
