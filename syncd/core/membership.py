"""What becomes of changes to one group's members, once it is known what becomes of the rest."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from syncd.core.approval import Approved, freed
from syncd.core.judge import sift
from syncd.core.members import Compared, Who
from syncd.core.model import Key, Kind, Op, User
from syncd.core.order import Place, place_after
from syncd.core.parts import Findings, Frame
from syncd.core.plan import Change, Refusal, change_id
from syncd.core.spool import Row


class Fates(Struct, frozen=True):
    """Of the changes that are tied to others: where those come that run, and which are held."""

    ready: Mapping[str, Place]
    held: Collection[str]
    approved: Approved


class Judged(Struct, frozen=True):
    """`rows` are of what may run if the budgets allow it, by its op; `held` is what waits for what
    is held."""

    withheld: list[Change]
    rows: defaultdict[Op, list[Row]]
    held: list[Refusal]
    refused: list[Refusal]
    unsettled: list[Refusal]


def enrolled(users: Findings[User], lost: Callable[[Change], bool]) -> Iterator[Who]:
    """As groups are to know them; `lost` tells of a creation that it will not run."""
    wanted = {one.key for one in users.wanted}
    for change in users.found.changes:
        if change.op is Op.CREATE:
            yield Who(change.key, None, change.name, lost=lost(change))
    for ours in users.correlated.ours:
        key, stored, found = ours.link.key, ours.stored, users.found
        guarded = users.protected.get((Kind.USER, stored.ref), "")
        guarded = guarded or found.stopped.get((Op.REMOVE, stored.ref), "")
        guarded = guarded or (_IN_DOUBT if key in users.undecided else "")
        name, strip = stored.entity.user_name, found.stripping.get(key, "")
        yield Who(key, stored.ref, name, named=key in wanted, guarded=guarded, strip=strip)


def unmade(creations: Iterable[Change]) -> Iterator[Who]:
    """Users who are over budget."""
    for change in creations:
        yield Who(change.key, None, change.name, lost=True, held=True)


_IN_DOUBT = "nothing is decided about them"


class MemberJudge:
    def __init__(self, frame: Frame, fates: Fates) -> None:
        self._frame, self._fates = frame, fates

    def judge(self, group: Compared) -> Judged:
        guarded = {
            (Kind.USER, who.ref): who.guarded
            for who in group.users.values()
            if who.ref is not None and who.guarded
        }
        facts = self._frame.facts({**self._frame.protected, **guarded})
        attributed = self._frame.attribution(Kind.MEMBER).of(group.changes)
        sifted = sift(attributed.changes, facts)
        found = Judged(sifted.withheld, defaultdict(list), [], sifted.refused, attributed.unsettled)
        for possible in sifted.possible:
            change = freed(possible, self._fates.approved)
            if lost := self._lost(change, group.users):
                need, held = lost
                refusal = Refusal(change, f"waits for {need}, which does not run")
                (found.held if held else found.refused).append(refusal)
            else:
                ready = self._fates.ready
                before = [ready[need] for need in change.needs if need in ready]
                found.rows[change.op].append((place_after(change, before), change, ""))
        return found

    def _lost(self, change: Change, users: Mapping[Key, Who]) -> tuple[str, bool] | None:
        """The first of its needs that will not run, and whether that one is held."""
        fates, of_group = self._fates, change_id(Op.CREATE, Kind.GROUP, change.key)
        for need in change.needs:
            if need in fates.ready:
                continue
            who = users[change.member] if change.member and need != of_group else None
            if who is None or who.lost:
                return need, need in fates.held or (who is not None and who.held)
        return None
