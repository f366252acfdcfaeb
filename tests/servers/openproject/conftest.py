"""An OpenProject, and its administrator's calls."""

import base64

import pytest

from tests.servers.openproject import OpenProject
from tests.servers.plain import Caller


@pytest.fixture
def project():
    with OpenProject() as server:
        yield server


@pytest.fixture
def basic():
    """The header for an API key."""

    def header(key, user="apikey"):
        return f"Basic {base64.b64encode(f'{user}:{key}'.encode()).decode()}"

    return header


@pytest.fixture
def call(project, basic):
    with Caller(project.url, Authorization=basic(project.key)) as caller:
        caller.headers["Content-Type"] = "application/json"
        yield caller


@pytest.fixture
def acting(project, basic):
    """Calls by another user than the administrator, who has these permissions."""
    callers = []

    def make(user, *permissions):
        project.keys[user.login] = user.id
        project.permissions[user.id] = {*permissions}
        made = Caller(project.url, Authorization=basic(user.login))
        made.headers["Content-Type"] = "application/json"
        callers.append(made)
        return made

    yield make
    for each in callers:
        each.close()
