"""Tells from an entry whether its account is disabled, and by which rule."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from syncd.core.model import Key, State
from syncd.sources.ldap.config import DisabledRule

Values = Mapping[str, Sequence[bytes]]
"""An entry's attributes, names in lower case."""

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_NEVER = frozenset({0, 0x7FFFFFFFFFFFFFFF})
"""Values of accountExpires for an account that never expires ([MS-ADA1] 2.3)."""

_GENERALIZED_TIME = re.compile(
    r"(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)?)?(?:[.,]\d+)?(?:Z|([+-])(\d\d)(\d\d)?)"
)
_BITS = {("useraccountcontrol", 2): "ACCOUNTDISABLE"}


class Unclear(ValueError):
    """The entry does not say what the rule asks for."""


class Standings:
    """The rules of one reading, and when it is.

    `by_filter` are the keys that a rule's filter found, each with the reason; it is None where that
    could not be read.
    """

    def __init__(
        self,
        rules: Sequence[DisabledRule],
        by_filter: Mapping[Key, str] | None,
        now: datetime,
    ) -> None:
        self._rules = rules
        self._by_filter = by_filter
        self._now = now

    def of(self, key: Key, values: Values) -> tuple[State | None, str]:
        """The state, and why it is not active.

        Any rule that holds suspends. Without one, the account is active only if every rule could
        be asked; otherwise the state is None: nothing is known.
        """
        unclear = "" if self._by_filter is not None else "a filter could not be asked"
        if self._by_filter and key in self._by_filter:
            return State.SUSPENDED, self._by_filter[key]
        for rule in self._rules:
            try:
                if reason := _disabled(rule, values, self._now):
                    return State.SUSPENDED, reason
            except Unclear as exc:
                unclear = str(exc)
        return (None, unclear) if unclear or not self._rules else (State.ACTIVE, "")


def _disabled(rule: DisabledRule, values: Values, now: datetime) -> str:
    """Why the rule disables the entry; empty where it does not."""
    if (name := rule.attribute) is None:
        return ""
    texts = [value.decode("utf-8", "replace") for value in values.get(name.lower(), ())]
    if rule.bit is not None:
        flag = _BITS.get((name.lower(), rule.bit), f"bit {rule.bit}")
        return f"{name} has {flag}" if _number(name, texts) & rule.bit else ""
    if not texts:
        return ""
    if rule.expires is not None:
        return f"{name} is past" if _expired(rule.expires, name, texts, now) else ""
    if rule.equals is None:
        return f"{name} is present"
    wanted = rule.equals.casefold()
    return f"{name} is {rule.equals}" if wanted in map(str.casefold, texts) else ""


def _expired(form: str, name: str, texts: Sequence[str], now: datetime) -> bool:
    if form == "generalized_time":
        return _time(name, texts[0]) <= now
    number = _number(name, texts)
    if form == "days":  # shadow(5); below zero is never
        return 0 <= number <= (now - _UNIX_EPOCH).days
    ticks = (now - _FILETIME_EPOCH) // timedelta(microseconds=1) * 10
    return number not in _NEVER and number <= ticks


def _number(name: str, texts: Sequence[str]) -> int:
    """The one number that it holds; without it (no right to read it?) nothing is known."""
    try:
        (text,) = texts
        return int(text)
    except ValueError:
        shown = ", ".join(map(repr, texts)) or "missing"
        raise Unclear(f"{name} is {shown}") from None


def _time(name: str, text: str) -> datetime:
    """A GeneralizedTime (RFC 4517, 3.3.13), fractions left out."""
    match = _GENERALIZED_TIME.fullmatch(text)
    fields = match.groups(default="0") if match is not None else ("0",) * 9
    year, month, day, hour, minute, second = map(int, fields[:6])
    offset = timedelta(hours=int(fields[7]), minutes=int(fields[8]))
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        return at + offset if fields[6] == "-" else at - offset
    except (ValueError, OverflowError):
        raise Unclear(f"{name} is {text!r}") from None
