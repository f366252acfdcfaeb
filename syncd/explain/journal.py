"""What the ledger has written of single persons: their lines, and what was remembered besides."""

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter

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
        self._read: dict[Key, list[Line]] = {}
        self._remembered: dict[Key, list[Remarked]] = {}

    def lines(self, key: Key) -> tuple[Line, ...]:
        """The last ones, the newest first: the person's own, and of their memberships."""
        return tuple(self._lines(key)[:_LAST])

    def remarks(self, key: Key) -> tuple[Remarked, ...]:
        """The last ones, the newest first."""
        return tuple(self._remarks(key)[:_LAST])

    def owned(self, link: Link) -> Owned:
        """Which run made or adopted it, and by what."""
        remarks = [one for one in self._remarks(link.key) if one.mark.ref == link.ref]
        for one in remarks:
            if one.mark.remark is Remark.ADOPT:
                return Owned("adopted by syncd", one.mark.rule, one.run, one.at)
        claimed = any(one.mark.remark is Remark.CLAIM for one in remarks)
        for line in self._lines(link.key):
            made = line.op is Op.CREATE and line.kind is Kind.USER
            if made and (line.outcome == DONE or claimed):
                return Owned("made by syncd", line.reason, line.run, line.begun_at)
        return Owned("made or adopted by syncd")

    def _lines(self, key: Key) -> list[Line]:
        if key not in self._read:
            self._read = {key: self._all_lines(key)}  # one is told of after the other
        return self._read[key]

    def _all_lines(self, key: Key) -> list[Line]:
        found = [
            line
            for one, last in self._keys(key).items()
            for line in self._ledger.lines(sync=self._sync, key=one, limit=_DEEPEST)
            if _is_of(one, line) and (last is None or line.run <= last)
        ]
        found = [line for line in found if self._known(line.run, line.begun_at)]
        return sorted(found, key=attrgetter("line"), reverse=True)

    def _remarks(self, key: Key) -> list[Remarked]:
        found = {
            (each.at, each.mark.remark, each.mark.key): each
            for one, last in self._keys(key).items()
            for each in self._of(one)
            if last is None or each.run <= last
        }
        return sorted(found.values(), key=lambda each: (each.run, each.at), reverse=True)

    def _keys(self, key: Key) -> dict[Key, int | None]:
        """The key and those that the person had before, each with the last run in which that was
        theirs: it may be somebody else's since."""
        found: dict[Key, int | None] = {key: None}
        new = [key]
        while new:
            one = new.pop()
            for each in self._of(one):
                old = each.mark.old_key
                if old is not None and each.mark.key == one and old not in found:
                    found[old] = each.run
                    new.append(old)
        return found

    def _of(self, key: Key) -> list[Remarked]:
        if key not in self._remembered:
            self._remembered[key] = [
                one
                for one in self._ledger.remarks(self._sync, key)
                if one.mark.kind is Kind.USER and self._known(one.run, one.at)
            ]
        return self._remembered[key]


def _is_of(key: Key, line: Line) -> bool:
    if line.kind is Kind.MEMBER:
        return line.member == key
    return line.kind is Kind.USER and line.key == key
