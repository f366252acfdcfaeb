"""One cycle of a sync, as a service runs it, in a process of its own.

python -m tests.benchmarks.cycle CONFIG full|quick
"""

import os
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from syncd.config import load_settings
from syncd.config.assemble import assemble, ledger
from syncd.cycle import Mode
from syncd.engine import apply
from syncd.ledger import Ledger
from syncd.report import Report
from syncd.sync import Sync
from tests.benchmarks.telling import tell


def cycle(sync: Sync, memory: Ledger, mode: str) -> Report:
    """The one place where the benchmarks call the engine's apply."""
    return apply(
        sync,
        memory,
        clock=lambda: datetime.now(UTC),
        approve=lambda _plan: True,
        mode=Mode(mode),
    )


def main() -> int:
    _, config, mode = sys.argv
    settings = load_settings(Path(config), os.environ)
    (name,) = settings.syncs
    with (
        closing(ledger(settings, write=True)) as memory,
        closing(assemble(settings, name)) as sync,
    ):
        began = perf_counter()
        report = cycle(sync, memory, mode)
        tell("cycle", perf_counter() - began, "s")
        tell("changes", len(report.execution.done), "changes")
    if report.exit_code:
        sys.stderr.write(f"the apply ended as {report.exit_code!r}: {report.plan.withheld}\n")
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
