"""Promise 5: removal is a ladder, not a jump."""

from datetime import timedelta

from syncd.core.memory import Link
from syncd.core.model import Kind, Op
from syncd.core.policy import Leavers
from tests.promises.leavers import is_in_doubt, is_wanted
from tests.promises.past import Past
from tests.promises.run import Run


def deletion_is_the_last_rung(one: Run, past: Past) -> None:
    """Deleted is only who was inactive, missed by an earlier run, and past each delay since then."""
    policy, suspends = one.site.policy, Op.SUSPEND in one.site.memory.users.holds.ops
    links = {link.ref: link for link in one.before.links if link.kind is Kind.USER}
    for effect in one.effects:
        if effect.op is Op.DELETE and effect.kind is Kind.USER:
            assert policy.leavers is Leavers.DELETE
            assert not one.before.users[effect.ref].entity.active or not suspends
            wait = policy.grace
            if effect.ref not in past.leavers.stripped:
                wait += policy.strip_after or timedelta()
            assert_waited(one, past, links[effect.ref], wait)


def nobody_is_stripped_at_once(one: Run, past: Past) -> None:
    """A leaver keeps all groups until they were suspended, and missed for so long. An undo takes
    whom its run put into a group out again."""
    policy, suspends = one.site.policy, Op.SUSPEND in one.site.memory.users.holds.ops
    links = {link.ref: link for link in one.before.links if link.kind is Kind.USER}
    for effect in one.effects:
        link = links.get(effect.member)
        if effect.op is not Op.REMOVE or link is None or not is_leaver(one, link):
            continue
        if one.undoes is None and link.ref not in past.leavers.stripped:
            assert policy.strip_after is not None, f"{link.key} was stripped"
            assert policy.leavers is not Leavers.IGNORE
            assert not one.before.users[link.ref].entity.active or not suspends
            assert_waited(one, past, link, policy.strip_after)


def assert_waited(one: Run, past: Past, link: Link, wait: timedelta) -> None:
    """By the clock, and by runs that looked."""
    leavers = past.leavers
    assert link.ref in leavers.missed, "nobody had missed them"
    step = leavers.last_step(link)
    assert one.latest - step.at >= wait
    assert leavers.watched(one, step, wait) >= wait


def is_leaver(one: Run, link: Link) -> bool:
    """Whether nothing is unclear about them, and they are in no source."""
    if one.desired is None or is_wanted(one, link):
        return False
    return not {link.key, *link.aliases} & one.desired.undecided[Kind.USER]


def only_own_suspensions_are_lifted(one: Run, past: Past) -> None:
    """What a person disabled by hand stays disabled."""
    for effect in one.effects:
        if effect.op is Op.RESTORE:
            assert effect.ref in past.leavers.suspended, "somebody else had disabled them"
            assert effect.ref not in past.by_hand
            assert one.site.policy.restore
    ours = past.leavers.suspended.keys() | {e.ref for e in one.effects if e.op is Op.SUSPEND}
    for link in one.after.links:
        if link.suspended_at is not None:
            assert link.ref in ours or is_in_doubt(one, link)
