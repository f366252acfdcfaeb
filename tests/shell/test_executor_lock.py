"""Before each write to the target the run's lock is asked for; once it is lost nothing is sent."""

from itertools import count

import pytest

from syncd.backends.memory import MemoryBackend
from syncd.errors import LedgerError
from syncd.ledger import Ledger
from tests.wired import Wired
from tests.world import ADA, ENGINEERING, EVERYONE, KIM, ZOE, office, person

WRITES = {"create", "update", "delete", "change"}


class Losing(Ledger):
    """Its lock is lost once it was asked so often during the execution."""

    def __init__(self, *given, **named) -> None:
        super().__init__(*given, **named)
        self.bears, self.asked = 10**9, 0

    def held(self, run):
        _ = super().held(run)

        def held() -> None:
            self.asked += 1
            if self.asked > self.bears:
                raise LedgerError("the lock was lost")

        return held


def scene(batch_size: int, concurrency: int):
    """An office whose second apply has creations, an update, a suspension and members."""
    told: list[str] = []

    def hook(when: str, verb: str) -> None:
        if when == "before" and (verb.rsplit(".", maxsplit=1)[-1] in WRITES or verb == "batch.end"):
            told.append(verb)

    backend = Wired(MemoryBackend(), hook, batch_size=batch_size)
    backend.concurrency = concurrency
    here = office(ADA, ZOE, groups=[ENGINEERING, EVERYONE], backend=backend)
    here.ledger = Losing.in_memory()
    here.apply()
    here.source.has(person("1", "ada", email="a@example.org"), KIM, person("4", "max"))
    told.clear()
    here.ledger.asked = 0
    return here, told


@pytest.mark.parametrize(("batch_size", "concurrency"), [(1, 1), (1, 4), (100, 1)])
def test_wherever_the_lock_is_lost_nothing_is_sent_after_it(batch_size, concurrency):
    """Each question once: what was sent before is all that was sent, and the next run does the rest."""
    whole, _ = scene(batch_size, concurrency)
    whole.apply()
    for bears in count():
        here, told = scene(batch_size, concurrency)
        here.ledger.bears = bears
        before = here.backend.inner.snapshot()
        if here.ledger.bears >= whole.ledger.asked:
            here.apply()
            break
        with pytest.raises(LedgerError, match="the lock was lost\nthe run broke off"):
            here.apply()
        if batch_size == 1:
            assert len(told) == bears
        else:
            assert "batch.end" not in told
            assert here.backend.inner.snapshot() == before
        assert here.ledger.has_open_lines("main")
        assert here.ledger.runs()[0].outcome is None
        here.ledger.bears = 10**9
        here.apply()
        assert here.backend.inner.snapshot() == whole.backend.inner.snapshot()
        assert here.plan().changes == ()
    assert whole.ledger.asked >= 5


def test_a_batch_asks_before_it_begins_before_each_write_and_before_it_ends():
    """The last question is asked where all of it can still be undone."""
    here, told = scene(100, 1)
    here.apply()
    assert here.ledger.asked == len(told) - told.count("batch.end") + 2 * told.count("batch.end")
