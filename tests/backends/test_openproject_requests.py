"""What is sent to OpenProject is what its OpenAPI data has: paths, queries and names in bodies.

The table is of what syncd uses, and no copy of that data (docs/api/apiv3 of OpenProject: paths/users.yml,
user.yml, user_lock.yml, groups.yml, group.yml; components/schemas/group_write_model.yml).
"""

import contextlib
import json
import re
from pathlib import Path

from syncd.backends.openproject import OpenProjectBackend, OpenProjectConfig
from syncd.core.model import Group, Key, Update, User
from tests.servers.openproject import OpenProject

LISTED = {"offset", "pageSize", "filters", "sortBy", "select"}
USER = {"login", "email", "firstName", "lastName", "admin", "language", "password", "status"}
GROUP = {"name", "_links"}
DOCUMENTED = {
    ("GET", "/users"): (LISTED, set()),
    ("POST", "/users"): (set(), USER),
    ("GET", "/users/0"): (set(), set()),
    ("GET", "/users/me"): (set(), set()),
    ("PATCH", "/users/0"): (set(), USER - {"status"}),
    ("DELETE", "/users/0"): (set(), set()),
    ("POST", "/users/0/lock"): (set(), set()),
    ("DELETE", "/users/0/lock"): (set(), set()),
    ("GET", "/groups"): ({"sortBy", "select"}, set()),
    ("POST", "/groups"): (set(), GROUP),
    ("GET", "/groups/0"): (set(), set()),
    ("PATCH", "/groups/0"): (set(), GROUP),
    ("DELETE", "/groups/0"): (set(), set()),
}


class Watched(OpenProject):
    def __init__(self):
        super().__init__()
        self.asked = []
        self.users_deletable_by_admins = True

    def admit(self, request):
        path = re.sub(r"\d+", "0", request.path.removeprefix("/api/v3"))
        body = request.json() if request.body else {}
        self.asked.append(((request.method, path), request.query, body))
        super().admit(request)


def test_every_request_is_documented():
    """All verbs of all collections; members are links to users, and filters JSON."""
    with Watched() as project:
        config = OpenProjectConfig(server=project.url, api_key=project.key)
        with contextlib.closing(OpenProjectBackend("project", config, Path())) as backend:
            every_verb(backend)
        for call, query, body in project.asked:
            queries, names = DOCUMENTED[call]
            assert set(query) <= queries
            assert body.keys() <= names
            for name in query.keys() & {"filters", "sortBy"}:
                assert isinstance(json.loads(query[name]), list)
            for member in body.get("_links", {}).get("members", ()):
                assert re.fullmatch(r"/api/v3/users/\d+", member["href"])
        assert DOCUMENTED.keys() - {call for call, *_ in project.asked} == set()


def every_verb(backend):
    names = {"given_name": "Ada", "family_name": "Lovelace"}
    ada = User(user_name="ada", email="ada@example.org", locale="en", **names)
    backend.whoami()
    ref = backend.users.create(Key("1"), ada)
    backend.users.update(ref, Update({}, {"email": "a@example.org", "admin": True}))
    backend.users.update(ref, Update({"active": True}, {"active": False}))
    backend.users.update(ref, Update({"active": False}, {"active": True}))
    group = backend.groups.create(Key("g"), Group(display_name="Crew"))
    backend.groups.update(group, Update({}, {"display_name": "All"}))
    backend.members.change(group, [ref], [])
    list(backend.users.read())
    list(backend.members.read())
    backend.users.get(ref)
    backend.groups.get(group)
    backend.groups.delete(group)
    backend.users.delete(ref)
