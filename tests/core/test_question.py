"""What a run leaves behind is asked about by the same question."""

from syncd.core.memory import Memory
from syncd.core.model import Ref, Stored, User
from syncd.core.question import Seen
from syncd.engine import ask
from tests.world import ADA, NOON, office


def test_after_a_run_the_same_is_asked_of_what_is_there_and_remembered_then():
    """And of nothing else anew."""
    here = office(ADA)
    question = ask(here.sync, here.ledger, NOON)
    seen = Seen((Stored(Ref("u1"), User(user_name="ada")),), (), ())
    memory = Memory(spent={("user", "create"): 1})
    after = question.after(seen, memory)
    assert (after.seen, after.memory) == (seen, memory)
    assert after.after(question.seen, question.memory) == question
