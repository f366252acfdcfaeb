"""What the ledger has written of single persons: their lines, and what was remembered besides."""

from collections.abc import Callable, Iterator
from datetime import datetime

from syncd.core.memory import Link, Remark
from syncd.core.model import Key, Kind, Op
from syncd.explain.explanation import Owned
from syncd.ledger import DONE, Ledger, Line, Remarked

_LAST = 10
"""So many are told."""

_DEEPEST = 1000
"""So many lines of one person are looked through for how their account came to be."""


def _always(_run: int, _at: datetime) -> bool:
    return True


class Journal:
    """Of one sync; of the past, as far as `known` says so of a run and a time."""

    def __init__(
        self, ledger: Ledger, sync: str, known: Callable[[int, datetime], bool] = _always
    ) -> None:
        self._ledger, self._sync, self._known = ledger, sync, known

    def lines(self, key: Key) -> tuple[Line, ...]:
        """The last ones, the newest first: the person's own, and of their memberships."""
        return tuple(one for one in self._lines(key) if is_of(key, one))[:_LAST]

    def remarks(self, key: Key) -> tuple[Remarked, ...]:
        """The last ones, the newest first."""
        return tuple(self._remarks(key))[:_LAST]

    def owned(self, link: Link) -> Owned:
        """Which run made or adopted it, and by what."""
        remarks = [one for one in self._remarks(link.key) if one.mark.ref == link.ref]
        for one in remarks:
            if one.mark.remark is Remark.ADOPT:
                return Owned("adopted by syncd", one.mark.rule, one.run, one.at)
        for key in (link.key, *(one.mark.old_key for one in remarks if one.mark.old_key)):
            for line in self._lines(key):
                made = line.op is Op.CREATE and line.kind is Kind.USER and line.key == key
                if made and (line.outcome == DONE or any(_claims(one) for one in remarks)):
                    return Owned("made by syncd", line.reason, line.run, line.begun_at)
        return Owned("made or adopted by syncd")

    def _lines(self, key: Key) -> list[Line]:
        found = self._ledger.lines(sync=self._sync, key=key, limit=_DEEPEST)
        return [one for one in found if self._known(one.run, one.begun_at)]

    def _remarks(self, key: Key) -> Iterator[Remarked]:
        for one in self._ledger.remarks(self._sync, key):
            if one.mark.kind is Kind.USER and self._known(one.run, one.at):
                yield one


def is_of(key: Key, line: Line) -> bool:
    if line.kind is Kind.MEMBER:
        return line.member == key
    return line.kind is Kind.USER and line.key == key


def _claims(one: Remarked) -> bool:
    return one.mark.remark is Remark.CLAIM
