"""What an administrator allows, in numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.model import Kind, Op
from syncd.core.policy import ADMIN, ANY_FIELD, DEFAULT_BUDGETS, EACH, Budget, Drift, Policy


@pytest.mark.parametrize(
    ("budget", "population", "allowed"),
    [
        (Budget(), 100, None),
        (Budget(count=3), 100, 3),
        (Budget(percent=10), 100, 10),
        (Budget(percent=10), 29, 2),
        (Budget(percent=1), 20, 1),
        (Budget(percent=10), 19, 9),
        (Budget(percent=10), 0, 1),
        (Budget(count=3, percent=10), 100, 3),
        (Budget(count=30, percent=10), 100, 10),
        (Budget(percent=10, minimum=5), 19, 1),
        (Budget(count=0, percent=10), 100, 0),
        (Budget(percent=0), 100, 0),
        (Budget(percent=0), 10, 0),
    ],
)
def test_a_budget_is_the_smaller_of_its_count_and_its_share(budget, population, allowed):
    """A small population is not for percentages: there, half is the limit, and one always goes."""
    assert budget.allowance(population) == allowed


@given(st.integers(2, 100_000))
def test_an_emptied_source_is_over_every_default_budget(population):
    """Who takes everybody away, from two on, is stopped without a word of configuration."""
    for which in ((Kind.USER, Op.SUSPEND), (Kind.USER, Op.DELETE), (Kind.GROUP, Op.DELETE)):
        assert DEFAULT_BUDGETS[which].allowance(population) < population
    assert Policy().budgets == DEFAULT_BUDGETS


def test_drift_is_by_field_or_else_by_what_is_said_of_all():
    """But an administrator whom somebody made stays one only where just that is said."""
    assert Policy().on_drift("title") is Drift.ENFORCE
    policy = Policy(drift={ANY_FIELD: Drift.YIELD, "title": Drift.REPORT})
    assert policy.on_drift("title") is Drift.REPORT
    assert policy.on_drift("phone") is Drift.YIELD
    assert policy.on_drift("admin") is Drift.ENFORCE
    assert Policy(drift={"admin": Drift.REPORT}).on_drift("admin") is Drift.REPORT


def test_a_budget_is_its_own_or_the_one_that_each_of_its_sort_has():
    """The wide ones have no other."""
    own, each = Budget(count=1), Budget(count=2)
    title = Kind.USER, Op.UPDATE, "title"
    policy = Policy(budgets={title: own, (Kind.USER, Op.UPDATE, EACH): each})
    assert policy.budget(title) is own
    assert policy.budget((Kind.USER, Op.UPDATE, "phone")) is each
    assert policy.budget((Kind.USER, Op.UPDATE)) is None
    assert policy.budget((Kind.USER, EACH)) is None
    odd = Policy(budgets={(Kind.USER, EACH): each})
    assert odd.budget((Kind.USER, ADMIN)) is None
