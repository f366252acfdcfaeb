"""A daemon to which everything has happened that a metric tells of."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from syncd.core.model import Kind, Op
from syncd.core.policy import Budget, Policy
from syncd.daemon.live import Progress
from syncd.daemon.metrics import Metrics
from syncd.daemon.timed import timed
from syncd.errors import SourceError
from syncd.ledger import Daemon
from tests.audited import audited
from tests.daemon.standin import StandIn
from tests.world import ADA, ENGINEERING, KIM, ZOE, office


def busy() -> Metrics:
    """Accounts are made, one is suspended late, removals are held, and calls have failed."""
    here = office(ADA, ZOE, KIM, groups=[ENGINEERING])
    daemon = StandIn(here)
    metrics = daemon.metrics()
    here.backend = timed(here.sync, metrics.call).backend
    daemon.cycle(metrics, seconds=1.5)
    here.source.has(ADA, ZOE)
    here.policy = Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(count=0)})
    daemon.cycle(metrics)
    here.pass_days(2)
    here.policy = Policy(budgets={})
    daemon.cycle(metrics)
    here.source.has(ADA)
    here.source.gaps = ("page 3 was lost",)
    daemon.cycle(metrics)
    here.source.down = True
    with suppress(SourceError):
        daemon.cycle(metrics)
    metrics.call("wiki", "users.create", 10.0, "Unavailable")
    metrics.happened("reload_refused", problems=())
    here.ledger.desk.see(Daemon(daemon.name, "0", here.now, here.now, leads=True))
    daemon.going_on["main"] = Progress("main", here.now - timedelta(minutes=1))
    with TemporaryDirectory() as directory:
        audited(here.ledger, Path(directory))
    return metrics
