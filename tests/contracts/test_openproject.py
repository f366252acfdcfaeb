"""The contract, held by OpenProject with a server that has its pages, its messages and its jobs."""

from pathlib import Path

import pytest

from syncd.backends.openproject import OpenProjectBackend, OpenProjectConfig
from syncd.core.model import Update, User, changed
from syncd.errors import Rejected
from syncd.testing import BackendContract
from syncd.testing.sample import create, seen
from tests.contracts.apart import NOWHERE, Apart, another, failing
from tests.servers.openproject import OpenProject
from tests.servers.web import Cut, Fails, by


@pytest.fixture
def project():
    with OpenProject() as server:
        server.users_deletable_by_admins = True
        server.max_page_size = 100
        yield server


class TestOpenProject(BackendContract):
    many = 250  # three of its pages

    @pytest.fixture
    def backend(self, project):
        config = OpenProjectConfig(server=project.url, api_key=project.key)
        backend = OpenProjectBackend("projects", config, Path())
        yield Apart(backend, project)
        backend.close()

    def reopen(self, backend):
        return backend.again()

    def user(self, number):
        """OpenProject has nobody without an e-mail and two names; and everybody has a language, and is
        an administrator or is none."""
        name = f"user{number}"
        names = {"email": f"{name}@example.org", "given_name": "User", "family_name": str(number)}
        return User(user_name=name, **names, locale="en", admin=False)

    def full(self, _holds):
        """Languages go by OpenProject's own names."""
        return changed(self.user(1), {"given_name": "Ada", "locale": "de", "admin": True})

    def test_a_cleared_field_has_no_value(self, backend):
        """All but the language is required, and that can be changed and not be taken away."""
        ref = create(backend.users, "ada", self.full(backend.users.holds))
        before = seen(backend.users)
        with pytest.raises(Rejected):
            backend.users.update(ref, Update({}, {"locale": None}))
        assert seen(backend.users) == before

    secrets = (OpenProject.key,)

    def denied(self, backend):
        return another(backend, api_key="another-key")

    def dead(self, backend):
        return another(backend, server=NOWHERE)

    def half_read(self, backend):
        """Its second page is not there."""
        return failing(backend.server, Fails(404), by("GET", "/api/v3/users", offset="2"))

    def answer_lost(self, backend):
        return failing(backend.server, Cut(after=True), by("POST"))
