"""The layout of a plan's file: its first line, and what the others are in turn."""

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from msgspec import Struct

from syncd.core.memory import Mark
from syncd.core.plan import Change, Plan, Problem, Refusal, Wave
from syncd.core.stream import encode

SECTIONS: Mapping[str, Any] = {
    "conflicts": Problem,
    "failures": Problem,
    "marks": Mark,
    "notes": str,
    "changes": Change,
    "held": Refusal,
    "refused": Refusal,
    "unsettled": Refusal,
    "drifted": Refusal,
}
"""In this order; of each, a line is one such value."""

_LAST_SECTION = list(SECTIONS)[-1]

LARGE = frozenset({"changes", "held", "refused", "unsettled", "drifted"})
"""Sections that are not kept in memory where they are long."""

FIRST = b'{"version":%d,'
ANY_VERSION = re.compile(rb'\s*\{\s*"version":\s*(\d+)')
LAST = b"]}"


class Head(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line, but for its end."""

    version: int
    sync: str
    digest: str
    created: datetime
    target: str
    config: str
    summary: Mapping[str, int]
    withheld: tuple[str, ...]
    withheld_changes: Mapping[str, int]
    foreign: Mapping[str, int]
    causes: Mapping[str, int]
    engine: str
    identity: str
    readings: Mapping[str, str]
    undoes: int | None
    seal: str
    waves: tuple[Wave, ...] = ()


SAME = frozenset(Plan.__struct_fields__) & frozenset(Head.__struct_fields__)
"""What the head has as the plan has it."""


def seal_of(plan: Plan) -> str:
    """SHA-256, as hexadecimal, of what the plan's digest is of and of what it leaves out."""
    parts = (plan.digest, plan.created, plan.readings)
    return sha256(encode(parts)).hexdigest()


def opening(section: str) -> bytes:
    return b'"%b":[' % section.encode()


def closing(section: str) -> bytes:
    return LAST if section == _LAST_SECTION else b"],"
