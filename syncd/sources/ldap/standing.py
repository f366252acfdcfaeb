"""Tells from an entry whether its account is disabled, and by which rule."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from syncd.core.model import Key, State
from syncd.core.prints import print_of
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


class Standing(NamedTuple):
    """The state, and why it is not active; the moment from which that may be otherwise, if any."""

    state: State | None
    reason: str
    until: datetime | None = None


class Standings:
    """The rules of one reading, and when it is.

    `by_filter` are the keys that a rule's filter found, each with the reason; it is None where that
    could not be read. `salt` stands for what was found so: equal entries are only equally disabled
    where it is the same.
    """

    def __init__(
        self,
        rules: Sequence[DisabledRule],
        by_filter: Mapping[Key, str] | None,
        now: datetime,
    ) -> None:
        self._tests = [_test(rule, now) for rule in rules if rule.attribute is not None]
        self._is_told = bool(rules)
        self._by_filter = by_filter
        self.salt = b""
        if any(rule.filter is not None for rule in rules):
            found = None if by_filter is None else sorted(by_filter.items())
            self.salt = print_of(repr(found).encode())

    def of(self, key: Key, values: Values) -> Standing:
        """What is known of the account.

        Any rule that holds suspends. Without one, the account is active only if every rule could
        be asked; otherwise the state is None: nothing is known.
        """
        unclear = "" if self._by_filter is not None else "a filter could not be asked"
        if self._by_filter and key in self._by_filter:
            return Standing(State.SUSPENDED, self._by_filter[key])
        until: datetime | None = None
        for name, test in self._tests:
            try:
                disabled = test(values.get(name, ()))
            except Unclear as exc:
                unclear = str(exc)
                continue
            if isinstance(disabled, str):
                return Standing(State.SUSPENDED, disabled, until)
            if disabled is not None and (until is None or disabled < until):
                until = disabled
        if unclear or not self._is_told:
            return Standing(None, unclear, until)
        return Standing(State.ACTIVE, "", until)


_Test = Callable[[Sequence[bytes]], str | datetime | None]
"""Why these values disable the account; or when they will; or neither. May raise `Unclear`."""


def _test(rule: DisabledRule, now: datetime) -> tuple[str, _Test]:
    """The attribute in lower case, and what its values say."""
    name = rule.attribute or ""
    if (bit := rule.bit) is not None:
        flag = _BITS.get((name.lower(), bit), f"bit {bit}")
        return (
            name.lower(),
            lambda values: f"{name} has {flag}" if _number(name, values) & bit else None,
        )
    if (form := rule.expires) is not None:
        moment = _MOMENTS[form]
        return name.lower(), lambda values: _expiry(name, moment(name, values), now)
    if rule.equals is None:
        return name.lower(), lambda values: f"{name} is present" if values else None
    equals, wanted = rule.equals, rule.equals.casefold()
    return (
        name.lower(),
        lambda values: (
            f"{name} is {equals}"
            if any(_text(value).casefold() == wanted for value in values)
            else None
        ),
    )


def _expiry(name: str, moment: datetime | None, now: datetime) -> str | datetime | None:
    return f"{name} is past" if moment is not None and moment <= now else moment


def _days(name: str, values: Sequence[bytes]) -> datetime | None:
    """Days since 1970, as shadow(5) has them; below zero is never."""
    number = _number(name, values) if values else -1
    return _moment(_UNIX_EPOCH, timedelta(days=1), number) if number >= 0 else None


def _filetime(name: str, values: Sequence[bytes]) -> datetime | None:
    """Steps of 100 nanoseconds since 1601; up to the next microsecond."""
    number = _number(name, values) if values else 0
    if number in _NEVER:
        return None
    return _moment(_FILETIME_EPOCH, timedelta(microseconds=1), -(-number // 10))


def _generalized_time(name: str, values: Sequence[bytes]) -> datetime | None:
    return _time(name, _text(values[0])) if values else None


_MOMENTS = {"days": _days, "filetime": _filetime, "generalized_time": _generalized_time}


def _moment(epoch: datetime, unit: timedelta, count: int) -> datetime | None:
    """None where it is after all days that there will be."""
    try:
        return epoch + count * unit
    except OverflowError:
        return None if count > 0 else datetime.min.replace(tzinfo=UTC)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _number(name: str, values: Sequence[bytes]) -> int:
    """The one number that it holds; without it (no right to read it?) nothing is known."""
    try:
        (value,) = values
        return int(_text(value))
    except ValueError:
        shown = ", ".join(repr(_text(value)) for value in values) or "missing"
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
