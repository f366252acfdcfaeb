"""What a SCIM server tells of itself decides what is declared and how it is spoken to."""

from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from syncd.backends.scim import ScimBackend, ScimConfig
from syncd.core.model import Key, Kind, Op, Ref, Update, User
from syncd.errors import BackendError, Denied, Rejected, Unavailable
from syncd.ports import Backend, Holds, Nothing
from tests.backends.scim_world import config, names, opened
from tests.servers.ports import free_port
from tests.servers.scim_fake import Answer

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CHANGES = frozenset({Op.CREATE, Op.UPDATE, Op.DELETE})
ALL = CHANGES | {Op.SUSPEND, Op.RESTORE}


def attribute(name, *inner, **more):
    subs = {"subAttributes": [attribute(one) if isinstance(one, str) else one for one in inner]}
    return {"name": name, **(subs if inner else {}), **more}


def schemas(*attributes, group=(), enterprise=()):
    told = [
        {"id": USER, "attributes": [attribute("userName", required=True), *attributes]},
        {"id": GROUP, "attributes": [attribute("displayName"), *group]},
        {"id": ENTERPRISE, "attributes": list(enterprise)},
    ]
    return {"totalResults": 3, "Resources": told}


def types(users="/Users", groups="/Groups", required=False):
    extensions = [{"schema": ENTERPRISE, "required": required}]
    told = [{"endpoint": users, "schema": USER, "schemaExtensions": extensions}]
    told += [{"endpoint": groups, "schema": GROUP}] if groups else []
    return {"Resources": told}


def test_nothing_is_asked_before_it_is_needed():
    """A configuration can be checked without the server."""
    nowhere = SimpleNamespace(url=f"http://127.0.0.1:{free_port()}")
    with opened(nowhere) as scim:
        backend: Backend = scim
        assert (backend.concurrency, backend.batch_size) == (8, 1)
        with pytest.raises(Unavailable, match="nobody listens"):
            _ = backend.users


def test_a_server_is_asked_about_itself_once(scim):
    """Three calls, however many readings there are."""
    with opened(scim) as backend:
        for _ in range(3):
            names(backend)
            list(backend.groups.read())
    about = [one.path for one in scim.asked if one.path not in {"/Users", "/Groups"}]
    assert sorted(about) == ["/ResourceTypes", "/Schemas", "/ServiceProviderConfig"]


def test_who_tells_nothing_is_as_the_standard_says(scim):
    """Without the enterprise extension, which is none of the core."""
    scim.ways.config = None
    with opened(scim) as backend:
        assert backend.users.holds == Holds(
            fields=frozenset(
                {
                    "user_name",
                    "email",
                    "given_name",
                    "family_name",
                    "display_name",
                    "title",
                    "phone",
                    "locale",
                    "active",
                    "attributes.nickName",
                    "attributes.preferredLanguage",
                    "attributes.timezone",
                    "attributes.userType",
                    "attributes.profileUrl",
                }
            ),
            caseless=frozenset({"user_name", "email"}),
            unique=frozenset({"user_name"}),
            required=frozenset({"user_name", "active"}),
            ops=ALL,
            keeps_keys=True,
        )
        assert backend.groups.holds == Holds(
            fields=frozenset({"display_name"}),
            required=frozenset({"display_name"}),
            ops=CHANGES,
            keeps_keys=True,
        )
        assert backend.members.ops == {Op.ADD, Op.REMOVE}


def test_a_schema_decides_what_is_declared(scim):
    """Writable, shown, immutable, required, unique, with case: each as it is told."""
    scim.ways.types = types()
    scim.ways.schemas = schemas(
        attribute("externalId", mutability="readOnly"),
        attribute("NAME", attribute("givenName", mutability="immutable"), "familyName"),
        attribute("displayName", mutability="readOnly"),
        attribute("title", returned="never"),
        attribute("locale", returned="request"),
        attribute("nickName", required=True),
        attribute("emails", attribute("value", uniqueness="global", caseExact=True, required=True)),
        attribute("phoneNumbers", "value", mutability="immutable", required=True),
        enterprise=[attribute("department"), attribute("costCenter", mutability="writeOnly")],
    )
    with opened(scim) as backend:
        assert backend.users.holds == Holds(
            fields=frozenset(
                {
                    "user_name",
                    "given_name",
                    "family_name",
                    "attributes.nickName",
                    "email",
                    "phone",
                    "attributes.department",
                }
            ),
            immutable=frozenset({"given_name", "phone"}),
            caseless=frozenset({"user_name"}),
            unique=frozenset({"email"}),
            required=frozenset({"user_name", "attributes.nickName", "phone"}),
            ops=CHANGES,
            keeps_keys=False,
        )


