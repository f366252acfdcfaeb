"""What a daemon shows of itself, by a test's word: an office's sync, and whatever it is told to be."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from prometheus_client.parser import text_string_to_metric_families

from syncd.config.settings import Settings
from syncd.daemon.metrics import Metrics
from syncd.errors import LedgerError
from tests.world import NOON, Office, office

SETTINGS = {
    "syncs": {"main": {"sources": ["p"], "target": "wiki", "schedule": {"every": "10m"}}},
}

LABELS = (
    *("sync", "source", "target", "kind", "op", "outcome", "verb", "error", "event", "le"),
    *("version", "python"),
)


@dataclass
class StandIn:
    """A `Live` over an office; its clock is the office's."""

    office: Office = field(default_factory=office)
    settings: Settings = field(default_factory=lambda: Settings.model_validate(SETTINGS))
    name: str = "1@here"
    started_at: datetime = NOON
    leader: bool = True
    trouble: str = ""
    lost: bool = False
    going_on: dict = field(default_factory=dict)

    @property
    def ledger(self):
        if self.lost:
            raise LedgerError("the ledger cannot be reached")
        return self.office.ledger

    def alive(self):
        return True

    def unable(self):
        return self.trouble

    def leads(self):
        return self.leader

    def next_runs(self):
        return {"main": self.office.now + timedelta(minutes=10) if self.leader else None}

    def under_way(self):
        return self.going_on

    def run_now(self, sync, by):
        raise NotImplementedError

    def metrics(self):
        return Metrics(self, lambda: self.office.now)

    def cycle(self, metrics: Metrics, seconds: float = 0.0):
        """A cycle as the daemon runs it, told to the metrics, whether it succeeds or not."""
        before = self.office.ledger.desk.standing("main")
        metrics.cycle_begun("main")
        try:
            return self.office.apply(told=partial(metrics.changes, "main"))
        finally:
            metrics.cycle_ended(before, self.office.ledger.desk.standing("main"), seconds)


def scraped(metrics: Metrics) -> dict[tuple[str, ...], float]:
    return by_series(metrics.render().decode())


def by_series(text: str) -> dict[tuple[str, ...], float]:
    """The value of each series, by its name and the values of its labels in the order above."""
    return {
        (sample.name, *(sample.labels[one] for one in LABELS if one in sample.labels)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
