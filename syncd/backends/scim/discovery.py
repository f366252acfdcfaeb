"""How one server is to be spoken to: as it says of itself, unless the operator says otherwise."""

from collections.abc import Sequence

from msgspec import Struct

from syncd.backends.http import Session
from syncd.backends.scim.config import ScimConfig
from syncd.backends.scim.places import GROUP, USER
from syncd.backends.scim.schema import Shape
from syncd.backends.scim.shapes import group_shape, user_shape
from syncd.backends.scim.told import ProviderConfig, ResourceType, what_is_told
from syncd.errors import BackendError

_STANDARD = (ResourceType("/Users", USER), ResourceType("/Groups", GROUP))
_MOST = 1000
"""Things that are asked for in one page at most, whatever a server says that it would give."""


class Service(Struct, frozen=True):
    """How one server is spoken to. `page` is how many things to ask for; None to leave it open."""

    base: str
    users: Shape
    groups: Shape | None
    patch: bool
    members: str
    filter: bool
    etag: bool
    cursor: bool
    page: int | None


def discover(session: Session, config: ScimConfig) -> Service:
    """Raises `BackendError`."""
    told = what_is_told(session)
    types = told.types or _STANDARD
    users = _type(types, USER)
    if users is None:
        raise BackendError(f"{session.name}: offers no users: is the url right?")
    groups = _type(types, GROUP) if config.groups else None
    patch = told.config.patch.supported if config.patch == "auto" else config.patch
    return Service(
        base=config.server.url.rstrip("/"),
        users=user_shape(users, told.schemas, config),
        groups=None if groups is None else group_shape(groups, told.schemas, config),
        patch=patch,
        members=_removal(config, patch=patch),
        filter=told.config.filter.supported if config.filter == "auto" else config.filter,
        etag=told.config.etag.supported if config.etag == "auto" else config.etag,
        cursor=_by_cursor(told.config, config),
        page=config.page_size or _page(told.config),
    )


def _removal(config: ScimConfig, *, patch: bool) -> str:
    if config.members != "auto":
        return config.members
    return "path" if patch else "put"


def _by_cursor(told: ProviderConfig, config: ScimConfig) -> bool:
    if config.paging != "auto":
        return config.paging == "cursor"
    return told.pagination is not None and told.pagination.cursor


def _page(told: ProviderConfig) -> int | None:
    """What the server says that it gives at most; 0 says nothing."""
    limits = [told.filter.max_results, told.pagination.max_page_size if told.pagination else None]
    known = [limit for limit in limits if limit]
    return min(_MOST, *known) if known else None


def _type(types: Sequence[ResourceType], schema: str) -> ResourceType | None:
    return next((one for one in types if one.schema.lower() == schema.lower()), None)