def test_a_group_that_needs_a_member_is_not_made(scim):
    """syncd makes groups empty; and where a name never changes, there is nothing to update."""
    members = attribute("members", "value", required=True)
    scim.ways.schemas = schemas(group=[members])
    scim.ways.schemas["Resources"][1]["attributes"][0]["mutability"] = "immutable"
    with opened(scim) as backend:
        assert backend.groups.holds.ops == {Op.DELETE}


@pytest.mark.parametrize(
    "endpoint", ["/Users", "Users", "/scim/v2/Users", "http://wiki.test/scim/v2/Users"]
)
def test_an_endpoint_is_below_the_base_however_it_is_told(scim, endpoint):
    """As a path below it, as a path of the server, or as a URL of a name that the server has."""
    scim.fill(1)
    scim.ways.types = types(endpoint)
    with opened(scim) as backend:
        assert names(backend) == ["user0"]


def test_lists_may_come_without_being_lists(scim):
    """A bare array instead of a ListResponse."""
    scim.ways.types, scim.ways.schemas = types()["Resources"], schemas()["Resources"]
    with opened(scim) as backend:
        assert backend.users.holds.fields == {"user_name"}


def test_without_groups_there_are_none(scim):
    """Because the server has none, or because they are not managed."""
    scim.ways.types = types(groups=None)
    with opened(scim) as backend:
        assert isinstance(backend.groups, Nothing)
        assert list(backend.members.read()) == []
    scim.ways.types = types()
    with opened(scim, groups=False) as backend:
        assert isinstance(backend.groups, Nothing)
    assert all(one.path != "/Groups" for one in scim.asked)


def test_a_server_without_users_is_not_the_right_one(scim):
    """Said before anything is planned."""
    scim.ways.types = {"Resources": [{"endpoint": "/Things", "schema": "urn:things"}]}
    with opened(scim) as backend, pytest.raises(BackendError, match="offers no users"):
        _ = backend.users


def test_what_is_told_must_be_what_it_should(scim):
    """A half-understood server is spoken to wrongly."""
    scim.ways.types = {"Resources": [{"endpoint": "/Users"}]}
    with opened(scim) as backend, pytest.raises(BackendError, match="`schema`"):
        _ = backend.users


def test_an_operator_knows_better(scim):
    """Fields that are dropped, and all that the server says wrongly of itself."""
    scim.ways.config = {"patch": {"supported": False}, "etag": {"supported": True}}
    settings = {"patch": True, "etag": False, "filter": True, "paging": "cursor", "page_size": 7}
    with opened(scim, drops=("title", "active"), external_id=False, **settings) as backend:
        service = backend.service
        told = service.patch, service.etag, service.filter, service.cursor, service.page
        assert told == (True, False, True, True, 7)
        assert backend.users.holds.fields.isdisjoint({"title", "active"})
        assert (backend.users.holds.ops, backend.users.holds.keeps_keys) == (CHANGES, False)


def test_an_extension_that_everybody_must_have_is_named(scim):
    """Though nothing in it is given (RFC 7643, section 6)."""
    scim.ways.types, scim.ways.schemas = types(required=True), schemas()
    with opened(scim) as backend:
        backend.users.create(Key("1"), User(user_name="ada"))
    assert scim.bodies("POST")[0]["schemas"] == [USER, ENTERPRISE]


