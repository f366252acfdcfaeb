"""What a server says of itself, as it says it (RFC 7643, sections 5 to 7; RFC 7644, section 4)."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from syncd.backends.http import Session
from syncd.backends.scim.listing import ListPage
from syncd.backends.scim.schema import Schema
from syncd.errors import Rejected

T = TypeVar("T")

_UNTOLD = dict.fromkeys((400, 403, 404, 405, 410, 501), Rejected)


class Feature(Struct, frozen=True, rename="camel"):
    supported: bool = False
    max_results: int | None = None


class Pagination(Struct, frozen=True, rename="camel"):
    """RFC 9865, section 4."""

    cursor: bool = False
    index: bool | None = None
    max_page_size: int | None = None


class ProviderConfig(Struct, frozen=True):
    """RFC 7643, section 5."""

    patch: Feature = Feature(supported=True)
    filter: Feature = Feature()
    etag: Feature = Feature()
    pagination: Pagination | None = None


class Extension(Struct, frozen=True):
    schema: str
    required: bool = False


class ResourceType(Struct, frozen=True, rename="camel"):
    """RFC 7643, section 6."""

    endpoint: str
    schema: str
    schema_extensions: Sequence[Extension] | None = None


class Told(Struct, frozen=True):
    """All three; what a server does not tell is as the standard describes it, or empty."""

    config: ProviderConfig
    types: Sequence[ResourceType]
    schemas: Sequence[Schema]


def what_is_told(session: Session) -> Told:
    """Raises `BackendError` where the server does not answer, or not with what it should."""
    try:
        config = session.get("/ServiceProviderConfig", means=_UNTOLD).json(ProviderConfig)
    except Rejected:
        config = ProviderConfig()
    types = _list(session, "/ResourceTypes", ResourceType)
    return Told(config, types, _list(session, "/Schemas", Schema))


def _list(session: Session, path: str, kind: type[T]) -> list[T]:
    """Some answer with a bare list, and some leave out how long it is."""
    try:
        answer = session.get(path, means=_UNTOLD)
    except Rejected:
        return []
    bare = answer.body.lstrip().startswith(b"[")
    rows = answer.json(list[msgspec.Raw]) if bare else answer.json(ListPage).resources
    try:
        return [msgspec.json.decode(row, type=kind) for row in rows or ()]
    except msgspec.ValidationError as error:
        raise answer.unexpected(f"one of these is not what it should be: {error}") from None
