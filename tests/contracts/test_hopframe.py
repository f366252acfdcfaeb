"""The contract, held by HopFrame, by an API token and by tokens of five minutes."""

from pathlib import Path

import pytest

from syncd.backends.hopframe import HopFrameBackend, HopFrameConfig
from syncd.core.model import User
from syncd.testing import BackendContract
from tests.contracts.newcomers import NOWHERE, Newcomers, again, failing
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
        backend = HopFrameBackend("app", self.config(hop), Path())
        yield Newcomers(backend, hop)
        backend.close()

    def config(self, hop):
        return HopFrameConfig(server=hop.url, email=hop.admin.email, api_token=hop.token)

    def reopen(self, backend):
        return Newcomers(again(backend), backend.server, backend.old)

    @property
    def secrets(self):
        return (HopFrame.password,)

    def denied(self, backend):
        return again(backend, api_token=None, password="another-password")

    def dead(self, backend):
        return again(backend, server=NOWHERE)

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

    def config(self, hop):
        return HopFrameConfig(server=hop.url, email=hop.admin.email, password=hop.password)

    def dead(self, _backend):
        """Waited for above."""

    def half_read(self, _backend):
        """As above."""
