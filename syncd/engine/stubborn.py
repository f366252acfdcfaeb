"""What failed, or did not take, in so many runs before: it says nothing about this one."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from syncd.core.drift import ATTEMPTS
from syncd.core.past import Past
from syncd.core.plan import Change
from syncd.core.stream import batches
from syncd.executor import Failed
from syncd.ledger import DONE, Ledger, Line
from syncd.report import Unsettled

_AT_ONCE = 500


class Stubborn:
    """As it was known before one `run` of a sync: by `past` what never settles, by the journal what
    the target rejected. So often as anything is tried, it must have come to the same."""

    def __init__(self, past: Past, ledger: Ledger, sync: str, run: int) -> None:
        self._past, self._chronicle = past, ledger.chronicle
        self._sync, self._run = sync, run

    def of_unsettled(self, left: Iterable[Unsettled]) -> int:
        """How many of these."""
        return sum(map(self._was_so, left))

    def of_failed(self, failed: Iterable[Failed]) -> int:
        """How many of these."""
        found = 0
        for some in batches((one.change for one in failed), _AT_ONCE):
            tries = defaultdict[tuple[str, ...], list[Line]](list)
            for line in self._chronicle.tried_before(self._sync, self._run, some):
                tries[_what(line)].append(line)
            found += sum(_failed_each_time(one, tries[_what(one)][:ATTEMPTS]) for one in some)
        return found

    def _was_so(self, one: Unsettled) -> bool:
        known = self._past.stuck(one.change.kind, {one.change.key})
        before = [known.get(each.where) for each in one.missed]
        return bool(before) and all(
            stuck is not None
            and stuck.times >= ATTEMPTS
            and (stuck.written, stuck.returned) == (each.written, each.returned)
            for stuck, each in zip(before, one.missed, strict=True)
        )


def _failed_each_time(change: Change, tries: Collection[Line]) -> bool:
    return len(tries) == ATTEMPTS and all(
        line.outcome != DONE and line.after == change.after for line in tries
    )


def _what(one: Change | Line) -> tuple[str, ...]:
    return one.op, one.kind, one.key, one.member or ""
