"""Users, groups, members, and the view of active users with their groups."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

NOW = sa.func.now()
ACTIVE_USERS = """
CREATE VIEW active_users_with_groups AS
SELECT
    users.id AS user_id,
    users.external_id,
    users.user_name,
    users.email,
    users.given_name,
    users.family_name,
    users.display_name,
    users.admin,
    groups.id AS group_id,
    groups.display_name AS group_name
FROM users
LEFT JOIN members ON members.user_id = users.id
LEFT JOIN groups ON groups.id = members.group_id
WHERE users.active
"""


def upgrade() -> None:
    _users()
    _groups()
    _members()
    op.execute(ACTIVE_USERS)


def _users() -> None:
    optional = ("given_name", "family_name", "display_name", "title", "phone", "locale")
    unique = ("user_name", "user_name_key", "email", "email_key")
    op.create_table(
        "users",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("external_id", sa.Text),
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("user_name_key", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("email_key", sa.Text),
        *(sa.Column(name, sa.Text) for name in optional),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("admin", sa.Boolean),
        *_row_columns(),
        *(sa.UniqueConstraint(name, name=f"users_{name}") for name in unique),
        *_checks("users"),
    )
    op.create_index("users_external_id", "users", ["external_id"])


def _groups() -> None:
    unique = ("display_name", "display_name_key")
    op.create_table(
        "groups",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("external_id", sa.Text),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("display_name_key", sa.Text),
        *_row_columns(),
        *(sa.UniqueConstraint(name, name=f"groups_{name}") for name in unique),
        *_checks("groups"),
    )
    op.create_index("groups_external_id", "groups", ["external_id"])


def _members() -> None:
    group = sa.ForeignKey("groups.id", ondelete="CASCADE")
    user = sa.ForeignKey("users.id", ondelete="CASCADE")
    op.create_table(
        "members",
        sa.Column("group_id", sa.Text, group, primary_key=True),
        sa.Column("user_id", sa.Text, user, primary_key=True),
    )
    op.create_index("members_user_id", "members", ["user_id"])


def _row_columns() -> list[sa.Column[object]]:
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    time = sa.DateTime(timezone=True)
    return [
        sa.Column("attributes", json, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("created_at", time, nullable=False, server_default=NOW),
        sa.Column("updated_at", time, nullable=False, server_default=NOW),
    ]


def _checks(table: str) -> list[sa.CheckConstraint]:
    if op.get_bind().dialect.name != "sqlite":
        return []
    return [sa.CheckConstraint("json_valid(attributes)", f"{table}_attributes")]
