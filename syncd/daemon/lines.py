"""One event, one line: for people, or as JSON for machines. Whatever a value holds, it stays one.

A line break in a login would let whoever chose it write lines of their own into the log, and an
escape sequence steer the terminal of who reads it: both are escaped, and foreign text is quoted.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from syncd.redact import Redactor
from syncd.render.times import rfc3339
from syncd.render.words import safe

Fields = Mapping[str, Any]

NOTICE = 25
"""Between logging's INFO and WARNING: normal, and somebody should know (syslog(3), LOG_NOTICE)."""

_LEVELS = (
    (logging.ERROR, "error", 3),
    (logging.WARNING, "warning", 4),
    (NOTICE, "notice", 5),
    (logging.INFO, "info", 6),
    (logging.NOTSET, "debug", 7),
)
"""From which of logging's numbers on, our word, and the priority of sd-daemon(3)."""

_COLOURS = {"error": "31", "warning": "33", "notice": "36", "info": "32", "debug": "2"}
"""Of the level's word (ECMA-48, 8.3.117: SGR)."""

_LONGEST_LINE = 32_000
"""Octets. journald makes two lines of one above 48 KiB (journald.conf(5), LineMax=)."""

_LONGEST_VALUES = (1000, 200, 40, 10)
"""Letters of a value, each tried where the one before leaves the line too long."""

_BARE = re.compile(r"[\w.@+:/%*-]+")
"""What needs no quotes on a line for people."""


def level_of(number: int) -> tuple[str, int]:
    """Our word for it, and the journal's priority."""
    return next((word, priority) for least, word, priority in _LEVELS if number >= least)


def line(fields: Fields, redact: Redactor, *, as_json: bool, colours: bool = False) -> str:
    """`fields` has `event` and `level`, `ts` where the line has a time of its own, and the rest."""
    known = _redacted(_plain(fields), redact)
    shown = ""
    for longest in _LONGEST_VALUES:
        short = _shortened(known, longest)
        shown = _json(short) if as_json else _console(short, colours=colours)
        if len(shown) <= _LONGEST_LINE // 4 or len(shown.encode()) <= _LONGEST_LINE:
            return shown
    flat = {name: one for name, one in known.items() if not isinstance(one, dict | list)}
    short = _shortened(flat, _LONGEST_VALUES[-1]) | {"shortened": True}
    return _json(short) if as_json else _console(short, colours=colours)


def _plain(of: Any) -> Any:
    """In JSON's types: times as in RFC 3339, durations in seconds."""
    if isinstance(of, str):
        return str(of)
    if of is None or isinstance(of, bool | int):
        return of
    if isinstance(of, Mapping):
        return {str(name): _plain(one) for name, one in of.items()}
    if isinstance(of, list | tuple | set | frozenset):
        return [_plain(one) for one in of]
    return _measure(of)


def _measure(of: Any) -> Any:
    if isinstance(of, float):
        return round(of, 3)
    if isinstance(of, timedelta):
        return round(of.total_seconds(), 3)
    return time(of) if isinstance(of, datetime) else str(of)


def time(at: datetime) -> str:
    return rfc3339(at, "milliseconds")


def _redacted(of: dict[str, Any], redact: Redactor) -> dict[str, Any]:
    """Values are looked at as they were given: an escaped secret would not be known again."""
    whole = "\n".join(_texts(of))
    return of if redact(whole) == whole else _each(of, redact)


def _texts(of: Any) -> Iterator[str]:
    if isinstance(of, str):
        yield of
    elif isinstance(of, dict):
        for name, one in of.items():
            yield name
            yield from _texts(one)
    elif isinstance(of, list):
        for one in of:
            yield from _texts(one)


def _each(of: Any, redact: Redactor, depth: int = 0) -> Any:
    """The names of the line itself are ours and stay, or nobody could read it."""
    if isinstance(of, str):
        return redact(of)
    if isinstance(of, dict):
        return {
            redact(name) if depth else name: _each(one, redact, depth + 1)
            for name, one in of.items()
        }
    return [_each(one, redact, depth + 1) for one in of] if isinstance(of, list) else of


def _shortened(of: Any, longest: int) -> Any:
    if isinstance(of, str):
        return of if len(of) <= longest else of[: longest - 1] + "…"
    if isinstance(of, dict):
        return {name: _shortened(one, longest) for name, one in of.items()}
    return [_shortened(one, longest) for one in of] if isinstance(of, list) else of


def _json(fields: dict[str, Any]) -> str:
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    if text.isprintable():
        return text
    return "".join(letter if safe(letter) == letter else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    """By UTF-16 units (RFC 8259, section 7)."""
    octets = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{octets[at : at + 4]}" for at in range(0, len(octets), 4))


def _console(fields: dict[str, Any], *, colours: bool) -> str:
    rest = dict(fields)
    at, level, event = rest.pop("ts", None), rest.pop("level"), rest.pop("event")
    word = f"{level:7}"
    if colours:
        word, event = f"\x1b[{_COLOURS[level]}m{word}\x1b[0m", f"\x1b[1m{event}\x1b[0m"
    when = [f"{at[:10]} {at[11:19]}Z"] if at else []
    return " ".join([*when, word, event, *_pairs(rest)])


def _pairs(fields: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, one in fields.items():
        if isinstance(one, dict):
            yield from _pairs(one, f"{prefix}{name}.")
        else:
            yield f"{_quoted(prefix + name)}={_value(one)}"


def _value(of: Any) -> str:
    if of is None:
        return "none"
    if isinstance(of, bool):
        return "yes" if of else "no"
    if isinstance(of, list):
        return _quoted(", ".join(map(str, of)))
    return _quoted(str(of))


def _quoted(text: str) -> str:
    """As it is where it is a word, else in JSON's quotes."""
    return text if _BARE.fullmatch(text) else safe(json.dumps(text, ensure_ascii=False))
