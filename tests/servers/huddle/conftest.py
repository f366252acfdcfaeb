"""A Huddle, and its application's calls."""

import pytest

from tests.servers.huddle import Huddle
from tests.servers.plain import Caller


@pytest.fixture
def huddle():
    with Huddle() as server:
        yield server


@pytest.fixture
def call(huddle):
    with Caller(huddle.url, Authorization=f"Bearer {huddle.token}") as caller:
        yield caller


@pytest.fixture
def joe(huddle):
    """User 2, member 502."""
    return huddle.add_user("joe@example.com", "Joe", "Bloggs", company="Huddle", role="Writer")
