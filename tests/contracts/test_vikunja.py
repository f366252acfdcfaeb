"""The contract, held by Vikunja, where the page's way and where the code's way is another."""

from pathlib import Path

import pytest

from syncd.backends.vikunja import VikunjaBackend, VikunjaConfig
from syncd.core.model import User, changed
from syncd.testing import BackendContract
from syncd.testing.sample import create, held, seen
from tests.contracts.apart import NOWHERE, Apart, another, failing
from tests.servers.vikunja import Vikunja
from tests.servers.web import Cut, Half, by


@pytest.fixture
def vikunja():
    with Vikunja() as server:
        yield server


class TestVikunja(BackendContract):
    """As the page has it."""

    many = 250

    @pytest.fixture
    def backend(self, vikunja):
        config = VikunjaConfig(server=vikunja.url, user="admin", password=vikunja.password)
        backend = VikunjaBackend("tasks", config, Path())
        yield Apart(backend, vikunja)
        backend.close()

    def reopen(self, backend):
        return backend.again()

    secrets = (Vikunja.password,)

    def denied(self, backend):
        return another(backend, password="another-password")

    def dead(self, backend):
        return another(backend, server=NOWHERE)

    def half_read(self, backend):
        return failing(backend.server, Half(), by("GET", "/api/v1/users"))

    def answer_lost(self, backend):
        return failing(backend.server, Cut(after=True), by("PUT"))

    def user(self, number):
        """Vikunja has nobody without an e-mail; what is not named cannot be suspended; and who is no
        administrator is none, which is not the same as not to know."""
        name = f"user{number}"
        names = {"email": f"{name}@example.org", "display_name": f"User {number}"}
        return User(user_name=name, **names, admin=False)

    def test_text_beyond_ascii_comes_back(self, backend):
        """Of any script that its database has room for, which is no emoji."""
        zoe = changed(self.user(1), {"display_name": "Zoë Иванова 王小明 ½"})
        ref = create(backend.users, "zoe", zoe)
        assert seen(backend.users) == {ref: held(backend.users.holds, zoe)}


class TestVikunjaOfTheFirstCommit(TestVikunja):
    """Failures for what is not there, and no user without an e-mail."""

    many = 20

    def dead(self, _backend):
        """Its log-in waits, as above."""

    @pytest.fixture
    def vikunja(self):
        with Vikunja() as server:
            server.absent = 500
            server.needs_email = server.answers_whole = True
            yield server


class TestVikunjaWithoutSuspension(TestVikunja):
    many = 20

    def dead(self, _backend):
        """Its log-in waits, as above."""

    @pytest.fixture
    def backend(self, vikunja):
        settings = {"user": "admin", "password": vikunja.password, "suspend_as": "nothing"}
        config = VikunjaConfig(server=vikunja.url, **settings)
        backend = VikunjaBackend("tasks", config, Path())
        yield Apart(backend, vikunja)
        backend.close()
