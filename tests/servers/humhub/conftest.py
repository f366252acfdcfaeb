"""A HumHub, and its administrator's calls."""

import pytest

from tests.servers.humhub import HumHub
from tests.servers.plain import Caller


@pytest.fixture
def hub():
    with HumHub() as server:
        yield server


@pytest.fixture
def call(hub):
    with Caller(hub.url, Authorization=f"Bearer {hub.token}") as caller:
        yield caller
