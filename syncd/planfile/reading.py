"""Read a plan line by line: each is checked, and kept where nobody can change it afterwards."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from syncd.core.plan import VERSION, Change, Plan
from syncd.core.stream import Stream
from syncd.errors import ConfigError
from syncd.planfile.form import (
    ANY_VERSION,
    FIRST,
    LARGE,
    LAST,
    SAME,
    SECTIONS,
    Head,
    closing,
    opening,
    seal_of,
)
from syncd.planfile.shelf import Shelf
from syncd.room import check_room

T = TypeVar("T")

_FEW = 500
"""So many changes are a tuple."""


def read(path: Path) -> Plan:
    """Raises `ConfigError`, and `NoRoom` where the plan cannot be kept meanwhile."""
    try:
        with path.open("rb") as file:
            return load(file, str(path))
    except sqlite3.Error as error:
        check_room(error)
        raise
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None


def load(lines: Iterable[bytes], name: str = "the plan") -> Plan:
    """The plan whose `lines` these are. Raises `ConfigError`, which calls them by `name`."""
    text, counts = _Text(lines, name), Counter[str]()
    head, shelf = text.head(), Shelf()
    parts: dict[str, Any] = {name: getattr(head, name) for name in SAME}
    for section in SECTIONS:
        parts[section] = _section(section, text, shelf, counts)
    text.end()
    plan = Plan(**parts)
    if plan.digest != head.digest:
        raise ConfigError(
            f"{name} was changed after it was made: it says digest {head.digest[:12]}, "
            f"and its content has {plan.digest[:12]}; plan again"
        )
    if seal_of(plan) != head.seal:
        raise ConfigError(
            f"{name} was changed after it was made: when, or from what, is not what it says; "
            "plan again"
        )
    if dict(counts) != head.summary:
        raise ConfigError(
            f"{name} was changed after it was made: its summary is not that of its changes; "
            "plan again"
        )
    return plan


def _section(section: str, text: "_Text", shelf: Shelf, counts: Counter[str]) -> Sequence[Any]:
    """`counts` is of changes."""
    decode = msgspec.json.Decoder(SECTIONS[section]).decode

    def checked() -> Iterator[bytes]:
        for line in text.section(section):
            value = text.decoded(line, decode)
            if isinstance(value, Change):
                counts[f"{value.kind}.{value.op}"] += 1
            yield line

    length = shelf.put(section, checked())
    stream = Stream(
        length, lambda: shelf.lines(section), decode, counts if section == "changes" else None
    )
    return stream if section in LARGE and length > _FEW else tuple(stream)


class _Text:
    """Lines, and the number of the last one."""

    def __init__(self, lines: Iterable[bytes], name: str) -> None:
        self._lines, self._name, self._number = iter(lines), name, 0

    def head(self) -> Head:
        first = self._next()
        if not first.startswith(FIRST % VERSION):
            self._strange(first)
        line = self._whole(first)
        if not line.endswith(b","):
            raise self._not_laid_out()
        return self.decoded(line.removesuffix(b",") + b"}", _HEAD)

    def section(self, name: str) -> Iterator[bytes]:
        if self._whole(self._next()) != opening(name):
            raise self._not_laid_out()
        end = closing(name)
        while (line := self._whole(self._next())) != end:
            yield line.removesuffix(b",")

    def end(self) -> None:
        if self._next():
            raise self._wrong("there is more after the plan's end")

    def decoded(self, line: bytes, decode: Callable[[bytes], T]) -> T:
        try:
            return decode(line)
        except msgspec.ValidationError as error:
            raise self._wrong(f"is no part of a plan: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            column, why = _not_json(line, error)
            raise self._wrong(f"is not JSON: {why}", column) from None

    def _next(self) -> bytes:
        self._number += 1
        return next(self._lines, b"")

    def _whole(self, line: bytes) -> bytes:
        """Without its end; the last line of all may lack one."""
        if line.endswith(b"\n"):
            return line[:-1]
        if line == LAST:
            return line
        raise self._wrong("ends in the middle: the file is not whole")

    def _strange(self, first: bytes) -> None:
        """Raises where the first line says, perhaps with the next, that this is something else."""
        found = ANY_VERSION.match(first + next(self._lines, b""))
        if found is None:
            raise self._wrong("is not the beginning of a plan")
        if (version := int(found[1])) != VERSION:
            raise ConfigError(
                f"{self._name} has version {version}, and this syncd reads version {VERSION}: "
                "apply it with the syncd that made it, or plan again"
            )
        raise self._not_laid_out()

    def _not_laid_out(self) -> ConfigError:
        return self._wrong("is not laid out as `syncd plan` does it")

    def _wrong(self, why: str, column: int | None = None) -> ConfigError:
        place = f"{self._name}:{self._number}" + (f":{column}" if column else "")
        return ConfigError(f"{place}: {why}; plan again")


def _not_json(line: bytes, error: Exception) -> tuple[int | None, str]:
    """The column, by the library that tells it, and why."""
    try:
        json.loads(line)
    except json.JSONDecodeError as found:
        return found.colno, found.msg
    except UnicodeDecodeError as found:
        return found.start + 1, "this is not UTF-8"
    return None, str(error)


_HEAD = msgspec.json.Decoder(Head).decode
