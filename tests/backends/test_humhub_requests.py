"""What is sent to HumHub is what its OpenAPI pages have: paths, queries and names in bodies.

The table is of what syncd uses, and no copy of these pages (docs/swagger/user.yaml and auth.yaml of the
module): the routes of PUT and DELETE of a group stand in its code (Events.php), and by a slip inside
`get` in user.yaml.
"""

import contextlib
import re
from pathlib import Path

import pytest

from syncd.backends.humhub import HumHubBackend, HumHubConfig
from syncd.core.model import Group, Key, Ref, Update, User
from tests.servers.humhub import HumHub

PAGED = {"page", "limit"}
ACCOUNT = {"username", "email", "visibility", "status", "language"}
PROFILE = {"firstname", "lastname", "title", "phone_work", "city"}
PASSWORD = {"newPassword", "mustChangePassword"}
USER = {"account": ACCOUNT, "profile": PROFILE, "password": PASSWORD}
GROUP = dict.fromkeys(("name", "description"))
DOCUMENTED = {
    ("GET", "/auth/current"): ((), {}),
    ("GET", "/user"): (PAGED, {}),
    ("POST", "/user"): ((), USER),
    ("GET", "/user/get-by-username"): ({"username"}, {}),
    ("GET", "/user/get-by-email"): ({"email"}, {}),
    ("GET", "/user/0"): ((), {}),
    ("PUT", "/user/0"): ((), USER),
    ("DELETE", "/user/0"): ((), {}),
    ("DELETE", "/user/full/0"): ((), {}),
    ("DELETE", "/user/session/all/0"): ((), {}),
    ("GET", "/user/group"): (PAGED, {}),
    ("POST", "/user/group"): ((), GROUP),
    ("GET", "/user/group/0"): ((), {}),
    ("PUT", "/user/group/0"): ((), GROUP),
    ("DELETE", "/user/group/0"): ((), {}),
    ("GET", "/user/group/0/member"): (PAGED, {}),
    ("PUT", "/user/group/0/member"): ({"userId"}, {}),
    ("DELETE", "/user/group/0/member"): ({"userId"}, {}),
}


class Watched(HumHub):
    def __init__(self, version):
        super().__init__(version)
        self.asked = []

    def admit(self, request):
        path = re.sub(r"\d+", "0", request.path.removeprefix("/api/v1"))
        body = request.json() if request.body else {}
        self.asked.append(((request.method, path), set(request.query), body))
        super().admit(request)


@pytest.mark.parametrize("version", ["1.18", "1.19"])
@pytest.mark.parametrize("how", ["soft", "hard"])
def test_every_request_is_documented(version, how):
    """All verbs of all collections; until 1.18 an account has an authclient_id besides."""
    with Watched(version) as hub:
        config = HumHubConfig(server=hub.url, auth={"token": hub.token}, delete_as=how)
        with contextlib.closing(HumHubBackend("hub", config, Path())) as backend:
            every_verb(backend)
        account = ACCOUNT | ({"authclient_id"} if version == "1.18" else set())
        for call, query, body in hub.asked:
            queries, sections = DOCUMENTED[call]
            assert query <= set(queries)
            assert body.keys() <= sections.keys()
            for name, part in body.items():
                names = account if name == "account" else sections[name]
                assert set(part) <= names if names else isinstance(part, str)
        other = "/user/0" if how == "hard" else "/user/full/0"
        assert DOCUMENTED.keys() - {call for call, *_ in hub.asked} == {("DELETE", other)}


def every_verb(backend):
    fields = {"given_name": "Ada", "family_name": "Lovelace", "attributes": {"city": "London"}}
    ada = User(user_name="ada.l", email="ada@example.org", **fields)
    ref = backend.users.create(Key("1"), ada)
    with contextlib.suppress(Exception):
        backend.users.create(Key("2"), User(user_name="a!", email="b@example.org", **fields))
    changes = {"title": "Dr", "phone": "1", "locale": "de", "active": False, "admin": True}
    backend.users.update(ref, Update({}, changes))
    group = backend.groups.create(Key("g"), Group(display_name="Crew"))
    backend.groups.update(group, Update({}, {"attributes.description": "All"}))
    backend.members.change(group, [ref], [Ref("1")])
    list(backend.members.read())
    list(backend.users.read())
    backend.users.get(ref)
    backend.groups.get(group)
    backend.whoami()
    backend.users.delete(ref)
    backend.groups.delete(group)
