"""Where things of a snapshot meet, and leavers who may come back under another key."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("ledger_things", sa.Column("point", sa.BigInteger))
    # Nobody knows the points of what was kept without: the next reading makes snapshots anew.
    op.execute("DELETE FROM ledger_snapshots")
    points = sa.text("point IS NOT NULL")
    op.create_index(
        "ledger_things_at",
        "ledger_things",
        ["point", "sync", "part"],
        sqlite_where=points,
        postgresql_where=points,
    )
    may_return = sa.text("left_at IS NOT NULL AND aliases != '[]'")
    op.create_index(
        "ledger_links_may_return",
        "ledger_links",
        ["sync", "kind"],
        sqlite_where=may_return,
        postgresql_where=may_return,
    )