def test_an_administrator_is_who_has_the_role_that_means_it(scim):
    """Other roles are other people's affair."""
    other = {"value": "editor"}
    ada = Ref(scim.put(userName="ada", roles=[other, {"value": "admin", "type": "x"}]))
    zoe = Ref(scim.put(userName="zoe", roles=[other]))
    with opened(scim, admin_role="admin") as backend:
        assert "admin" in backend.users.holds.fields
        assert [one.entity.admin for one in backend.users.read()] == [True, False]
        backend.users.update(ada, Update({}, {"admin": False}))
        backend.users.update(zoe, Update({}, {"admin": True}))
    assert [one["roles"] for one in scim.kept["Users"].values()] == [
        [other],
        [other, {"value": "admin"}],
    ]


def test_syncd_knows_itself_by_me(scim):
    """Asked once (RFC 7644, section 3.11)."""
    scim.ways.me = scim.put(userName="syncd")
    with opened(scim) as backend:
        assert [backend.whoami(), backend.whoami()] == [Ref("u1"), Ref("u1")]
    assert [one.path for one in scim.asked] == ["/Me"]


@pytest.mark.parametrize("answer", [Answer(501), Answer(404), Answer(403), Answer(308)])
def test_without_me_syncd_is_none_of_the_users(scim, answer):
    """Unless the configuration names one."""
    scim.once("GET", "/Me", answer)
    with opened(scim) as backend:
        assert backend.whoami() is None


def test_a_token_that_is_not_known_is_denied_also_at_me(scim):
    """That is an answer about the token, and none about /Me."""
    with opened(scim, auth={"token": "another"}) as backend, pytest.raises(Denied):
        backend.whoami()


@pytest.mark.parametrize("filters", [True, False])
def test_syncd_knows_itself_by_the_name_that_it_is_given(scim, filters):
    """By a filter where there is one; and whatever comes is looked at, for some heed none."""
    scim.fill(60)
    scim.put(id="me", userName='Sync"d')
    scim.ways.config["filter"] = {"supported": True}
    scim.ways.filters = filters
    with opened(scim, own_user='sync"D') as backend:
        assert backend.whoami() == "me"
    assert scim.asked[-1].query["filter"] == 'userName eq "sync\\"D"'
    assert len(scim.lines()) == (1 if filters else 2)


def test_a_name_of_its_own_that_nobody_has_stops_the_run(scim):
    """Or the account that syncd logs in with would be as unprotected as any."""
    scim.fill(3)
    with opened(scim, own_user="syncd") as backend, pytest.raises(Denied, match="'syncd' is none"):
        backend.whoami()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"drops": ["titel"]}, "titel: should be among"),
        ({"drops": ["user_name"]}, "user_name: should be among"),
        ({"patch": "maybe"}, "patch"),
        ({"sever": "x"}, "Extra inputs"),
        ({"page_size": 0}, "greater than or equal to 1"),
        ({"auth": {"token": "made up", "user": "x", "password": "y"}}, "one way to log in"),
    ],
)
def test_a_configuration_that_is_wrong_is_told_so(given, why):
    """Before anything is read, and without what was given."""
    with pytest.raises(ValidationError, match=why) as caught:
        ScimConfig(**{"server": "https://wiki.example.org/scim", **given})
    assert "made up" not in str(caught.value)


def test_no_secret_is_in_what_is_shown(scim):
    """Neither of the configuration nor of a refusal that quotes it."""
    scim.instead.append(("GET", "/Users", Answer(400, {"detail": "Bearer made-up-token is odd"})))
    with opened(scim) as backend, pytest.raises(Rejected) as caught:
        names(backend)
    assert "made-up-token" not in f"{caught.value} {config(scim)!r} {vars(backend)!r}"


def test_what_scim_offers_is_more_than_any_server_holds(scim):
    """What is declared without a connection is the most that there can be."""
    with opened(scim, admin_role="admin") as backend:
        for kind, collection in ((Kind.USER, backend.users), (Kind.GROUP, backend.groups)):
            assert collection.holds.fields <= ScimBackend.declares[kind].fields
            assert collection.holds.ops <= ScimBackend.declares[kind].ops
