"""A target as people files, to start from what is there: the YAML source reads them as they are.

What a people file cannot say, such as a second account with the same address, is left out
and told.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from msgspec import Struct

from syncd.core.model import ATTRIBUTES, Ref, Stored, User, Value, flat
from syncd.core.normal import normal
from syncd.core.question import Seen
from syncd.sources.yaml.schema import RESERVED, TEXTS

_ONE_LINE = re.compile(r"\S(?:[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*\S)?")
_FIELDS = [name for name in User.__struct_fields__ if name in TEXTS and name != "user_name"]
_UNIQUE = ("user user_name", "user email", "group display_name")


class PeopleFiles(Struct, frozen=True):
    """`users` and `groups` are a file's text each; `left_out` says what is in neither."""

    users: str
    groups: str
    left_out: tuple[str, ...]


def people_files(seen: Seen) -> PeopleFiles:
    """The same text for the same accounts, in whatever order they were read."""
    work = _Export(seen)
    users, groups = work.users(), work.groups()
    return PeopleFiles(_text("users", users), _text("groups", groups), tuple(work.left_out))


class _Export:
    """Names that are given already, and what had to be left out."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._taken: set[tuple[str, str]] = set()
        self._ids: dict[Ref, str] = {}
        self.left_out: list[str] = []

    def users(self) -> list[dict[str, Any]]:
        users = sorted(self._seen.users, key=lambda one: (one.entity.user_name, one.ref))
        return [user for stored in users if (user := self._user(stored)) is not None]

    def groups(self) -> list[dict[str, Any]]:
        members: dict[Ref, list[str]] = {}
        for member in self._seen.members:
            if member.user in self._ids:
                members.setdefault(member.group, []).append(self._ids[member.user])
        groups = []
        for stored in sorted(self._seen.groups, key=lambda one: (one.entity.display_name, one.ref)):
            name = stored.entity.display_name
            if not self._fits(f"group {stored.ref}", "display_name", name, "group"):
                continue
            group = {"id": self._id(name, "group"), "display_name": name}
            groups.append({**group, "members": sorted(members.get(stored.ref, []))})
        return groups

    def _user(self, stored: Stored[User]) -> dict[str, Any] | None:
        fields, who = flat(stored.entity), stored.entity.user_name
        if not self._fits(f"user {stored.ref}", "user_name", who, "user"):
            return None
        user: dict[str, Any] = {"id": self._id(who, "user"), "user_name": who}
        self._ids[stored.ref] = user["id"]
        for name in _FIELDS:
            if fields.get(name) and self._fits(f"user {who}", name, fields[name], "user"):
                user[name] = fields[name]
        if stored.entity.admin is not None:
            user["admin"] = stored.entity.admin
        if not stored.entity.active:
            user["state"] = "suspended"
        attributes = self._attributes(who, fields)
        return {**user, "attributes": attributes} if attributes else user

    def _attributes(self, who: str, fields: Mapping[str, Value]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in sorted(fields):
            short = name.removeprefix(ATTRIBUTES)
            if short == name:
                continue
            if short in RESERVED or not short:
                self.left_out.append(f"user {who}: an attribute cannot be called {short!r}")
            else:
                found[short] = str(fields[name])
        return found

    def _fits(self, whose: str, name: str, value: Value, what: str) -> bool:
        """Whether a people file can say it; else it is left out, and that is noted."""
        if not isinstance(value, str) or not _ONE_LINE.fullmatch(value):
            self.left_out.append(f"{whose}: {name} {value!r} is not one line of text")
            return False
        unique = (f"{what} {name}", normal(value, caseless=True))
        if unique in self._taken:
            self.left_out.append(f"{whose}: {name} {value!r} belongs to another {what} already")
            return False
        if unique[0] in _UNIQUE:
            self._taken.add(unique)
        return True

    def _id(self, name: str, what: str) -> str:
        """Made of the name; with a number where another has it already."""
        plain = re.sub(r"\s+", "-", normal(name, caseless=True))
        number = 1
        chosen = plain
        while (f"{what} id", chosen) in self._taken:
            number += 1
            chosen = f"{plain}-{number}"
        self._taken.add((f"{what} id", chosen))
        return chosen


def _text(name: str, things: Iterable[Mapping[str, Any]]) -> str:
    text: str = yaml.dump(
        {name: [dict(one) for one in things]},
        Dumper=yaml.CSafeDumper,
        sort_keys=False,
        allow_unicode=True,
        width=2**30,
    )
    return text
