"""A HopFrame, and its administrator's calls by an API token."""

import pytest

from tests.servers.hopframe import HopFrame
from tests.servers.plain import Caller


@pytest.fixture
def hop():
    with HopFrame() as server:
        yield server


@pytest.fixture
def call(hop):
    with Caller(hop.url, Token=hop.token) as caller:
        yield caller
