"""What a user holds: permissions, groups among them, and the mark of a suspension. Pure.

Permissions are compared without case, `x.*` grants what is below `x`, and holding `a.b.c` grants
`a.b` and `a` too (PermissionValidator.cs). So what stands below `syncd.suspended` grants nothing
that anybody asks for.
"""

from collections.abc import Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.normal import normal

MARK = "syncd.suspended"
_BELOW = f"{MARK}."


class Permission(Struct, frozen=True):
    """`id` is 0 of one that is new. There may be one such in a writing: HopFrame takes the second
    for the first (UserRepository.cs), and the changes below never make two."""

    id: int
    permissionname: str
    grantedat: str | None = None


Held = Sequence[Permission]


def plain(name: str) -> str:
    """Without the mark; empty where there is nothing else."""
    if same_name(name, MARK):
        return ""
    return name[len(_BELOW) :] if _is_below(name) else name


def suspended(held: Held) -> bool:
    """Whether there is a mark, and nothing without one: what was granted since would be access."""
    return bool(held) and all(_is_marked(one.permissionname) for one in held)


def turned(held: Held, *, active: bool) -> list[Permission]:
    """The same permissions, with the mark or without it; whoever has none has the bare mark."""
    if active:
        return [
            replace(one, permissionname=name) for one in held if (name := plain(one.permissionname))
        ]
    if not held:
        return [_new(MARK)]
    return [
        one
        if _is_marked(name := one.permissionname)
        else replace(one, permissionname=_BELOW + name)
        for one in held
    ]


def having(held: Held, name: str) -> list[Permission]:
    """With this one too; of somebody who is suspended, it is with the mark."""
    if any(same_name(plain(one.permissionname), name) for one in held):
        return list(held)
    return [*held, _new(_BELOW + name if suspended(held) else name)]


def lacking(held: Held, names: Collection[str]) -> list[Permission]:
    """Without these, however often and in whatever case they are held."""
    gone = {normal(name, caseless=True) for name in names}
    left = [one for one in held if normal(plain(one.permissionname), caseless=True) not in gone]
    return [_new(MARK)] if suspended(held) and not left else left


def same_name(one: str, other: str) -> bool:
    return normal(one, caseless=True) == normal(other, caseless=True)


def _is_marked(name: str) -> bool:
    return same_name(name, MARK) or _is_below(name)


def _is_below(name: str) -> bool:
    return name[: len(_BELOW)].lower() == _BELOW


def _new(name: str) -> Permission:
    return Permission(0, name)
