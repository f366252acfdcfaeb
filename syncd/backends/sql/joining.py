"""Who joins and leaves many groups, as few statements."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import ARRAY, JSON, Connection, Text, cast, column, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import Subquery

from syncd.backends.sql.schema import MEMBERS
from syncd.core.model import Ref

Groups = Mapping[Ref, Sequence[Ref]]
"""Group -> some users."""


def add(connection: Connection, groups: Groups) -> None:
    """Who is a member already stays one. Users and groups that are not there are refused."""
    if connection.dialect.name == "sqlite":
        statement = "INSERT INTO members (group_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
        _each(connection, statement, groups)
    elif any(groups.values()):
        pairs = _pairs(groups)
        new = insert(MEMBERS).from_select(["group_id", "user_id"], select(pairs))
        connection.execute(new.on_conflict_do_nothing())


def remove(connection: Connection, groups: Groups) -> None:
    """Who is no member stays none."""
    if connection.dialect.name == "sqlite":
        _each(connection, "DELETE FROM members WHERE group_id = ? AND user_id = ?", groups)
    elif any(groups.values()):
        pairs = _pairs(groups)
        gone = MEMBERS.c.group_id == pairs.c.group_id, MEMBERS.c.user_id == pairs.c.user_id
        connection.execute(delete(MEMBERS).where(*gone))


def _each(connection: Connection, statement: str, groups: Groups) -> None:
    pairs = [(group, user) for group, users in groups.items() for user in sorted(users)]
    if pairs:
        connection.exec_driver_sql(statement, pairs)


def _pairs(groups: Groups) -> Subquery:
    """PostgreSQL makes a table of one document."""
    rows = [{"group_id": group, "users": sorted(users)} for group, users in groups.items()]
    document = cast(literal(msgspec.json.encode(rows).decode(), Text), JSON)
    columns = column("group_id", Text), column("users", ARRAY(Text))
    table = func.json_to_recordset(document).table_valued(*columns)
    table = table.render_derived(name="lists", with_types=True)
    return select(table.c.group_id, func.unnest(table.c.users).label("user_id")).subquery("pairs")
