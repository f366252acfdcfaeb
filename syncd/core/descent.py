"""A leaver goes down the ladder: one step a run, and no deletion in the run that first misses them.

What a legal hold stops is planned all the same, to be refused in its words.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from syncd.core.correlate import Ours
from syncd.core.found import Found, deletion, mark, suspension
from syncd.core.hold import Hold
from syncd.core.ladder import Ground, holds_on, is_due, next_step
from syncd.core.memory import Remark
from syncd.core.model import Op, Ref, Rung, User
from syncd.core.policy import Leavers


def descend(ours: Ours[User], why: str, ground: Ground, found: Found) -> None:
    """`why` is why they are not wanted."""
    link = ours.link
    if link.left_at is None:
        found.marks.append(mark(Remark.LEFT, ours, why))
    if ours.stored.entity.active and link.suspended_at is not None:
        found.marks.append(mark(Remark.ACTIVE, ours))
    holds = holds_on(link, ours.stored.entity, ground)
    if holds:
        _hold(ours, holds, ground, found)
        # What is stopped is passed over, to tell of what would come after it.
        rung = _next(ours, replace(ground, strips=False), found)
    else:
        rung = _next(ours, ground, found)
        _strip(ours, rung, why, ground, found)
    since = _since(ours)
    if rung is Rung.DELETE:
        found.changes.append(deletion(ours, f"{since}, grace is over: {why}", rung))
    elif rung is Rung.SUSPEND or _is_missed(ours, ground):
        since = since if ground.policy.suspend_after else "leaver"
        found.changes.append(suspension(ours, f"{since}: {why}", Rung.SUSPEND))


def ignore(ours: Ours[User], ground: Ground, found: Found) -> bool:
    """Whether a leaver is on no ladder; a hold keeps them all the same."""
    if ground.policy.leavers is not Leavers.IGNORE:
        return False
    if holds := holds_on(ours.link, ours.stored.entity, ground):
        found.stopped.update(stops(ours, holds))
    return True


def _since(ours: Ours[User]) -> str:
    left_at = ours.link.left_at
    return f"leaver since {left_at:%Y-%m-%d}" if left_at else "leaver"


def _next(ours: Ours[User], ground: Ground, found: Found) -> Rung | None:
    """The rung that is due. Who has any before them, or is held from it, is looked at again."""
    step = next_step(ours.link, ground, active=ours.stored.entity.active)
    if step is not None or holds_on(ours.link, ours.stored.entity, ground):
        found.waiting.append(ours.link.key)
    return step.rung if step is not None and is_due(step, ours.link, ground) else None


def _is_missed(ours: Ours[User], ground: Ground) -> bool:
    """Whether somebody would be suspended, if only the target could do that."""
    if ground.suspends or not ours.stored.entity.active:
        return False
    step = next_step(ours.link, replace(ground, suspends=True), active=True)
    return step is not None and is_due(step, ours.link, ground)


def _strip(ours: Ours[User], rung: Rung | None, why: str, ground: Ground, found: Found) -> None:
    """Who was stripped stays so; whom a deletion takes from all groups needs no other change."""
    link = ours.link
    if rung is Rung.STRIP:
        found.bare[link.key] = mark(Remark.STRIPPED, ours, "in no group to be taken from")
    elif link.stripped_at is None or (rung is Rung.DELETE and ground.deletes):
        return
    found.stripping[link.key] = f"{_since(ours)}, stripped of groups: {why}"


def stops(ours: Ours[User], holds: Sequence[Hold]) -> dict[tuple[Op, Ref], str]:
    """What of an account these holds on its person stop, and in which words; `holds` has one."""
    ref, words = ours.link.ref, holds[0].words
    stopped = {(Op.DELETE, ref): words, (Op.REMOVE, ref): words}
    if keeping := next((hold for hold in holds if not hold.suspend), None):
        stopped[Op.SUSPEND, ref] = keeping.words
    return stopped


def spare(some: Iterable[Ours[User]], ground: Ground, found: Found) -> None:
    """In an undo, what a hold stops of a leaver it stops of whoever it is on."""
    for ours in some if ground.holds else ():
        if holds := holds_on(ours.link, ours.stored.entity, ground):
            found.stopped.update(stops(ours, holds))


def _hold(ours: Ours[User], holds: Sequence[Hold], ground: Ground, found: Found) -> None:
    """What the holds stop, in their words."""
    found.stopped.update(stops(ours, holds))
    step = next_step(ours.link, ground, active=ours.stored.entity.active)
    if step is not None and step.rung is Rung.STRIP and is_due(step, ours.link, ground):
        found.notes.append(f"{ours.link.name} keeps all groups: {holds[0].words}")
