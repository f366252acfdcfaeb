"""What a target keeps otherwise is written a few times, then named and left, until something moves."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from syncd.backends.memory import MemoryBackend
from syncd.core.drift import ATTEMPTS
from syncd.core.model import Kind, Op, Ref
from syncd.core.policy import Budget, Drift, Policy
from syncd.cycle import Mode
from syncd.report import Exit
from tests.wired import Lying, Wired
from tests.world import ADA, ENGINEERING, FREE, KIM, ZOE, by_hand, ids, office, person

DOCTOR = person("1", "ada", email="ada@example.org", title="Doctor")
WRITES = {"users.create", "users.update", "users.delete", "groups.create", "members.change"}


def watched(backend):
    """The backend with a list of what is written to it."""
    written = []
    inner = Wired(backend, lambda when, verb: when == "before" and written.append(verb))
    return inner, lambda: [verb for verb in written if verb in WRITES]


def lying(field, store, *people, **rest):
    """An office whose target stores one field in its own way."""
    backend = Lying(MemoryBackend(), field, store)
    written = []
    backend.hook = lambda when, verb: when == "before" and written.append(verb)
    here = office(*people, backend=backend, **rest)
    here.written = lambda: [verb for verb in written if verb in WRITES]
    return here


def left(plan):
    """What never settles: which fields of what, as wanted and as they are."""
    return [
        (one.change.id, dict(one.change.after), dict(one.change.before)) for one in plan.unsettled
    ]


def tried_out(here, **how):
    """After so many runs as a thing is tried."""
    for _ in range(ATTEMPTS):
        report = here.apply(**how)
        assert report.exit_code == Exit.NOT_CONVERGED
        here.pass_days(0.01)
    return report


@pytest.mark.parametrize(
    ("field", "store", "kept"),
    [
        ("email", lambda value: value and value.upper() + "X", "ADA@EXAMPLE.ORGX"),
        ("title", lambda value: value and value[:4], "Engi"),
        ("title", lambda _: None, None),
    ],
)
def test_a_field_that_never_settles_is_written_thrice_and_then_named(field, store, kept):
    """Every run says so and ends with exit code 6; nothing is written any more."""
    here = lying(field, store, ADA, KIM if field == "title" else person("2", "zoe"))
    tried_out(here)
    before = len(here.written())
    for mode in (Mode.DUE, Mode.FULL, Mode.QUICK):
        report = here.apply(mode=mode)
        assert report.plan.changes == ()
        assert left(report.plan) == [
            ("user/update/p:1", {field: ADA.attributes[field]}, {field: kept})
        ]
        assert report.exit_code == Exit.NOT_CONVERGED
        assert here.ledger.runs()[0].outcome == "not converged"
    assert len(here.written()) == before
    (one,) = report.plan.unsettled
    assert one.rule.startswith("never settles: written 3 times since run 1, ")


def test_it_settles_when_the_source_gives_in():
    """Then nothing is left of it, and the next try begins at one."""
    here = lying("title", str.lower, ADA)
    tried_out(here)
    here.source.has(person("1", "ada", email="ada@example.org", title="engineer"))
    report = here.apply()
    assert (report.plan.changes, report.plan.unsettled, report.exit_code) == ((), (), Exit.DONE)
    here.source.has(ADA)
    tried_out(here)
    assert left(here.plan())


@pytest.mark.parametrize("moves", ["the source", "the target"])
def test_it_is_tried_again_when_either_side_says_something_else(moves):
    """Once: what comes back then is new."""
    here = lying("title", str.lower, ADA)
    tried_out(here)
    if moves == "the source":
        here.source.has(DOCTOR)
    else:
        by_hand(here.backend.inner, Kind.USER, here.ref("ada"), title="Countess")
    assert ids(here.apply().execution.done) == ["user/update/p:1"]


def test_it_is_tried_again_when_the_configuration_changes():
    """Another mapping, policy or version may have cured it; it is tried as at first."""
    here = lying("title", str.lower, ADA)
    tried_out(here)
    here.policy = replace(FREE, grace=timedelta(days=9))
    tried_out(here)
    assert here.plan().changes == ()


def test_it_is_tried_again_after_the_time_that_the_policy_says():
    """One try each time; nothing where the policy says never."""
    here = lying("title", str.lower, ADA)
    tried_out(here)
    assert here.plan().changes == ()
    here.pass_days(7)
    assert ids(here.apply().execution.done) == ["user/update/p:1"]
    assert here.plan().changes == ()
    never = lying("title", str.lower, ADA, policy=replace(FREE, retry_unsettled=None))
    tried_out(never)
    never.pass_days(1000)
    (one,) = never.plan().unsettled
    assert one.rule == "never settles: written 3 times since run 1, and this came back each time"


def test_it_is_tried_again_when_one_says_so():
    """`--retry-unsettled`: a plan has it, and a run writes it once more."""
    here = lying("title", str.lower, ADA)
    tried_out(here)
    assert ids(here.plan(retry=True).changes) == ["user/update/p:1"]
    report = here.apply(retry=True)
    assert ids(report.execution.done) == ["user/update/p:1"]
    assert [one.change.id for one in report.unsettled] == ["user/update/p:1"]
    (one,) = here.plan().unsettled
    assert "written 4 times" in one.rule


def test_a_slow_target_is_not_condemned():
    """What is there at the second look has settled, and leaves no trace."""
    backend = MemoryBackend()
    slow = Wired(backend)
    here = office(ADA, backend=slow)
    here.apply()
    here.source.has(DOCTOR)
    slow.users = _Late(slow)
    assert here.apply().exit_code == Exit.NOT_CONVERGED
    slow.users.catch_up()
    report = here.apply()
    assert (report.exit_code, report.plan.unsettled) == (Exit.DONE, ())
    assert here.accounts()["ada"]["title"] == "Doctor"
    assert here.ledger.past("main", here.sync.made_by).wheres() == set()


class _Late:
    """Users whose changes are seen later."""

    def __init__(self, wire):
        self._users, self._late = wire.inner.users, []

    def __getattr__(self, name):
        return getattr(self._users, name)

    def update(self, ref, change):
        self._late.append((ref, change))

    def catch_up(self):
        for ref, change in self._late:
            self._users.update(ref, change)


def test_a_suspension_that_does_not_take_is_tried_for_ever():
    """And each run ends with exit code 6: a leaver is never given up on in silence."""
    here = lying("active", lambda _: True, ADA, ZOE)
    here.apply()
    here.source.has(ZOE)
    for number in range(ATTEMPTS + 3):
        report = here.apply()
        assert ids(report.execution.done) == ["user/suspend/p:1"]
        assert report.exit_code == Exit.NOT_CONVERGED
        traces = report.execution.done[0].traces
        assert bool(traces) == (number > 0)
        here.pass_days(1)


def test_a_member_that_does_not_show_is_named_and_left():
    """And is added once more when it is told to."""
    here, written = dropping(Op.ADD)
    tried_out(here)
    before = len(written())
    report = here.apply()
    assert (ids(report.plan.changes), len(written())) == ([], before)
    assert [one.change.id for one in report.plan.unsettled] == ["member/add/p:e/p:1"]
    assert report.exit_code == Exit.NOT_CONVERGED
    assert ids(here.plan(retry=True).changes) == ["member/add/p:e/p:1"]


def test_a_member_that_stays_is_removed_for_ever():
    """A right that somebody has lost is not left with them because the target does not listen."""
    here, _ = dropping(None)
    here.apply()
    here.source.groups = [replace(ENGINEERING, members=())]
    here.backend.members = _Deaf(here.backend, Op.REMOVE)
    for _ in range(ATTEMPTS + 2):
        report = here.apply()
        assert ids(report.execution.done) == ["member/remove/p:e/p:1"]
        assert report.exit_code == Exit.NOT_CONVERGED


class _Deaf:
    """Members that are not added, or not removed, and nothing is said of it."""

    def __init__(self, wire, op):
        self._members, self._op, self._wire = wire.inner.members, op, wire

    def __getattr__(self, name):
        if name == "of":
            raise AttributeError(name)
        return getattr(self._members, name)

    def change(self, group, add, remove):
        self._wire.hook("before", "members.change")
        add, remove = ((), remove) if self._op is Op.ADD else (add, ())
        self._members.change(group, list(add), list(remove))


def dropping(op):
    backend, written = watched(MemoryBackend())
    if op is not None:
        backend.members = _Deaf(backend, op)
    return office(ADA, groups=[replace(ENGINEERING, members=("1",))], backend=backend), written


def test_a_creation_that_vanishes_is_not_made_for_ever():
    """A target may keep newcomers for somebody to confirm: three, not one each quarter of an hour."""
    backend = Wired(MemoryBackend())
    backend.users = _Vanishing(backend)
    here = office(ADA, backend=backend)
    for _ in range(ATTEMPTS):
        assert here.apply().exit_code == Exit.NOT_CONVERGED
    report = here.apply()
    assert [one.change.id for one in report.plan.unsettled] == ["user/create/p:1"]
    assert report.exit_code == Exit.NOT_CONVERGED
    assert backend.users.made == ATTEMPTS
    here.source.has(DOCTOR)
    assert ids(here.apply().execution.done) == ["user/create/p:1"]


class _Vanishing:
    """Users that are accepted, and not there."""

    def __init__(self, wire):
        self._users, self.made = wire.inner.users, 0

    def __getattr__(self, name):
        return getattr(self._users, name)

    def create(self, _key, _entity):
        self.made += 1
        return Ref(f"new-{self.made}")


def test_what_never_settles_hides_nothing():
    """What is held, and what was not read whole, has its own exit code before it."""
    few_leave = Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(percent=10)})
    here = lying("title", str.lower, ADA, ZOE, KIM, policy=few_leave)
    tried_out(here)
    here.source.has(ADA)
    assert here.apply().exit_code == Exit.HELD


def test_a_policy_that_yields_does_not_take_a_deaf_target_for_a_person():
    """What came back at once is no manual edit, whatever is done about those."""
    here = lying("title", str.lower, ADA, policy=replace(FREE, drift={"title": Drift.YIELD}))
    tried_out(here)
    assert left(here.plan()) == [("user/update/p:1", {"title": "Engineer"}, {"title": "engineer"})]
