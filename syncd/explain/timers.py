"""What a leaver's account has before it on the ladder, when, and what stops it: for `explain`."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from syncd.core.ladder import Ground, ahead, ground_of, holds_on, is_due
from syncd.core.memory import Link
from syncd.core.model import Rung, Stored, User
from syncd.core.policy import Leavers
from syncd.core.question import Question

_UNWATCHED = (
    "runs have not watched for so long yet, since none were made or the clock was moved: it comes "
    "with them"
)


class Timer(Struct, frozen=True):
    """A rung that may be taken at `due`, and not before; `stopped` says by what it is not then.
    What is `planned` is in the plan."""

    rung: Rung
    due: datetime
    stopped: str = ""
    planned: bool = False


def timers(link: Link | None, stored: Stored[User] | None, q: Question) -> tuple[Timer, ...]:
    """Of somebody who is not wanted."""
    if link is None or link.left_at is None or q.policy.leavers is Leavers.IGNORE:
        return ()
    ground = ground_of(q.policy, q.now, q.memory, q.declared)
    return tuple(_timers(link, stored, ground))


def _timers(link: Link, stored: Stored[User] | None, ground: Ground) -> Iterator[Timer]:
    holds = holds_on(link, stored.entity, ground) if stored else ()
    active = stored is not None and stored.entity.active
    for number, step in enumerate(ahead(link, ground, active=active)):
        stopping = [one for one in holds if step.rung is not Rung.SUSPEND or not one.suspend]
        due = not number and is_due(step, link, ground)
        late = not number and not due and step.due <= ground.now
        stopped = stopping[0].words if stopping else _UNWATCHED if late else ""
        yield Timer(step.rung, step.due, stopped, planned=due and not stopping)
