"""A sync's whole life as a machine: whatever may happen to it may happen in any order.

Hypothesis picks what happens (`rules`, a file for each sort of thing), and after each apply all
`laws` are held against it (`laws`, a file for each promise). What a new promise needs is a file of
rules, a file of laws, and a line here and in `laws`.
"""

from tests.promises.rules.approvals import Approvals
from tests.promises.rules.breaks import Breaks
from tests.promises.rules.drift import Drifts
from tests.promises.rules.hands import Hands
from tests.promises.rules.holds import Holds
from tests.promises.rules.ladder import Ladder
from tests.promises.rules.people import People
from tests.promises.rules.policies import Policies
from tests.promises.rules.runs import Runs
from tests.promises.rules.saved import Saved
from tests.promises.rules.undo import Undoing


class Machine(
    People,
    Hands,
    Drifts,
    Breaks,
    Policies,
    Ladder,
    Holds,
    Runs,
    Saved,
    Approvals,
    Undoing,
):
    """All of it."""
