"""The contract, held by HopFrame, by an API token and by tokens of five minutes."""

from pathlib import Path

import pytest

from syncd.backends.hopframe import HopFrameBackend, HopFrameConfig
from syncd.core.model import User
from syncd.testing import BackendContract
from tests.contracts.newcomers import Newcomers
from tests.servers.hopframe import HopFrame


@pytest.fixture
def hop():
    with HopFrame() as server:
        yield server


class TestHopFrame(BackendContract):
    many = 250

    @pytest.fixture
    def backend(self, hop):
        backend = HopFrameBackend("app", self.config(hop), Path())
        yield Newcomers(backend)
        backend.close()

    def config(self, hop):
        return HopFrameConfig(server=hop.url, email=hop.admin.email, api_token=hop.token)

    def reopen(self, backend):
        inner = backend.inner
        return Newcomers(HopFrameBackend("app", inner.config, inner.base), backend.old)

    def user(self, number):
        """Who is no administrator is none, which is not the same as not to know."""
        name = f"user{number}"
        return User(user_name=name, email=f"{name}@example.org", admin=False)


class TestHopFrameByPassword(TestHopFrame):
    many = 20

    def config(self, hop):
        return HopFrameConfig(server=hop.url, email=hop.admin.email, password=hop.password)
