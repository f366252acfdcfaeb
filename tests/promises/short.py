"""A life that is told step by step, for examples."""

from syncd.backends.memory import MemoryBackend
from tests.core.events import World
from tests.promises.laws import hold
from tests.promises.past import Past
from tests.promises.run import Run, run
from tests.promises.site import Site
from tests.wired import Wired
from tests.world import MemorySource, person


class Short:
    """A life step by step, with every law held against each apply."""

    def __init__(self, *people, groups=(), batch_size: int = 1, **rest) -> None:
        self.site = Site.of(
            World(
                sources={"p": MemorySource(list(people), list(groups))},
                backend=Wired(MemoryBackend(), batch_size=batch_size),
                ledger=None,
                **rest,
            )
        )
        self.past = Past()
        self.close = self.site.close

    def applies(self, **how) -> Run:
        one = run(self.site, **how)
        hold(one, self.past)
        return one


PEOPLE = [person(str(number), f"user{number}") for number in range(1, 5)]
TITLED = [person(str(number), f"user{number}", title="Dr") for number in range(1, 5)]
