"""A SCIM backend before a server made by hand."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from syncd.backends.scim import ScimBackend, ScimConfig
from syncd.errors import Incomplete
from tests.servers.scim_fake import TOKEN, FakeScim


def config(server: FakeScim, **settings) -> ScimConfig:
    return ScimConfig(server=server.url, **{"auth": {"token": TOKEN}, **settings})


@contextmanager
def opened(server: FakeScim, **settings):
    """Calls that may be repeated are repeated at once."""
    backend = ScimBackend("wiki", config(server, **settings), Path())
    backend.session._dialect = replace(backend.session._dialect, pauses=(0.01, 0.01))
    try:
        yield backend
    finally:
        backend.close()


def names(backend: ScimBackend) -> list[str]:
    return [stored.entity.user_name for stored in backend.users.read()]


def everybody(count: int) -> list[str]:
    return [f"user{number}" for number in range(count)]


def asked_for(server: FakeScim) -> list[dict[str, str]]:
    """The queries of lists, without what is the same in all."""
    lists = [one for one in server.asked if one.path == "/Users" and one.method == "GET"]
    assert all(one.query.pop("excludedAttributes") == "groups" for one in lists)
    return [one.query for one in lists]


def incomplete(server: FakeScim, **settings) -> str:
    with opened(server, **settings) as backend, pytest.raises(Incomplete) as caught:
        list(backend.users.read())
    return str(caught.value).replace(server.url, "URL")


def operations(server: FakeScim):
    """What the one PATCH that was sent says."""
    (body,) = server.bodies("PATCH")
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    return body["Operations"]
