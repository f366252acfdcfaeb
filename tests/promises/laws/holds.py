"""A legal hold stops the ladder for a person, whoever runs what."""

from fnmatch import fnmatchcase

from syncd.core.hold import Hold
from syncd.core.memory import Link
from syncd.core.model import Kind, Op
from tests.promises.laws.ladder import is_leaver
from tests.promises.past import Past
from tests.promises.run import Run


def no_hold_is_walked_over(one: Run, past: Past) -> None:
    """Who is held is not deleted; nor stripped of groups when they leave or in an undo, nor
    suspended then where the hold says so."""
    for link in one.before.links:
        holds = [hold for hold in lasting(one, past) if _is_about(hold, link, one)]
        if link.kind is not Kind.USER or not holds:
            continue
        stops = one.undoes is not None or is_leaver(one, link)
        for effect in one.effects:
            if effect.ref == link.ref and effect.kind is Kind.USER:
                assert effect.op is not Op.DELETE, f"{link.key} is held, and was deleted"
                if effect.op is Op.SUSPEND and stops:
                    assert all(hold.suspend for hold in holds), f"{link.key} was suspended"
            elif effect.member == link.ref and effect.op is Op.REMOVE:
                assert not stops, f"{link.key} is held, and was stripped"


def lasting(one: Run, past: Past) -> list[Hold]:
    """Those that no clock of the run says to be over."""
    every = (*past.holds.values(), *one.site.policy.legal_holds)
    return [hold for hold in every if hold.until is None or one.latest < hold.until]


def _is_about(hold: Hold, link: Link, one: Run) -> bool:
    keys = (link.key, *link.aliases)
    stored = one.before.users.get(link.ref)
    if stored is None or not hold.pattern:
        return hold.who in keys
    names = (*keys, stored.entity.user_name, stored.entity.email or "")
    return any(fnmatchcase(name.casefold(), hold.who.casefold()) for name in names if name)
