"""Hold what is over a budget: only so much as is too much, and in each run the same.

What draws on several budgets is held by the narrow ones first: a field of an update by that
field's, a member by the group's. Only what these leave counts for the wide one, of the kind and op;
or else a group that was emptied would use up the budget of all others.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from heapq import heappush, heappushpop

from msgspec import Struct

from syncd.core.judge import rejoin
from syncd.core.memory import Memory, OpenLine
from syncd.core.model import Kind, Op
from syncd.core.plan import Change, Refusal, only
from syncd.core.policy import ADMIN, RENAME, Policy, Purse
from syncd.core.purses import Turns, held_fields, is_wide, parting, purses, rank
from syncd.core.spool import Row, Spool
from syncd.core.stream import batches
from syncd.core.trays import HELD, refusal_row, tray_of

_AT_ONCE = 500
_WIDE = 2
_TAKING = {Op.SUSPEND, Op.REMOVE}
"""Ops that make the population smaller which their budget is a share of: what the window has seen
of them is counted with it, or else many small runs might do less than one."""
_GIVING = Op.CREATE, Op.RESTORE, Op.ADD
"""Ops that make it larger: what the window has seen of them is not, or else many newcomers would
make room for as many leavers."""

Counts = Mapping[Purse, int]


class Limit(Struct, frozen=True):
    """So many more have `room`; the others are held, by the rule."""

    room: int
    rule: str


class Bounds(Struct, frozen=True):
    """What is allowed, and what the window has `spent` of it."""

    policy: Policy
    spent: Counter[Purse]

    def limit(self, purse: Purse, planned: int, population: int, name: str = "") -> Limit | None:
        """None where all that is planned is within budget. `name` is for the words, where the
        purse is of a group."""
        if (budget := self.policy.budget(purse)) is None:
            return None
        spent, hours = self.spent[purse], _hours(self.policy.window)
        then = population - self._new(purse)
        # All are new where the window has seen the first import.
        of = then if then > 0 else population
        of += spent if purse[1] in _TAKING else 0
        allowed = budget.allowance(of)
        if allowed is None or planned + spent <= allowed:
            return None
        room = max(0, allowed - spent)
        already = f", {spent} done in the last {hours}" if spent else ""
        old = f" that were there {hours} ago" if 0 < then < population else ""
        rule = (
            f"over budget {_words(purse, name)}: {planned} planned{already}, "
            f"{allowed} allowed of {of}{old}; {planned - room} of these held"
        )
        return Limit(room, rule)

    def _new(self, purse: Purse) -> int:
        """How many of those that the budget is a share of came in the window."""
        group = purse[_WIDE:] if purse[0] == Kind.MEMBER else ()
        return sum(self.spent[(purse[0], op, *group)] for op in _GIVING)


def _words(purse: Purse, name: str) -> str:
    words = ".".join(purse[:_WIDE])
    if len(purse) == _WIDE:
        return words
    return f"{words} of group {name}" if purse[0] == Kind.MEMBER else f"{words} of {purse[-1]}"


def _hours(window: timedelta) -> str:
    return f"{window.total_seconds() / 3600:g} h"


class Cut:
    """Parts what has room from what has not, once it has `seen` all that draw on these purses.

    Of those without room it keeps nothing, of the others a number each.
    """

    def __init__(self, limits: Mapping[Purse, Limit], turns: Turns | None) -> None:
        self._limits, self._turns = limits, turns
        self._lowest: dict[Purse, list[int]] = {purse: [] for purse in limits}

    def see(self, changes: Iterable[Change]) -> None:
        for change in changes:
            for purse in self._limits.keys() & set(purses(change)):
                lowest, turn = self._lowest[purse], -rank(change, self._turns)
                if len(lowest) < self._limits[purse].room:
                    heappush(lowest, turn)
                elif lowest:
                    heappushpop(lowest, turn)

    def split(self, change: Change) -> tuple[Change | None, list[Refusal]]:
        """What of it runs, and what is held: of an update the fields that are over budget."""
        over = [purse for purse in purses(change) if self._is_over(purse, change)]
        if not over:
            return change, []
        if change.op is not Op.UPDATE:
            return None, [Refusal(change, self._limits[over[0]].rule)]
        held, rest = [], set(change.after)
        for purse in over:
            fields = rest.intersection(held_fields(change, purse))
            rest -= fields
            held.append(Refusal(only(change, fields), self._limits[purse].rule))
        return (only(change, rest) if rest else None), held

    def _is_over(self, purse: Purse, change: Change) -> bool:
        if purse not in self._limits:
            return False
        lowest = self._lowest[purse]
        return not lowest or rank(change, self._turns) > -lowest[0]

    def parted(self) -> Iterator[int]:
        """As `parting` has them."""
        for (kind, *_), lowest in self._lowest.items():
            yield from parting(Kind(kind), -lowest[0]) if lowest else ()


class Excess:
    """Holds what is over budget, among a few changes and in the trays of a `spool`.

    `trays` are those of what runs. `lose` is told whose creations do not. `parted` are the prints
    between which whose turn it was is parted from whose it was not.
    """

    def __init__(
        self,
        policy: Policy,
        memory: Memory,
        spool: Spool,
        lose: Callable[[Iterable[Change]], None],
        turns: Turns | None = None,
    ) -> None:
        self._bounds = Bounds(policy, Counter(memory.spent))
        self._spool, self._lose, self._turns = spool, lose, turns
        self.parted: set[int] = set()
        self.trays: dict[tuple[Kind, Op], str] = {}
        self._doubtful = dict(_begun(memory.open_lines))
        self._lines: dict[str, list[int]] = defaultdict(list)
        for line, change in self._doubtful.items():
            self._lines[change.id].append(line)
            self._bounds.spent.update(purses(change))

    def due(self, changes: Iterable[Change]) -> None:
        """What is to be done was not done yet: what was begun counts as done otherwise."""
        for change in changes if self._doubtful else ():
            for line in self._lines.pop(change.id, ()):
                begun = self._doubtful.pop(line)
                self._bounds.spent.subtract(purses(begun))
                if (rest := _past(begun, change)) is not None:
                    self._doubtful[line] = rest
                    self._bounds.spent.update(purses(rest))

    @property
    def overtaken(self) -> Mapping[int, Change]:
        """What was begun and is not due any more, by the numbers of the lines."""
        return self._doubtful

    def put(self, kind: Kind, op: Op, rows: Iterable[Row]) -> None:
        tray = self.trays.setdefault((kind, op), tray_of(kind, op))
        self._spool.put(tray, rows)

    def hold(
        self, some: list[Change], planned: Counts, population: Mapping[Kind, int]
    ) -> tuple[list[Change], list[Refusal]]:
        """What has room of `some`, and what of them is held; of the users in the trays too.

        `planned` counts what all of these draw on.
        """
        left, held = Counter(planned), list[Refusal]()
        for wide in (False, True):
            limits = self._limits(wide, left, population)
            if limits:
                some, more = self._cut(limits, some, left)
                held += more
        return some, held

    def _limits(
        self, wide: bool, planned: Counts, population: Mapping[Kind, int]
    ) -> dict[Purse, Limit]:
        limits: dict[Purse, Limit] = {}
        for purse, number in planned.items():
            if is_wide(purse) is wide:
                of = population[Kind(purse[0])]
                # Who is only about to be made can be an administrator too.
                of += planned.get((Kind.USER, Op.CREATE), 0) if purse[1] == ADMIN else 0
                if limit := self._bounds.limit(purse, number, of):
                    limits[purse] = limit
        return limits

    def _cut(
        self, limits: Mapping[Purse, Limit], some: list[Change], left: Counter[Purse]
    ) -> tuple[list[Change], list[Refusal]]:
        cut, trays = Cut(limits, self._turns), self._trays_of(limits)
        cut.see(rejoin(some))
        for which in trays:
            cut.see(change for _, change, _ in self._spool.rows(self.trays[which]))
        self.parted.update(cut.parted())
        before = Counter({one.id: (one.kind, one.op) for one in some}.values())
        kept, held = list[Change](), list[Refusal]()
        for change in some:
            rest, over = cut.split(change)
            kept += [rest] if rest is not None else []
            held += over
        left -= before - Counter({one.id: (one.kind, one.op) for one in kept}.values())
        for which in trays:
            left[which] -= self._sift(which, cut)
        return kept, held

    def _trays_of(self, limits: Collection[Purse]) -> list[tuple[Kind, Op]]:
        """In which there may be what draws on one of these."""
        wanted = {purse[:_WIDE] for purse in limits}
        if wanted & {(Kind.USER, RENAME), (Kind.USER, ADMIN)}:
            wanted |= {(Kind.USER, Op.CREATE), (Kind.USER, Op.UPDATE)}
        return [which for which in self.trays if which in wanted]

    def _sift(self, which: tuple[Kind, Op], cut: Cut) -> int:
        """Parts what is in this tray; how many are held, and nothing of them runs."""
        before, lost = self.trays[which], 0
        after = self.trays[which] = f"{before}.rest"
        for some in batches(self._spool.rows(before), _AT_ONCE):
            kept, held = split_rows(cut, some)
            self._spool.put(after, kept)
            self._spool.put(HELD, map(refusal_row, held))
            if which[1] is Op.CREATE:
                self._lose(one.change for one in held)
            lost += len(some) - len(kept)
        return lost

    def of_group(self, rows: Sequence[Row], name: str, size: int) -> tuple[Sequence[Row], int]:
        """Those of one group's additions, or removals, that its own budget has room for, and how
        many draw on the wide one; the others are held. `size` is of the group in the target."""
        change = rows[0][1]
        drawing = sum(bool(purses(change)) for _, change, _ in rows)
        purse = change.kind, change.op, change.key
        if limit := self._bounds.limit(purse, drawing, size, name):
            cut = Cut({purse: limit}, self._turns)
            cut.see(change for _, change, _ in rows)
            self.parted.update(cut.parted())
            rows, held = split_rows(cut, rows)
            self._spool.put(HELD, map(refusal_row, held))
            drawing -= len(held)
        return rows, drawing

    def hold_members(self, planned: Counter[Purse], population: Mapping[Kind, int]) -> None:
        """Of all groups together, when all were put into their trays."""
        if limits := self._limits(True, planned, population):
            self._cut(limits, [], planned)


def _begun(lines: Iterable[OpenLine]) -> Iterator[tuple[int, Change]]:
    for one in lines:
        what = one.op, one.kind, one.key, "", one.ref, one.before, one.after
        yield one.line, Change(*what, member=one.member, approved=one.approved)


def _past(begun: Change, due: Change) -> Change | None:
    """What of a change that was begun is not in the same one, which is `due`: of an update the
    fields that are not, or that begin there at the value that was to be written."""
    if begun.op is not Op.UPDATE:
        return None
    over = {
        name
        for name, value in begun.after.items()
        if name not in due.after or due.before.get(name) == value
    }
    return only(begun, over) if over else None


def split_rows(cut: Cut, rows: Iterable[Row]) -> tuple[list[Row], list[Refusal]]:
    kept, held = list[Row](), list[Refusal]()
    for place, change, rule in rows:
        rest, over = cut.split(change)
        kept += [(place, rest, rule)] if rest is not None else []
        held += over
    return kept, held
