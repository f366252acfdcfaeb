"""The contract, held by HopFrame, by an API token and by tokens of five minutes."""

from pathlib import Path

import pytest

from syncd.backends.hopframe import HopFrameBackend, HopFrameConfig
from syncd.core.model import User
from syncd.testing import BackendContract
from tests.contracts.apart import NOWHERE, Apart, another, failing
from tests.servers.hopframe import HopFrame
from tests.servers.web import Cut, Half, by


@pytest.fixture
def hop():
    with HopFrame() as server:
        yield server


class TestHopFrame(BackendContract):
    many = 250

    @pytest.fixture
    def backend(self, hop):
        self.secrets = (hop.token, hop.password)
        backend = HopFrameBackend("app", self.config(hop), Path())
        yield Apart(backend, hop)
        backend.close()

    def config(self, hop):
        return HopFrameConfig(server=hop.url, email=hop.admin.email, api_token=hop.token)

    def reopen(self, backend):
        return backend.again()

    def denied(self, backend):
        return another(backend, api_token="another-token")

    def dead(self, backend):
        return another(backend, server=NOWHERE)

    def half_read(self, backend):
        return failing(backend.server, Half(), by("GET", "/api/v1/users"))

    def answer_lost(self, backend):
        return failing(backend.server, Cut(after=True), by("POST", "/api/v1/users"))

    def user(self, number):
        """Who is no administrator is none, which is not the same as not to know."""
        name = f"user{number}"
        return User(user_name=name, email=f"{name}@example.org", admin=False)


class TestHopFrameByPassword(TestHopFrame):
    many = 20

    def dead(self, _backend):
        """Its log-in waits, as above."""

    def config(self, hop):
        return HopFrameConfig(server=hop.url, email=hop.admin.email, password=hop.password)

    def denied(self, backend):
        return another(backend, password="another-password")
