"""The promises of docs/design.md as predicates over one run: a file for each.

A law is told of a run and of what was seen before it, and raises `AssertionError`.
"""

from collections.abc import Callable

from tests.promises.laws.accounting import every_effect_has_its_line, nothing_is_dropped
from tests.promises.laws.approvals import only_what_is_approved_goes_over_budget
from tests.promises.laws.bound import a_saved_plan_does_nothing_else
from tests.promises.laws.budgets import no_window_sees_more_than_its_allowance
from tests.promises.laws.convergence import after_an_apply_the_next_plan_is_empty
from tests.promises.laws.drift import (
    only_what_was_changed_outside_is_left,
    what_is_left_by_policy_is_not_written,
)
from tests.promises.laws.foreign import nothing_foreign_is_touched
from tests.promises.laws.holds import no_hold_is_walked_over
from tests.promises.laws.ladder import (
    deletion_is_the_last_rung,
    nobody_is_stripped_at_once,
    only_own_suspensions_are_lifted,
)
from tests.promises.laws.links import no_orphan_and_no_second_account
from tests.promises.laws.protection import the_protected_lose_nothing
from tests.promises.laws.undo import (
    an_undo_goes_back_on_its_run_alone,
    what_an_undo_leaves_is_told,
)
from tests.promises.laws.waves import no_wave_follows_a_bad_one
from tests.promises.laws.wholeness import only_a_whole_reading_removes
from tests.promises.past import Past
from tests.promises.run import Run

Law = Callable[[Run, Past], None]

LAWS: tuple[Law, ...] = (
    only_a_whole_reading_removes,
    nothing_foreign_is_touched,
    the_protected_lose_nothing,
    deletion_is_the_last_rung,
    nobody_is_stripped_at_once,
    no_hold_is_walked_over,
    only_own_suspensions_are_lifted,
    no_window_sees_more_than_its_allowance,
    only_what_is_approved_goes_over_budget,
    no_orphan_and_no_second_account,
    every_effect_has_its_line,
    nothing_is_dropped,
    what_is_left_by_policy_is_not_written,
    only_what_was_changed_outside_is_left,
    a_saved_plan_does_nothing_else,
    no_wave_follows_a_bad_one,
    an_undo_goes_back_on_its_run_alone,
    what_an_undo_leaves_is_told,
    after_an_apply_the_next_plan_is_empty,
)
"""The last one plans anew, and so comes last."""


def hold(one: Run, past: Past) -> None:
    """Each law, and then the run is past."""
    for law in LAWS:
        law(one, past)
    past.note(one)
