"""A plan as JSON, one object: for other programs, and to be applied later exactly as reviewed.

What is read back is the very plan that was written. Its digest is computed anew and compared, so
that a file somebody changed is not taken for one that was reviewed.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import msgspec
from msgspec import Struct

from syncd.core.memory import Mark
from syncd.core.model import Key, Kind, Op, Ref, Value
from syncd.core.plan import VERSION, Change, Plan, Problem, Refusal
from syncd.errors import ConfigError


class _Change(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    op: Op
    kind: Kind
    key: Key
    ref: Ref | None
    name: str
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    reason: str
    member: Key | None = None
    member_ref: Ref | None = None
    needs: tuple[str, ...] = ()
    temporary: bool = False
    aliases: tuple[Key, ...] = ()


class _Refusal(_Change, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    rule: str


class _Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int
    sync: str
    digest: str
    created: datetime
    changes: tuple[_Change, ...]
    held: tuple[_Refusal, ...]
    refused: tuple[_Refusal, ...]
    conflicts: tuple[Problem, ...]
    withheld: tuple[str, ...]
    summary: Mapping[str, int]
    target: str
    config: str
    failures: tuple[Problem, ...]
    withheld_changes: Mapping[str, int]
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]
    foreign: Mapping[str, int]


class _Version(Struct, frozen=True):
    version: int


_SAME = frozenset(Plan.__struct_fields__) - {"changes", "held", "refused"}
_CHANGE_FIELDS = Change.__struct_fields__


def dumps(plan: Plan) -> str:
    """One JSON object, and a line's end."""
    form = _Plan(
        version=VERSION,
        digest=plan.digest,
        changes=tuple(_change(change) for change in plan.changes),
        held=tuple(_refusal(one) for one in plan.held),
        refused=tuple(_refusal(one) for one in plan.refused),
        summary=plan.summary,
        **{name: getattr(plan, name) for name in _SAME},
    )
    return msgspec.json.format(msgspec.json.encode(form), indent=2).decode() + "\n"


def loads(text: str | bytes, name: str = "the plan") -> Plan:
    """The plan that `dumps` wrote. Raises `ConfigError`, which calls the text by `name`."""
    try:
        version = msgspec.json.decode(text, type=_Version).version
        if version != VERSION:
            raise ConfigError(
                f"{name} has version {version}, and this syncd reads version {VERSION}: "
                "apply it with the syncd that made it, or plan again"
            )
        form = msgspec.json.decode(text, type=_Plan)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name} is not a plan: {error}; plan again") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _not_json(text, name, error)
    plan = Plan(
        changes=tuple(_plain(change) for change in form.changes),
        held=tuple(Refusal(_plain(one), one.rule) for one in form.held),
        refused=tuple(Refusal(_plain(one), one.rule) for one in form.refused),
        **{name: getattr(form, name) for name in _SAME},
    )
    if plan.digest != form.digest:
        raise ConfigError(
            f"{name} was changed after it was made: it says digest {form.digest[:12]}, "
            f"and its content has {plan.digest[:12]}; plan again"
        )
    return plan


def read(path: Path) -> Plan:
    """Raises `ConfigError`."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    return loads(text, str(path))


def write(plan: Plan, path: Path) -> None:
    """All of it or none; for its owner only, since plans hold personal data."""
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path} is not a file; name one for the plan")
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(dumps(plan))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        if temporary:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()


def _change(change: Change) -> _Change:
    return _Change(**{name: getattr(change, name) for name in _CHANGE_FIELDS})


def _refusal(one: Refusal) -> _Refusal:
    return _Refusal(rule=one.rule, **{name: getattr(one.change, name) for name in _CHANGE_FIELDS})


def _plain(form: _Change) -> Change:
    return Change(**{name: getattr(form, name) for name in _CHANGE_FIELDS})


def _not_json(text: str | bytes, name: str, error: Exception) -> NoReturn:
    """Says where the JSON ends to be JSON, by the library that tells line and column."""
    place, why = name, str(error)
    try:
        json.loads(text)
    except json.JSONDecodeError as found:
        place, why = f"{name}:{found.lineno}:{found.colno}", found.msg
    except UnicodeDecodeError as found:
        why = f"byte {found.start + 1} is not UTF-8"
    raise ConfigError(f"{place}: is not JSON: {why}; plan again") from None
