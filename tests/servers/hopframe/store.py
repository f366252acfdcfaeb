"""What HopFrame keeps, and how it is shown (src/HopFrame.Database/Models)."""

import time
import uuid
from dataclasses import dataclass, field


@dataclass
class Permission:
    id: int
    name: str
    granted_at: float = field(default_factory=time.time)


@dataclass
class User:
    id: str
    username: str
    email: str
    password: str | None = None
    created_at: float = field(default_factory=time.time)
    permissions: list[Permission] = field(default_factory=list)


@dataclass
class Group:
    name: str
    description: str | None = None
    is_default: bool = False
    created_at: float = field(default_factory=time.time)
    permissions: list[Permission] = field(default_factory=list)


@dataclass
class Token:
    """Of `kind` access, refresh or api; only the last has permissions of its own."""

    kind: str
    owner: str
    created_at: float
    permissions: list[str] = field(default_factory=list)


def guid(text: object) -> str | None:
    """As Guid.TryParse reads it: braces, capitals and missing dashes are no matter."""
    try:
        return str(uuid.UUID(str(text)))
    except ValueError:
        return None


def stamp(at: float) -> str:
    """The server's local time, without a word about its offset."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(at)) + f".{int(at % 1 * 1e6):06d}"


def show_permission(one: Permission) -> dict[str, object]:
    return {"id": one.id, "permissionName": one.name, "grantedAt": stamp(one.granted_at)}


def show_user(user: User) -> dict[str, object]:
    """In ASP.NET's camelCase, where the documents have capitals; no password, no tokens."""
    return {
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "createdAt": stamp(user.created_at),
        "permissions": [show_permission(one) for one in user.permissions],
    }


def show_group(group: Group) -> dict[str, object]:
    return {
        "name": group.name,
        "isDefaultGroup": group.is_default,
        "description": group.description,
        "createdAt": stamp(group.created_at),
        "permissions": [show_permission(one) for one in group.permissions],
    }
