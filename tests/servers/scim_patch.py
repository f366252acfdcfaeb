"""PATCH as RFC 7644, section 3.5.2, has it, as far as a backend uses it."""

import copy
import re
from typing import Any

_VALUE = re.compile(r'(\w+)\[value eq "([^"]*)"\]')
_URN = re.compile(r"(urn:.*):(\w+)")


class NoTargetError(Exception):
    """The path leads to nothing."""


def patch(resource: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """All of it or, where it raises, nothing."""
    changed = copy.deepcopy(resource)
    for operation in operations:
        _apply(changed, operation["op"].lower(), operation["path"], operation.get("value"))
    return changed


def _apply(resource: dict[str, Any], op: str, path: str, value: Any) -> None:
    if found := _VALUE.fullmatch(path):
        name, wanted = found.groups()
        kept = [one for one in resource.get(name, []) if one["value"] != wanted]
        if op != "remove" or len(kept) == len(resource.get(name, [])):
            raise NoTargetError
        resource[name] = kept
        return
    container, name = _place(resource, path)
    if op == "remove":
        container.pop(name, None)
    elif op == "add" and isinstance(value, list):
        there = container.setdefault(name, [])
        there += [one for one in value if one not in there]
    else:
        container[name] = value


def _place(resource: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    if found := _URN.fullmatch(path):
        return resource.setdefault(found[1], {}), found[2]
    name, _, sub = path.partition(".")
    return (resource.setdefault(name, {}), sub) if sub else (resource, name)
