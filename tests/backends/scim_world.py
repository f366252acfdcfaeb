"""A SCIM backend before a server made by hand."""

from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from syncd.backends.scim import ScimBackend, ScimConfig
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
