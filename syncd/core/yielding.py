"""What no plan tells of: fields that somebody changed in the target, and that the policy yields."""

from syncd.core.correlate import Ours
from syncd.core.desired import Wanted
from syncd.core.diff import update_of
from syncd.core.drift import Attribution
from syncd.core.memory import Link
from syncd.core.model import Kind, Stored, User
from syncd.core.plan import Refusal
from syncd.core.question import Question


def yielded(
    question: Question, wanted: Wanted[User] | None, link: Link | None, stored: Stored[User] | None
) -> tuple[Refusal, ...]:
    """Of one person: nothing where any of the three is missing."""
    if wanted is None or link is None or stored is None:
        return ()
    caseless = question.declared[Kind.USER].caseless
    update = update_of(wanted, Ours(link, stored), question.desired.managed, caseless)
    past = Attribution(question.memory.past, question.policy, question.now, caseless)
    return tuple(past.of([update] if update else []).yielded)
