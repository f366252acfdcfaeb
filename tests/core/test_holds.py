"""A legal hold stops the ladder for a person, by whatever way somebody would go down."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from syncd.core.hold import Hold
from syncd.core.ladder import Ground, holds_on
from syncd.core.model import Key, State
from syncd.core.policy import Leavers, Policy
from syncd.cycle import Mode
from syncd.ledger import Wanted
from tests.world import ADA, ENGINEERING, EVERYONE, KIM, NOON, ZOE, ids, opened, person

DAY = timedelta(days=1)
DELETING = Policy(leavers=Leavers.DELETE, budgets={})
STRIPPING = replace(DELETING, strip_after=7 * DAY)
WORDS = "legal hold: case 4711, by ann since 2026-04-01"


def hold(here, key: str = "p:1", *, suspend: bool = True, days: float | None = None):
    until = None if days is None else here.now + days * DAY
    who = {"key": Key(key), "name": "ada", "reason": "case 4711", "by": "ann"}
    return here.ledger.desk.hold(Wanted(**who, at=here.now, until=until, suspend=suspend)).hold


def left(policy: Policy = DELETING):
    """Ada has left and is suspended."""
    here = opened(ADA, ZOE, KIM, groups=[ENGINEERING, EVERYONE], policy=policy)
    here.source.has(ZOE, KIM)
    here.apply()
    return here


def refusals(plan) -> list[tuple[str, str]]:
    return [(one.change.id, one.rule) for one in plan.refused]


def test_who_is_held_is_suspended_and_not_deleted():
    """The plan says so in the hold's words, for as long as it lasts; then the ladder goes on."""
    here = opened(ADA, ZOE, KIM, policy=DELETING)
    number = hold(here)
    here.source.has(ZOE, KIM)
    assert ids(here.apply().execution.done) == ["user/suspend/p:1"]
    here.live_days(1000)
    for mode in (Mode.DUE, Mode.FULL):
        assert refusals(here.apply(mode=mode).plan) == [("user/delete/p:1", WORDS)]
    here.ledger.desk.release(number, "bea", here.now)
    assert ids(here.apply().execution.done) == ["user/delete/p:1"]


@pytest.mark.parametrize(
    ("who", "new"),
    [
        ("ada", person("1", "byron", email="ada@example.org")),
        ("ada@*", person("1", "ada", email="a.byron@example.net")),
    ],
)
def test_nobody_is_renamed_out_of_a_legal_hold(who, new):
    """By whatever of their names it knows them; with their key in it they may be renamed."""
    known = Hold(who, "case 12", "config", pattern=True)
    here = opened(ADA, ZOE, KIM, policy=replace(DELETING, legal_holds=(known,)))
    here.source.has(new, ZOE, KIM)
    [(what, rule)] = refusals(here.apply().plan)
    assert what == "user/update/p:1"
    assert rule.startswith("legal hold: case 12, by config; ")
    assert rule.endswith(": let the hold name p:1")
    here.source.has(ZOE, KIM)
    here.apply()
    here.live_days(1000)
    assert refusals(here.apply().plan) == [("user/delete/p:1", known.words)]


@pytest.mark.parametrize(
    "hold",
    [
        Hold("p:1", "case 12", "config", pattern=True),
        Hold("*d*", "case 12", "config", pattern=True),
        Hold("ada", "case 12", "config", until=datetime(2020, 1, 1, tzinfo=UTC), pattern=True),
        Hold("ada", "case 12", "config"),
    ],
)
def test_a_hold_that_still_fits_or_is_over_stops_no_new_name(hold):
    """And one that is on a key knows nobody by their login."""
    here = opened(ADA, policy=replace(DELETING, legal_holds=(hold,)))
    here.live_days(2)
    here.source.has(person("1", "adele", email="adele@example.org"))
    assert ids(here.apply().execution.done) == ["user/update/p:1"]


def test_a_hold_stops_new_names_until_it_is_over():
    """Which is a day of runs after its date: else a clock that jumps would end it for good."""
    until = NOON + timedelta(days=100)
    hold = Hold("ada", "case 12", "config", until=until, pattern=True)
    here = opened(ADA, policy=replace(DELETING, legal_holds=(hold,)))
    here.live_days(99)
    here.source.has(person("1", "countess", email="ada@example.org", title="Engineer"))
    here.pass_days(400)
    for _ in range(3):
        report = here.apply()
        assert report.execution.done == []
        assert [one.change.id for one in report.plan.refused] == ["user/update/p:1"]
        here.pass_days(0.4)
    assert ids(here.apply().execution.done) == ["user/update/p:1"]


def test_who_is_held_keeps_all_groups():
    """And what would come after that is refused in its time."""
    here = left(STRIPPING)
    number = hold(here)
    here.live_days(7)
    for mode in (Mode.DUE, Mode.FULL):
        plan = here.apply(mode=mode).plan
        assert (plan.changes, plan.refused) == ((), ())
        assert plan.notes == (f"ada keeps all groups: {WORDS}",)
    here.live_days(30)
    assert refusals(here.apply().plan) == [("user/delete/p:1", WORDS)]
    here.ledger.desk.release(number, "bea", here.now)
    assert ids(here.apply().execution.done) == ["member/remove/p:a/p:1", "member/remove/p:e/p:1"]


