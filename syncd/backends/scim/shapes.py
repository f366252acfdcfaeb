"""What the collections of one server are like, by what it tells and by what an operator says."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from syncd.backends.scim.config import ScimConfig
from syncd.backends.scim.places import (
    DECLARES,
    GROUP_PLACES,
    USER_PLACES,
    Place,
    admin_place,
)
from syncd.backends.scim.schema import Attribute, Known, Schema, Shape, named
from syncd.backends.scim.told import ResourceType
from syncd.core.model import Kind, Op


def user_shape(kind: ResourceType, schemas: Sequence[Schema], config: ScimConfig) -> Shape:
    places = dict(USER_PLACES)
    if config.admin_role is not None:
        places["admin"] = admin_place(config.admin_role)
    ops = set(DECLARES[Kind.USER].ops)
    kept = {name: place for name, place in places.items() if name not in config.drops}
    known = _take(kind, schemas, kept)
    if "active" not in known.held:
        ops -= {Op.SUSPEND, Op.RESTORE}
    whole = known.find(Place("name", "formatted"))
    formatted = whole.sub("formatted") if whole else None
    return Shape(
        endpoint=_endpoint(kind.endpoint, config.server.url),
        schema=kind.schema,
        places=known.held,
        holds=known.holds({"user_name", "active"}, ops, keeps_keys=_keeps_keys(known, config)),
        extensions=_required(kind),
        read_only=_read_only(known),
        formatted=bool(formatted and formatted.required and formatted.writable),
    )


def group_shape(kind: ResourceType, schemas: Sequence[Schema], config: ScimConfig) -> Shape:
    known = _take(kind, schemas, GROUP_PLACES)
    members = named(known.schemas[""], "members")
    empty = members is None or not members.required
    ops = set(DECLARES[Kind.GROUP].ops)
    if not empty:
        ops.discard(Op.CREATE)
    if known.held.keys() <= known.sets.get("immutable", set()):
        ops.discard(Op.UPDATE)
    subs = () if members is None else members.sub_attributes or ()
    return Shape(
        endpoint=_endpoint(kind.endpoint, config.server.url),
        schema=kind.schema,
        places=known.held,
        holds=known.holds({"display_name"}, ops, keeps_keys=_keeps_keys(known, config)),
        extensions=_required(kind),
        read_only=_read_only(known),
        member=frozenset(one.name for one in subs if one.required and one.writable),
        empty_groups=empty,
    )


def _endpoint(told: str, base: str) -> str:
    """Below the base URL (RFC 7643, section 6); some say the whole path, or a whole URL."""
    prefix = urlsplit(base).path.rstrip("/")
    path = urlsplit(told).path if "://" in told else told
    path = f"/{path.strip('/')}"
    if prefix and path.startswith(f"{prefix}/"):
        return path.removeprefix(prefix)
    return f"/{path.rpartition('/')[2]}" if "://" in told else path


def _known(kind: ResourceType, schemas: Sequence[Schema], places: Mapping[str, Place]) -> Known:
    """The schemas of one type; what RFC 7643 says of its places where the server tells nothing."""
    by_id = {one.id.lower(): one for one in schemas}
    own = by_id.get(kind.schema.lower())
    if own is None:
        return Known({"": _standard(places)})
    found = {"": own.attributes}
    for extension in kind.schema_extensions or ():
        if (more := by_id.get(extension.schema.lower())) is not None:
            found[extension.schema] = more.attributes
    return Known(found)


def _standard(places: Mapping[str, Place]) -> list[Attribute]:
    """The core schema, of which extensions are no part (RFC 7643, sections 8.7.1)."""
    subs: dict[str, list[Attribute]] = {}
    for place in places.values():
        if not place.extension:
            more = ["type", "primary"] if place.many else []
            subs.setdefault(place.attribute, []).extend(
                Attribute(name) for name in (place.sub, *more) if name
            )
    unique = {"userName"}
    return [
        Attribute(
            name,
            sub_attributes=inner,
            required=name in unique,
            uniqueness="server" if name in unique else "none",
        )
        for name, inner in subs.items()
    ]


def _take(kind: ResourceType, schemas: Sequence[Schema], places: Mapping[str, Place]) -> Known:
    known = _known(kind, schemas, places)
    for name, place in places.items():
        known.take(name, place)
    return known


def _required(kind: ResourceType) -> tuple[str, ...]:
    return tuple(one.schema for one in kind.schema_extensions or () if one.required)


def _read_only(known: Known) -> frozenset[str]:
    told = {one.name for one in known.schemas[""] if one.mutability == "readOnly"}
    return frozenset(told | {"meta", "groups"})


def _keeps_keys(known: Known, config: ScimConfig) -> bool:
    """externalId belongs to every resource, be it in its schema or not (RFC 7643, section 3.1)."""
    if config.external_id != "auto":
        return config.external_id
    told = named(known.schemas[""], "externalId")
    return told is None or (told.writable and told.shown)
