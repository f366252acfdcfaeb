"""An installation that was copied to another place: its store is the same, and the ledger is told."""

from pathlib import Path

from sqlalchemy import Engine, delete, func, update

from syncd.ledger.operation import APPROVALS, PLANS, TARGETS


def accept_moved(ledger: Engine, before: Path, now: Path) -> None:
    """As `ledger accept-target` does; and of plans and approvals, which are of a store's address."""
    with ledger.begin() as connection:
        connection.execute(delete(TARGETS))
        for column in (APPROVALS.c.identity, PLANS.c.head):
            moved = func.replace(column, str(before), str(now))
            connection.execute(update(column.table).values({column: moved}))
    ledger.dispose()
