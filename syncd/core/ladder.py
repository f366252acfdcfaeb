"""The ladder: active, suspended, stripped of groups, deleted. Which rung is next, and when.

Each delay counts from the rung before. A rung that the target does not have is passed over, and its
delay is waited all the same. A clock may be wrong: so a rung is only due where the clock says so
and runs have watched for so long since the rung before, in their order; of a time between two runs
half of the delay counts at most. So there is a run in between that found the person missing, and a
clock that jumps cuts no delay by more than a half. One that goes back makes nothing due.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import combinations

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.hold import Hold
from syncd.core.mapping import matches
from syncd.core.memory import Link, Memory, Watched
from syncd.core.model import Kind, Op, Rung, User
from syncd.core.policy import Leavers, Policy, VanishedGroups
from syncd.core.question import Declared

_AFTER_A_HOLD = timedelta(days=1)
"""So long after its date runs must have watched before a hold is over: a clock may be wrong."""


class Ground(Struct, frozen=True):
    """What the ladder stands on in one plan; with the rungs that the target has."""

    policy: Policy
    now: datetime
    watched: Mapping[timedelta, Watched] = {}
    holds: tuple[Hold, ...] = ()
    suspends: bool = True
    strips: bool = True
    deletes: bool = True


class Step(Struct, frozen=True):
    """A rung, after so long a `wait` since the last one."""

    rung: Rung
    since: datetime
    wait: timedelta

    @property
    def due(self) -> datetime:
        """By the clock."""
        return self.since + self.wait


def delays(policy: Policy) -> frozenset[timedelta]:
    """All that may have to be waited for at once, and watched."""
    waits = [policy.suspend_after]
    if policy.strip_after is not None:
        waits.append(policy.strip_after)
    if policy.leavers is Leavers.DELETE:
        waits.append(policy.grace)
    sums = {
        sum(some, timedelta())
        for number in range(1, len(waits) + 1)
        for some in combinations(waits, number)
    }
    if policy.vanished_groups is VanishedGroups.DELETE:
        sums.add(policy.of_groups)
    return frozenset(sums | {_AFTER_A_HOLD}) - {timedelta()}


def ground_of(
    policy: Policy, now: datetime, memory: Memory, declared: Mapping[Kind, Declared]
) -> Ground:
    lasting = [
        hold for hold in (*memory.holds, *policy.legal_holds) if _lasts(hold, now, memory.watched)
    ]
    return Ground(
        policy=policy,
        now=now,
        watched=memory.watched,
        holds=tuple(lasting),
        suspends=Op.SUSPEND in declared[Kind.USER].ops,
        strips=Op.REMOVE in declared[Kind.MEMBER].ops,
        deletes=Op.DELETE in declared[Kind.USER].ops,
    )


def _lasts(hold: Hold, now: datetime, watched: Mapping[timedelta, Watched]) -> bool:
    if hold.until is None or now < hold.until:
        return True
    after = watched.get(_AFTER_A_HOLD)
    return after is None or after.at < hold.until


def holds_on(link: Link, user: User, ground: Ground) -> tuple[Hold, ...]:
    """Those that are about this person."""
    return tuple(one for one in ground.holds if _is_about(one, link, user))


def _is_about(hold: Hold, link: Link, user: User) -> bool:
    keys = (link.key, *link.aliases)
    if not hold.pattern:
        return hold.who in keys
    return any(matches(name, (hold.who,)) for name in (*keys, user.user_name, user.email) if name)


def next_step(link: Link, ground: Ground, *, active: bool) -> Step | None:
    """The rung that a leaver comes to next; None where they are on the last one."""
    policy, wait = ground.policy, timedelta()
    left_at = link.left_at or ground.now
    if active and ground.suspends:
        return Step(Rung.SUSPEND, left_at, policy.suspend_after)
    since = max(at for at in (left_at, link.suspended_at, link.stripped_at) if at)
    if link.stripped_at is None:
        if active:
            wait += policy.suspend_after
        if policy.strip_after is not None:
            wait += policy.strip_after
            if ground.strips:
                return Step(Rung.STRIP, since, wait)
    if policy.leavers is not Leavers.DELETE:
        return None
    return Step(Rung.DELETE, since, wait + policy.grace)


def is_due(step: Step, link: Link, ground: Ground) -> bool:
    """Nobody goes further down than a suspension in the run that first misses them."""
    if link.left_at is None:
        return step.rung is Rung.SUSPEND and not step.wait
    return has_passed(step.wait, step.since, link, ground)


def has_passed(wait: timedelta, since: datetime, link: Link, ground: Ground) -> bool:
    """Whether so long has passed, by the clock and by the runs."""
    return not wait or (ground.now - since >= wait and was_watched(wait, link, ground))


def was_watched(wait: timedelta, link: Link, ground: Ground) -> bool:
    """Whether runs have watched for so long since the link's last step."""
    after = ground.watched.get(wait)
    return after is not None and link.stepped_in <= after.run


def may_strip(link: Link, policy: Policy, now: datetime, holds: Iterable[Hold] = ()) -> bool:
    """Whether somebody may be due to be stripped, whatever else is to be said about them.

    Of the `holds` those count that surely last.
    """
    if policy.strip_after is None or link.left_at is None or link.stripped_at is not None:
        return False
    keys = (link.key, *link.aliases)
    if any(one.who in keys and (one.until is None or now < one.until) for one in holds):
        return False
    return now - max(link.left_at, link.suspended_at or link.left_at) >= policy.strip_after


def ahead(link: Link, ground: Ground, *, active: bool) -> Iterator[Step]:
    """All rungs that a leaver has before them, if each comes when it is due."""
    while (step := next_step(link, ground, active=active)) is not None:
        yield step
        at = max(step.due, ground.now)
        if step.rung is Rung.DELETE:
            return
        if step.rung is Rung.SUSPEND:
            link, active = replace(link, suspended_at=at), False
        else:
            link = replace(link, stripped_at=at)
