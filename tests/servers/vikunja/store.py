"""What is kept (models/user.go)."""

from dataclasses import dataclass

BCRYPT = 72
"""Octets of a password that bcrypt looks at."""


@dataclass
class User:
    id: int
    username: str
    name: str = ""
    email: str = ""
    password: str = ""
    is_admin: bool = False
    created: int = 0
    updated: int = 0

    def knows(self, password: str) -> bool:
        return self.password.encode()[:BCRYPT] == password.encode()[:BCRYPT]


def shown(user: User) -> dict[str, object]:
    """The password is there, and always empty."""
    return {
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "password": "",
        "email": user.email,
        "isAdmin": user.is_admin,
        "created": user.created,
        "updated": user.updated,
    }


def fits(values: list[str]) -> bool:
    """Into `varchar(250)` of MySQL's `utf8`, which has three octets a character, and no emoji."""
    return all(len(one) <= 250 and all(ord(letter) <= 0xFFFF for letter in one) for one in values)
