"""Who expires is told when it is time, although nothing about their entry changes then.

Once a day, those are looked for who expire on the next; the cursor has their names until then.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from syncd.core.model import Key
from syncd.sources.ldap.config import DisabledRule
from syncd.sources.ldap.cursor import Due, Expiries
from syncd.sources.ldap.delta_search import Searches, Unusable
from syncd.sources.ldap.delta_touched import Extents
from syncd.sources.ldap.standing import Standings

_AHEAD = (timedelta(days=1), timedelta(hours=1), timedelta())
"""How far to look ahead: less where it is too many."""

_MOST = 1000
_MOST_DAYS = 1000

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class Expiry:
    """The rules by which accounts expire; `now` is when the changes are read."""

    def __init__(
        self, searches: Searches, extents: Extents, rules: Sequence[DisabledRule], now: datetime
    ) -> None:
        self._searches = searches
        self._extents = extents
        self._rules = rules
        self._expiring = [rule for rule in rules if rule.expires is not None]
        self._now = now

    def begin(self) -> Expiries | None:
        """When everything is read now; None where nobody can expire."""
        return Expiries(self._now, self._unchanged(self._now)) if self._expiring else None

    def due(self, before: Expiries | None) -> tuple[list[str], Expiries | None]:
        """The DNs of those whose time has come since, and whose is to come.

        Raises `Unusable` where they are too many, or cannot be told.
        """
        if before is None or not self._expiring:
            return [], before
        if self._now > before.until:
            before = self._looked_ahead(before)
        past = [each.dn for each in before.due if each.at <= self._now]
        coming = tuple(each for each in before.due if each.at > self._now)
        return past, Expiries(self._now, before.until, coming)

    def with_told(
        self, expiries: Expiries | None, told: Iterable[tuple[datetime, str]]
    ) -> Expiries | None:
        """With those who were told now and will expire before the next look ahead."""
        if expiries is None:
            return None
        soon = [Due(at, dn) for at, dn in told if self._now < at <= expiries.until]
        return replace(expiries, due=tuple(sorted({*expiries.due, *soon}, key=_order)))

    def _looked_ahead(self, before: Expiries) -> Expiries:
        for ahead in _AHEAD:
            until = self._unchanged(self._now + ahead)
            try:
                found = sorted(self._found(before.past, until), key=_order)
            except Unusable:
                if not ahead:
                    raise
            else:
                return Expiries(before.past, until, tuple(found))
        raise AssertionError("the last look goes no further than now")

    def _unchanged(self, moment: datetime) -> datetime:
        """Until when nobody more can have expired than by that moment."""
        if any(rule.expires != "days" for rule in self._expiring):
            return moment
        return moment.astimezone(UTC).replace(hour=23, minute=59, second=59, microsecond=999_999)

    def _found(self, past: datetime, until: datetime) -> Iterator[Due]:
        """Who expires after `past`, and until then."""
        conditions = "".join(_between(rule, past, until) for rule in self._expiring)
        names = [rule.attribute for rule in self._rules if rule.attribute is not None]
        standings = Standings(self._rules, {}, past)
        for extent in self._extents.users:
            query = extent.query(names, f"(|{conditions})")
            for _, entry in self._searches.found(query, _MOST):
                moment = standings.of(Key(entry.dn), entry.attributes).until
                if moment is not None and moment <= until:
                    yield Due(moment, entry.dn)


def _between(rule: DisabledRule, past: datetime, until: datetime) -> str:
    """A filter for those that the rule disables after `past`, and until then, or about then."""
    name = rule.attribute
    if rule.expires == "days":  # compared for being equal only: its schema has no order
        first, last = (past - _UNIX_EPOCH).days, (until - _UNIX_EPOCH).days
        if last - first > _MOST_DAYS:
            raise Unusable("the last reading is too long ago")
        return "".join(f"({name}={day})" for day in range(first, last + 1))
    if rule.expires == "filetime":
        low, high = (_filetime(each) for each in (past, until))
        return f"(&({name}>={low})({name}<={high}))"
    low, high = (f"{each.astimezone(UTC):%Y%m%d%H%M%SZ}" for each in (past, until))
    return f"(&({name}>={low})({name}<={high}))"


def _filetime(moment: datetime) -> str:
    return str((moment - _FILETIME_EPOCH) // timedelta(microseconds=1) * 10)


def _order(due: Due) -> tuple[datetime, str]:
    return due.at, due.dn
