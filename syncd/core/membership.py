"""What becomes of changes to one group's members, once it is known what becomes of the rest."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping

from msgspec import Struct

from syncd.core.approval import Approved, signed
from syncd.core.judge import sift
from syncd.core.members import Compared, Who
from syncd.core.model import Key, Kind, Op, User
from syncd.core.order import Place, place_after
from syncd.core.parts import Findings, Frame
from syncd.core.plan import Change, change_id
from syncd.core.spool import Row
from syncd.core.trays import (
    REFUSED,
    UNSETTLED,
    WAITS_HELD,
    WAITS_REFUSED,
    refusal_row,
    tray_of,
)


class Fates(Struct, frozen=True):
    """Of the changes that are tied to others: where those come that run, and which are held.

    `users_held` is whether all creations of users are that nobody approved, also of those tied
    to nobody.
    """

    ready: Mapping[str, Place]
    held: Collection[str]
    users_held: bool
    approved: Approved


class Judged(Struct, frozen=True):
    """`trays` say what becomes of each change, but for its own budget."""

    possible: list[Change]
    withheld: list[Change]
    trays: Mapping[str, list[Row]]


def enrolled(
    users: Findings[User], lost: Callable[[Change], bool], approved: Collection[str] = ()
) -> Iterator[Who]:
    """As groups are to know them; `lost` tells of a creation that it will not run, `approved` are
    the ids of those that no budget holds."""
    wanted = {one.key for one in users.wanted}
    for change in users.found.changes:
        if change.op is Op.CREATE:
            freed = change.id in approved
            yield Who(change.key, None, change.name, lost=lost(change), approved=freed)
    for ours in users.correlated.ours:
        key, stored, found = ours.link.key, ours.stored, users.found
        guarded = users.protected.get((Kind.USER, stored.ref), "")
        guarded = guarded or found.stopped.get((Op.REMOVE, stored.ref), "")
        name, strip = stored.entity.user_name, found.stripping.get(key, "")
        yield Who(key, stored.ref, name, named=key in wanted, guarded=guarded, strip=strip)


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
        trays: dict[str, list[Row]] = defaultdict(list)
        for possible in sifted.possible:
            freed = signed(possible, self._fates.approved)
            change, rule = freed or possible, ""
            tray = tray_of(change.kind, change.op, approved=freed is not None)
            if lost := self._lost(change, group.users):
                need, held = lost
                tray += WAITS_HELD if held else WAITS_REFUSED
                rule = f"waits for {need}, which does not run"
            ready = self._fates.ready
            before = [ready[need] for need in change.needs if need in ready]
            trays[tray].append((place_after(change, before), change, rule))
        trays[REFUSED] += map(refusal_row, sifted.refused)
        trays[UNSETTLED] += map(refusal_row, attributed.unsettled)
        return Judged(sifted.possible, sifted.withheld, trays)

    def _lost(self, change: Change, users: Mapping[Key, Who]) -> tuple[str, bool] | None:
        """The first of its needs that will not run, and whether that one is held."""
        fates, of_group = self._fates, change_id(Op.CREATE, Kind.GROUP, change.key)
        for need in change.needs:
            if need in fates.ready:
                continue
            if need == of_group or (change.member and users[change.member].lost):
                return need, need in fates.held
            if fates.users_held and not (change.member and users[change.member].approved):
                return need, True
        return None
