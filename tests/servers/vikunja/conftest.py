"""A Vikunja, and its administrator's calls."""

import pytest

from tests.servers.plain import Caller
from tests.servers.vikunja import Vikunja


@pytest.fixture
def vikunja():
    with Vikunja() as server:
        yield server


@pytest.fixture
def call(vikunja):
    with Caller(vikunja.url, Authorization=f"Bearer {vikunja.token}") as caller:
        yield caller
