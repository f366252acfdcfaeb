"""Permissions: who has which (PermissionValidator.cs), and how a set of them is written."""

from typing import TYPE_CHECKING

from tests.servers.hopframe.results import Sent, fell, invalid, limits, lower, texts
from tests.servers.hopframe.store import Permission
from tests.servers.web import Dropped

if TYPE_CHECKING:
    from tests.servers.hopframe.server import HopFrame


def includes(wanted: str, held: list[str]) -> bool:
    """`*` and `x.*` grant what is below, and `a.b.c` grants its parents too; case is no matter."""
    wanted = wanted.lower()
    return any(
        one in ("*", wanted)
        or one.startswith(f"{wanted}.")
        or (one.endswith(".*") and wanted.startswith(one[:-1]))
        for one in (each.lower() for each in held)
    )


def full(hop: "HopFrame", names: list[str], within: tuple[str, ...] = ()) -> list[str]:
    """With those of groups, and of groups in groups. A circle of groups ends the process."""
    found = [*names]
    for name in names:
        if name in within:
            raise Dropped(reset=True)
        if name in hop.groups:
            inner = [one.name for one in hop.groups[name].permissions]
            found += full(hop, inner, (*within, name))
    return found


def checked(sent: Sent) -> None:
    """What is said of the permissions in a model, before anything looks at it."""
    told = sent.get("permissions")
    for at, one in enumerate(told if isinstance(told, list) else []):
        made = lower(one)
        texts(made, ["permissionname", "grantedat"])
        if type(made.get("id", 0)) is not int:
            raise invalid({f"$.permissions[{at}].id": ["The JSON value could not be converted."]})
        if errors := limits(made, {"permissionname": 255}, {}):
            raise invalid({f"Permissions[{at}].PermissionName": next(iter(errors.values()))})


def replaced(hop: "HopFrame", before: list[Permission], sent: Sent) -> list[Permission]:
    """Found again by their ids; whatever is not among those sent is deleted.

    One whose id is not there yet is new. It keeps the id 0 until it is stored, so that a second
    new one with 0 is taken for the first, and overwrites it.
    """
    if not isinstance(sent.get("permissions"), list):
        raise fell()
    found = {one.id: one for one in before}
    kept: dict[int, Permission] = {}
    for made in map(lower, sent["permissions"]):
        number, name = made.get("id", 0), str(made["permissionname"])
        old = found.get(number)
        kept[number] = Permission(number, name, old.granted_at if old else hop.now())
    for one in kept.values():
        one.id = one.id if one.id in found else hop.next_id()
    return sorted(kept.values(), key=lambda one: one.id)
