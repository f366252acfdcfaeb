"""A clock that is set back or goes wrong: nobody loses anything by it, and no run ends in an error."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.model import Kind, Op
from syncd.core.policy import Budget, Leavers, Policy
from syncd.errors import ConfigError
from syncd.ledger import Signature
from tests.promises.short import PEOPLE, TITLED, Short
from tests.world import by_hand, opened

MONTH = timedelta(days=30)
DELETING = Policy(leavers=Leavers.DELETE, grace=MONTH, budgets={})


def ops(one) -> list[Op]:
    return [effect.op for effect in one.effects]


def test_a_clock_that_is_set_back_makes_nobodys_grace_shorter():
    """Nor does the run of that time change anything; deleted is who is gone a month by the clock
    that was right."""
    with closing(Short(*PEOPLE, policy=DELETING)) as one:
        one.applies()
        one.site.source.has(*PEOPLE[:3])
        assert ops(one.applies()) == [Op.SUSPEND]
        for days in (-400, 399, 29):
            one.site.now += timedelta(days=days)
            assert ops(one.applies()) == []
        one.site.now += timedelta(days=2)
        assert ops(one.applies()) == [Op.DELETE]


def test_who_returns_while_the_clock_is_wrong_is_restored():
    """And is not deleted when it is right again."""
    with closing(Short(*PEOPLE, policy=DELETING)) as one:
        one.applies()
        one.site.source.has(*PEOPLE[:3])
        one.site.now += timedelta(days=4000)
        assert ops(one.applies()) == [Op.SUSPEND]
        one.site.now -= timedelta(days=4000)
        assert ops(one.applies()) == []
        one.site.source.has(*PEOPLE)
        assert ops(one.applies()) == [Op.RESTORE]
        one.site.now += MONTH * 2
        assert ops(one.applies()) == []


def test_what_was_done_by_a_clock_that_was_ahead_is_still_spent():
    """A window does not begin anew because the clock was set back."""
    policy = Policy(budgets={(Kind.USER, Op.UPDATE): Budget(count=1)})
    with closing(Short(*PEOPLE, policy=policy)) as one:
        one.applies()
        one.site.source.has(TITLED[0], *PEOPLE[1:])
        one.site.now += timedelta(days=3)
        assert ops(one.applies()) == [Op.UPDATE]
        one.site.now -= timedelta(days=3)
        one.site.source.has(*TITLED[:2], *PEOPLE[2:])
        assert ops(one.applies()) == []


def test_what_was_done_by_a_clock_that_was_behind_is_still_spent():
    """For half of the window at least: it came after a run that is in it."""
    policy = Policy(budgets={(Kind.USER, Op.UPDATE): Budget(count=1)})
    with closing(Short(*PEOPLE, policy=policy)) as one:
        one.applies()
        one.site.now += timedelta(days=5)
        assert ops(one.applies()) == []
        one.site.source.has(TITLED[0], *PEOPLE[1:])
        one.site.now -= timedelta(days=3)
        assert ops(one.applies()) == [Op.UPDATE]
        one.site.now += timedelta(days=3, hours=1)
        one.site.source.has(*TITLED[:2], *PEOPLE[2:])
        assert ops(one.applies()) == []
        one.site.now += timedelta(hours=11)
        assert ops(one.applies()) == []
        one.site.now += timedelta(hours=13)
        assert ops(one.applies()) == [Op.UPDATE]


def test_a_clock_that_is_set_back_gives_no_approval_twice():
    """What was made by it asks again, also at a time when the approval was good."""
    policy = Policy(budgets={(Kind.USER, Op.UPDATE): Budget(count=0)})
    with closing(Short(*PEOPLE[:1], policy=policy)) as one:
        one.applies()
        site, until = one.site, one.site.now + MONTH
        site.source.has(TITLED[0])
        held = site.planned()
        number = site.ledger.desk.approve(held, Signature("ann", site.now, until)).approval
        one.past.note_approval(number, held, until)
        assert ops(one.applies()) == [Op.UPDATE]
        site.source.has(PEOPLE[0])
        assert ops(one.applies()) == []
        site.now -= timedelta(days=3)
        site.source.has(TITLED[0])
        by_hand(site.memory, Kind.USER, site.ref("user1"), title=None)
        assert ops(one.applies()) == []


@pytest.mark.parametrize("year", [1, 1969])
def test_by_a_clock_that_cannot_be_nothing_is_done(year):
    """An error says what it shows; once it is right all goes on as if nothing had been."""
    here = opened(*PEOPLE)
    right, runs = here.now, here.ledger.runs("main")
    here.source.has(*PEOPLE[:3])
    here.now = datetime(year, 6, 1, 12, tzinfo=UTC)
    words = f"the clock of this machine says {here.now:%Y-%m-%d %H:%M} UTC: set it, then run again"
    for deed in (here.plan, here.apply):
        with pytest.raises(ConfigError, match=words):
            deed()
    assert here.ledger.runs("main") == runs
    here.now = right
    assert [one.op for one in here.apply().execution.done] == [Op.SUSPEND]
