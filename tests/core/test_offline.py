"""What the ledger alone knows of a person is what sources and target would say."""

from dataclasses import replace as but

from hypothesis import given
from msgspec.structs import replace

from syncd.core.decide import decide
from syncd.engine import ask
from syncd.explain import Explainer
from syncd.offline import recall
from tests.core.test_laws import WHOLE, live
from tests.core.worlds import worlds


def online(here):
    """Explains by reading everything."""
    question = ask(here.sync, here.ledger, here.now)
    lines = here.ledger.lines
    return question, Explainer(
        question, decide(question), here.users, lambda key: lines(sync="main", key=key, limit=10)
    )


def offline(here, who):
    """Of sources that cannot be read, and a target that must not be asked."""
    return recall(but(here.sync, backend=None), here.ledger, who, here.now)


def told(recalled):
    return [replace(one, as_of=None) for one in recalled.called]


@given(worlds(), WHOLE)
def test_whom_an_explanation_knows_the_ledger_alone_explains_alike(world, history):
    """After every cycle that was kept: their records, what is wanted, and what comes next."""
    for lived in live(world, history):
        if lived.plan.withheld:
            continue  # what cannot be believed is not kept
        question, explainer = online(world)
        keys = {*question.desired.people, *(link.key for link in question.memory.links)}
        for who in [*keys, *(account.ref for account in question.seen.users)]:
            recalled = offline(world, who)
            assert recalled.as_of.overtaken_by is None
            for one in explainer.explain(who):
                assert one in told(recalled)
