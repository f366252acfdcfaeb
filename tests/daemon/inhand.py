"""A daemon in this process, which a test leads by the hand: each step is one turn of its loop."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import monotonic, sleep

from syncd.config import load_settings
from syncd.config.assemble import ledger
from syncd.config.settings import Settings
from syncd.daemon.cycles import Cycles
from syncd.daemon.daemon import Daemon
from syncd.daemon.service import Service
from syncd.ledger import Ledger
from tests.daemon.supervised import Place

Step = Callable[[], list[int] | None]
"""What happens outside before the daemon's next turn; the signals that come with it."""


class Steps:
    """Signals as the daemon waits for them. After the last step it is told to stop."""

    def __init__(self, *steps: Step) -> None:
        self._steps = iter(steps)

    def wait(self, seconds: float) -> list[int]:
        if seconds < 1:  # it is ending
            sleep(seconds)
            return []
        step = next(self._steps, None)
        return [signal.SIGTERM] if step is None else step() or []


class Named:
    """A listener that keeps the names of events."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def cycle_begun(self, sync: str) -> None:
        self.events.append(f"begun {sync}")

    def changes(self, sync: str, run: int, ended) -> None:
        del sync, run, ended

    def cycle_ended(self, _before, standing, _seconds: float) -> None:
        self.events.append(f"ended {standing.sync}")

    def happened(self, event: str, **_words: object) -> None:
        self.events.append(event)


class InHand:
    """`daemon` with what is around it; `status` is what it would tell systemd."""

    def __init__(self, place: Place, memory: Ledger, redact: Callable[[str], str] = str) -> None:
        def load() -> Settings:
            return load_settings(place.path / "config.yaml", {})

        self.place, self.ledger, self.heard = place, memory, Named()
        self.service = Service({})
        self.cycles = Cycles(memory, self.heard, redact)
        self.daemon = Daemon(
            load(),
            memory,
            self.cycles,
            self.service,
            self.heard,
            load=load,
            reloaded=lambda _settings: None,
        )

    @property
    def status(self) -> str:
        return self.service._told

    def run(self, *steps: Step) -> None:
        self.daemon.run(Steps(*steps))

    def ended(self) -> None:
        """A step: until a cycle has ended, and no other is under way."""
        wait_for(lambda: "ended staff" in self.heard.events)
        self.idle()

    def idle(self) -> None:
        """A step: until no cycle is under way."""
        wait_for(lambda: not self.cycles.under_way() and not self.daemon._schedule._under_way)


@contextmanager
def in_hand(place: Place) -> Iterator[InHand]:
    with closing(ledger(load_settings(place.path / "config.yaml", {}), write=True)) as memory:
        yield InHand(place, memory)


def wait_for(until: Callable[[], object], seconds: float = 10.0) -> None:
    end = monotonic() + seconds
    while not until():
        if monotonic() > end:
            raise AssertionError("waited in vain")
        sleep(0.02)
