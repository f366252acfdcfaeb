"""What an onlooker knows of those who left: since when they are missed, and which rungs were taken."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from syncd.core.memory import Link, Remark
from syncd.core.model import Kind, Op, Ref
from tests.promises.run import Run


@dataclass(frozen=True)
class Step:
    """The earliest that it can have been by the clock, and in which look."""

    at: datetime
    look: int


@dataclass
class Leavers:
    """By account. `suspended` has whom syncd ever suspended, with the last time. `looks` are the
    times that runs were told which looked for everybody, in their order."""

    missed: dict[Ref, Step] = field(default_factory=dict)
    stripped: dict[Ref, Step] = field(default_factory=dict)
    suspended: dict[Ref, Step] = field(default_factory=dict)
    looks: list[tuple[datetime, ...]] = field(default_factory=list)

    def note(self, one: Run) -> None:
        if one.undoes is None and one.plan is not None:
            self.looks.append(tuple(one.times))
        step = Step(one.earliest, max(len(self.looks) - 1, 0))
        for effect in one.effects:
            if effect.kind is Kind.USER and effect.op is Op.SUSPEND:
                self.suspended[effect.ref] = step
        for link in one.after.links:
            # It shows, and was in doubt: whether somebody else did it cannot be told.
            if link.suspended_at is not None and is_in_doubt(one, link):
                self.suspended.setdefault(link.ref, step)
        if one.plan is None or one.desired is None or one.undoes is not None:
            return
        self._note_missed(one, step)
        self._note_stripped(one, step)

    def _note_missed(self, one: Run, step: Step) -> None:
        """Where it is unclear whether the run came to remember, an absence counts."""
        unclear = one.desired.undecided[Kind.USER]
        for link in {link.ref: link for link in (*one.after.links, *one.before.links)}.values():
            if link.kind is not Kind.USER or {link.key, *link.aliases} & unclear:
                continue
            if not is_wanted(one, link):
                self.missed.setdefault(link.ref, step)
            elif one.report is not None and one.report.run is not None:
                self.missed.pop(link.ref, None)
                self.stripped.pop(link.ref, None)

    def _note_stripped(self, one: Run, step: Step) -> None:
        found = [mark.ref for mark in one.plan.marks if mark.remark is Remark.STRIPPED]
        removed = {effect.member for effect in one.effects if effect.op is Op.REMOVE}
        for ref in (*found, *removed & self.missed.keys()):
            self.stripped.setdefault(ref, step)

    def last_step(self, link: Link) -> Step:
        """Of one who is missed. A suspension counts while syncd knows it for its own."""
        steps = [self.missed[link.ref]]
        if link.suspended_at is not None and link.ref in self.suspended:
            steps.append(self.suspended[link.ref])
        if link.ref in self.stripped:
            steps.append(self.stripped[link.ref])
        return Step(max(one.at for one in steps), max(one.look for one in steps))

    def watched(self, one: Run, since: Step, delay: timedelta) -> timedelta:
        """For how long at most runs have watched by now: of the time between two of them half of
        the delay counts."""
        times = [*self._times(since.look), *one.times]
        gaps = (max(later - sooner, timedelta()) for sooner, later in pairwise(times))
        return sum((min(gap, delay / 2) for gap in gaps), timedelta())

    def _times(self, look: int) -> Iterator[datetime]:
        for times in self.looks[look:]:
            yield from times


def is_wanted(one: Run, link: Link) -> bool:
    """Whether their person is in the sources."""
    keys = {link.key, *link.aliases}
    return any(keys & {user.key, *user.aliases} for user in one.desired.users)


def is_in_doubt(one: Run, link: Link) -> bool:
    """Whether an earlier run may have suspended them."""
    keys = {link.key, *link.aliases}
    return any((Op.SUSPEND, Kind.USER, key) in one.before.doubtful for key in keys)
