"""To and from the wire: fields as SCIM writes them. Values in, values out."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from syncd.backends.scim.places import Place
from syncd.backends.scim.schema import Shape
from syncd.core.model import Key, Value

Resource = dict[str, Any]
"""A resource as JSON has it. Names in it are caseless (RFC 7643, section 2.1)."""

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def from_wire(resource: Mapping[str, Any], shape: Shape) -> dict[str, Value]:
    """The fields that a resource has; what is null, empty or of another type is not there."""
    found: dict[str, Value] = {}
    for name, place in shape.places.items():
        value = _value(resource, place)
        if (isinstance(value, str) and value) or isinstance(value, bool):
            found[name] = value
    return found


def to_wire(key: Key, fields: Mapping[str, Value], shape: Shape) -> Resource:
    """A new resource with these fields, and with the key where the server keeps keys."""
    resource: Resource = {"schemas": [shape.schema, *shape.extensions]}
    if shape.holds.keeps_keys:
        resource["externalId"] = key
    for name, place in shape.places.items():
        if (value := fields.get(name)) is not None:
            _set(resource, place, value)
    if shape.formatted:
        resource.setdefault("name", {})["formatted"] = _whole_name(resource)
    return resource


def replaced(resource: Mapping[str, Any], after: Mapping[str, Value], shape: Shape) -> Resource:
    """The whole resource with these fields changed, to be PUT back (RFC 7644, section 3.5.1)."""
    hidden = {name.lower() for name in shape.read_only}
    whole = {
        name: deepcopy(value) for name, value in resource.items() if name.lower() not in hidden
    }
    for name, value in after.items():
        _set(whole, shape.places[name], value)
    if shape.formatted and _renames(after):
        _inner(whole, "name")["formatted"] = _whole_name(whole)
    return whole


def needs_current(after: Mapping[str, Value], shape: Shape) -> bool:
    """Whether a change can be told only by who knows what is there: one of many values, a name."""
    return (shape.formatted and _renames(after)) or any(shape.places[name].many for name in after)


def operations(
    after: Mapping[str, Value], shape: Shape, current: Mapping[str, Any] | None
) -> list[Resource]:
    """What PATCH is told (RFC 7644, section 3.5.2): one operation for each changed attribute.

    Of many values all are told, those that stay as they are among them: that is the same with
    every server, and a path with a filter is not. So `current` is needed where `needs_current`.
    """
    told: list[Resource] = []
    whole = replaced(current, after, shape) if current is not None else {}
    for name in sorted(after):
        place = shape.places[name]
        value = _of(whole, place.attribute) if place.many else after[name]
        told.append(_operation(place.path, value))
    if shape.formatted and _renames(after):
        told.append(_operation("name.formatted", whole["name"]["formatted"]))
    return told


def _operation(path: str, value: Any) -> Resource:
    if value is None or value == []:
        return {"op": "remove", "path": path}
    return {"op": "replace", "path": path, "value": value}


def _value(resource: Mapping[str, Any], place: Place) -> Any:
    container = _of(resource, place.extension) if place.extension else resource
    if not isinstance(container, Mapping):
        return None
    value = _of(container, place.attribute)
    if place.many:
        found = _meant(value if isinstance(value, list) else [], place)
        return found is not None if place.flag else _of(found or {}, place.sub)
    if place.sub:
        return _of(value, place.sub) if isinstance(value, Mapping) else None
    return value


def _meant(values: list[Any], place: Place) -> Any:
    """The one of many values that the field is (see `Place`)."""
    some = [one for one in values if isinstance(one, Mapping)]
    if place.flag:
        return next((one for one in some if _of(one, place.sub) == place.kind), None)
    if place.leads and (first := next((one for one in some if _of(one, "primary") is True), None)):
        return first
    for kind in (place.kind, None):
        for one in some:
            told = _of(one, "type")
            if (told.lower() if isinstance(told, str) else None) == kind:
                return one
    return None


def _set(resource: Resource, place: Place, value: Value) -> None:
    """None clears: null, or an empty list (RFC 7643, section 2.5)."""
    container = _inner(resource, place.extension) if place.extension else resource
    if place.extension:
        _mention(resource, place.extension)
    if place.many:
        name = _name(container, place.attribute)
        container[name] = _changed(container.get(name) or [], place, value)
    elif place.sub:
        inner = _inner(container, place.attribute)
        inner[_name(inner, place.sub)] = value
    else:
        container[_name(container, place.attribute)] = value


def _changed(values: list[Any], place: Place, value: Value) -> list[Any]:
    """The values with the one that is meant changed, added or taken away."""
    old = _meant(values, place)
    if place.flag and bool(value) == (old is not None):
        return values
    if value is None or value is False:
        return [one for one in values if one is not old]
    if old is None:
        return [*values, _new(place, place.kind if place.flag else value)]
    new = {name: inner for name, inner in old.items() if name.lower() != "display"}
    new[_name(new, place.sub)] = value
    return [new if one is old else one for one in values]


def _new(place: Place, value: Value) -> Resource:
    new: Resource = {place.sub: value}
    if place.typed and not place.flag:
        new["type"] = place.kind
    if place.primary and place.leads:
        new["primary"] = True
    return new


def _renames(after: Mapping[str, Value]) -> bool:
    return bool(after.keys() & {"given_name", "family_name", "display_name"})


def _whole_name(resource: Mapping[str, Any]) -> str:
    """What to call a person in one piece, where the server must be told that besides the parts."""
    name = _of(resource, "name") or {}
    parts = [_of(name, "givenName"), _of(name, "familyName")]
    whole = " ".join(part for part in parts if part)
    return str(_of(resource, "displayName") or whole or _of(resource, "userName"))


def _mention(resource: Resource, extension: str) -> None:
    name = _name(resource, "schemas")
    told = resource.get(name) or []
    if extension.lower() not in {one.lower() for one in told}:
        resource[name] = [*told, extension]


def _inner(container: Resource, name: str) -> Resource:
    actual = _name(container, name)
    if not isinstance(container.get(actual), dict):
        container[actual] = {}
    inner: Resource = container[actual]
    return inner


def _of(container: Mapping[str, Any], name: str) -> Any:
    return container.get(_name(container, name))


def _name(container: Mapping[str, Any], name: str) -> str:
    """How the name is written there, if it is."""
    if name in container:
        return name
    low = name.lower()
    return next((one for one in container if one.lower() == low), name)