def test_a_hold_may_keep_somebody_active():
    """Where it says so; the source's word that somebody is suspended counts all the same."""
    here = opened(ADA, ZOE, KIM, policy=DELETING)
    hold(here)
    hold(here, suspend=False)
    here.source.has(ZOE, KIM)
    assert refusals(here.apply().plan) == [("user/suspend/p:1", WORDS)]
    here.source.has(replace(ADA, state=State.SUSPENDED), ZOE, KIM)
    assert ids(here.apply().execution.done) == ["user/suspend/p:1"]


def test_a_hold_counts_for_who_left_already_and_for_who_is_to_come():
    """By the key, whoever has it."""
    here = left()
    hold(here)
    hold(here, "p:9")
    here.live_days(30)
    assert refusals(here.apply().plan) == [("user/delete/p:1", WORDS)]


def test_a_saved_plan_deletes_nobody_who_is_held_by_now():
    """What it would do is judged again when it is applied."""
    here = left()
    here.live_days(30)
    saved = here.plan()
    assert ids(saved.changes) == ["user/delete/p:1"]
    hold(here)
    report = here.apply(saved=saved)
    assert report.execution.done == []
    words = WORDS.replace("04-01", "05-01")
    assert ("user/delete/p:1", words) in refusals(report.plan)


def test_an_approval_lets_nobody_through_who_is_held():
    """A hold refuses; what is refused waits for nothing."""
    here = left()
    hold(here)
    here.live_days(30)
    plan = here.apply().plan
    assert (plan.held, refusals(plan)) == ((), [("user/delete/p:1", WORDS)])


def test_a_hold_is_over_a_day_of_runs_after_its_date():
    """A clock that jumps over the date by mistake ends no hold at once."""
    here = left()
    hold(here, days=100)
    here.live_days(99)
    here.apply()
    here.pass_days(400)
    for _ in range(3):
        assert refusals(here.apply().plan) == [("user/delete/p:1", WORDS)]
        here.pass_days(0.4)
    assert ids(here.apply().execution.done) == ["user/delete/p:1"]


@pytest.mark.parametrize("who", ["p:1", "ADA", "*@example.org", "p:*"])
def test_the_configuration_holds_by_key_login_or_e_mail(who):
    """Globs, as those of protected users; there is no date at which it was set."""
    standing = Hold(who, "a court order", "the configuration", pattern=True)
    here = left(replace(DELETING, legal_holds=(standing,)))
    here.live_days(30)
    rule = "legal hold: a court order, by the configuration"
    assert refusals(here.apply().plan) == [("user/delete/p:1", rule)]


@pytest.mark.parametrize("who", ["ada@example.org", "p:1"])
def test_who_is_held_gives_their_address_up_to_nobody(who):
    """It may be what the hold knows them by: a colleague who has it now is a conflict."""
    standing = Hold(who, "case 4711", "the configuration", pattern=True)
    here = left(replace(DELETING, legal_holds=(standing,)))
    here.source.has(replace(ZOE, attributes={**ZOE.attributes, "email": "ada@example.org"}), KIM)
    for mode in (Mode.DUE, Mode.FULL):
        plan = here.apply(mode=mode).plan
        assert plan.changes == ()
        assert [one.why for one in plan.conflicts] == [
            f"email 'ada@example.org' is taken by ada ({here.ref('ada')})"
        ]
    here.live_days(30)
    rule = "legal hold: case 4711, by the configuration"
    assert refusals(here.apply().plan) == [("user/delete/p:1", rule)]


def test_who_leaves_on_hold_gives_up_no_address_in_the_same_run():
    """A suspension by this very plan clears nothing of who is held, either."""
    here = opened(ADA, ZOE, KIM, policy=DELETING)
    hold(here)
    here.source.has(replace(ZOE, attributes={**ZOE.attributes, "email": "ada@example.org"}), KIM)
    assert ids(here.apply().plan.changes) == ["user/suspend/p:1"]


def test_a_hold_follows_a_person_to_another_key():
    """Who is known under several keys is held under each."""
    here = left()
    [link] = [one for one in here.links() if one.key == "p:1"]
    moved = replace(link, key=Key("q:7"), aliases=(Key("p:1"),))
    held = Hold("p:1", "case 4711", "ann")
    user = next(iter(here.backend.users.read())).entity
    assert holds_on(moved, user, Ground(DELETING, here.now, holds=(held,))) == (held,)


@pytest.mark.parametrize("suspend", [True, False])
def test_an_undo_suspends_nobody_who_is_to_stay_active(suspend):
    """That would be a step down the ladder; whoever is held otherwise is suspended."""
    here = opened(ADA, ZOE, policy=DELETING)
    hold(here, suspend=suspend)
    plan = here.apply(undo=1).plan
    stopped = [] if suspend else [("user/suspend/p:1", WORDS)]
    assert refusals(plan) == stopped
    assert here.accounts()["ada"]["active"] is not suspend
    assert here.accounts()["Zoë"]["active"] is False


def test_a_source_suspends_also_who_is_to_stay_active():
    """What it says of somebody who is in it is done, whoever is held."""
    here = opened(ADA, ZOE, policy=DELETING)
    hold(here, suspend=False)
    here.source.has(replace(ADA, state=State.SUSPENDED), ZOE)
    assert ids(here.apply().execution.done) == ["user/suspend/p:1"]


def test_a_released_hold_is_kept_with_who_released_it():
    """Who set it, who released it and when can be told for ever."""
    here = left()
    number = hold(here)
    gone = here.ledger.desk.release(number, "bea", here.now)
    assert here.ledger.desk.holds() == []
    assert here.ledger.desk.holds(released=True) == [gone]
    assert (gone.set_by, gone.released_by, gone.released_at) == ("ann", "bea", here.now)
