"""The contract, held by the HumHub backend with the server of either generation."""

from pathlib import Path

import pytest

from syncd.backends.humhub import HumHubBackend, HumHubConfig
from syncd.core.model import Update, User
from syncd.testing import BackendContract
from syncd.testing.sample import create, seen
from tests.contracts.apart import NOWHERE, Apart, another, failing
from tests.servers.humhub import HumHub
from tests.servers.web import Cut, Fails, by


def opened(hub, **settings):
    config = HumHubConfig(server=hub.url, auth={"token": hub.token}, **settings)
    return HumHubBackend("hub", config, Path())


class HumHubContract(BackendContract):
    many = 250  # more than two pages

    def user(self, number):
        """Names and an e-mail are required, and everybody is an administrator or is none."""
        return User(
            user_name=f"user{number}",
            email=f"user{number}@example.org",
            given_name="Ada",
            family_name=f"User {number}",
            admin=False,
        )

    def changes(self):
        """HumHub has German, and no German of Germany."""
        return {**super().changes(), "locale": "de"}

    def reopen(self, backend):
        return backend.again()

    secrets = (HumHub.token,)

    def denied(self, backend):
        return another(backend, auth={"token": "another-token"})

    def dead(self, backend):
        return another(backend, server=NOWHERE)

    def half_read(self, backend):
        """Its second page is not there."""
        return failing(backend.server, Fails(404), by("GET", "/api/v1/user", page="2"))

    def answer_lost(self, backend):
        return failing(backend.server, Cut(after=True), by("POST", "/api/v1/user"))

    @pytest.mark.parametrize("field", ["user_name", "email"])
    def test_ones_own_name_may_change_its_case(self, backend, field):
        """Nobody is in their own way; HumHub writes e-mails in small letters (User::beforeSave)."""
        one = create(backend.users, "u1", self.user(1))
        name = getattr(self.user(1), field)
        backend.users.update(one, Update({}, {field: name.upper()}))
        stored = name if field == "email" else name.upper()
        assert seen(backend.users)[one][field] == stored


class TestHumHub118(HumHubContract):
    """A soft deletion leaves a husk."""

    @pytest.fixture
    def backend(self):
        with HumHub("1.18") as hub:
            backend = Apart(opened(hub), hub)
            yield backend
            backend.close()


class TestHumHub119(HumHubContract):
    """A hard deletion leaves nothing."""

    @pytest.fixture
    def backend(self):
        with HumHub("1.19") as hub:
            backend = Apart(opened(hub, delete_as="hard"), hub)
            yield backend
            backend.close()
