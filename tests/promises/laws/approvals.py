"""Promise 6, the other half: an approval releases exactly what it names, once, until it ends."""

from syncd.core.approval import approval_print
from tests.promises.past import APPROVED, Past
from tests.promises.run import Run


def only_what_is_approved_goes_over_budget(one: Run, past: Past) -> None:
    """Every change that says it was approved is in an approval that holds still."""
    good = [allowed for allowed in past.allowed if one.earliest < allowed.until]
    named = set[str]().union(*(allowed.prints for allowed in good))
    for change in one.made:
        if APPROVED in change.reason:
            assert approval_print(change) in named, f"{change.id} was approved by nobody"
