"""A target of syncd that is one JSON file: people, groups and who is in which, rewritten whole."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel

from syncd.core.model import Kind, Member, Op, Ref, Stored, flat, group_of, user_of
from syncd.errors import BackendError, Conflict, NotFound
from syncd.ports import Holds


def named(name, *others, ops=()):
    one, every = frozenset({name}), frozenset({Op.CREATE, Op.UPDATE, Op.DELETE, *ops})
    return Holds(fields=one | set(others), unique=one, required=one, ops=every, keeps_keys=True)


USERS = named("user_name", "email", "display_name", "active", ops=(Op.SUSPEND, Op.RESTORE))
GROUPS = named("display_name")


class Collection:
    def __init__(self, file, rows, holds, build):
        self._file, self._rows, self.holds, self._build = file, rows, holds, build

    def read(self):
        rows = self._file.load()[self._rows].items()
        return [Stored(ref, self._build(row["fields"]), row["key"]) for ref, row in rows]

    def get(self, ref):
        return next((one for one in self.read() if one.ref == ref), None)

    def create(self, key, entity):
        return self._write(Ref(uuid4().hex), key, flat(entity))

    def update(self, ref, change):
        if (stored := self.get(ref)) is None:
            raise NotFound(f"{self._rows}: nothing has the ref {ref}")
        self._write(ref, stored.key, {**flat(stored.entity), **change.after})

    def delete(self, ref):
        content = self._file.load()
        if content[self._rows].pop(ref, None) is None:
            raise NotFound(f"{self._rows}: nothing has the ref {ref}")
        content["members"] = [pair for pair in content["members"] if ref not in pair]
        self._file.store(content)

    def _write(self, ref, key, fields):
        content, (name,) = self._file.load(), self.holds.unique
        for other, row in content[self._rows].items():
            if other != ref and row["fields"][name] == fields[name]:
                raise Conflict(f"{name} {fields[name]} is taken by {other}")
        held = {at: fields[at] for at in self.holds.fields if fields.get(at) is not None}
        content[self._rows][ref] = {"key": key, "fields": held}
        self._file.store(content)
        return ref


class JsonFileBackend:
    class Config(BaseModel, extra="forbid", frozen=True):
        type: Literal["jsonfile"] = "jsonfile"
        path: Path

    ops = frozenset({Op.ADD, Op.REMOVE})
    declares = {Kind.USER: USERS, Kind.GROUP: GROUPS, Kind.MEMBER: Holds(ops=ops)}  # noqa: RUF012  a constant
    concurrency = batch_size = 1
    batch = staticmethod(nullcontext)
    whoami = close = staticmethod(lambda: None)

    def __init__(self, name, config, base):
        self.name, self.path, self.members = name, base / config.path, self
        self.users = Collection(self, "users", USERS, user_of)
        self.groups = Collection(self, "groups", GROUPS, group_of)

    def load(self):
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"users": {}, "groups": {}, "members": []}
        except (OSError, ValueError) as error:
            raise BackendError(f"target {self.name}: {self.path}: {error}") from error

    def store(self, content):
        self.path.with_suffix(".new").write_text(json.dumps(content), encoding="utf-8")
        self.path.with_suffix(".new").replace(self.path)  # all of it, or as it was

    def read(self):
        return (Member(*pair) for pair in self.load()["members"])

    def change(self, group, add, remove):
        content = self.load()
        if group not in content["groups"] or not content["users"].keys() >= set(add):
            raise NotFound(f"no group {group}, or nobody under one of {', '.join(add)}")
        pairs = {*map(tuple, content["members"]), *((group, user) for user in add)}
        content["members"] = sorted(pairs.difference((group, user) for user in remove))
        self.store(content)
