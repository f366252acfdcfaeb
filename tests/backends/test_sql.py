"""The SQL store beyond the contract: other programs' rows, other revisions, and what goes wrong."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import event

from syncd.backends.sql import SqlBackend, SqlConfig
from syncd.backends.sql.schema import SCHEMA
from syncd.core.model import Group, Key, Ref, Stored, Update, User
from syncd.errors import BackendError, Conflict

DOCUMENT = Path(__file__).parents[2] / "docs" / "sql-store.md"


@pytest.fixture
def store(place):
    store = SqlBackend("wiki", SqlConfig(url=place.url, password=place.password), Path())
    yield store
    store.close()


def create(store: SqlBackend, name: str, **fields) -> Ref:
    return store.users.create(Key(f"k-{name}"), User(user_name=name, **fields))


def names(store: SqlBackend) -> list[str]:
    return sorted(one.entity.user_name for one in store.users.read())


def test_a_store_that_is_not_there_reads_as_empty_and_is_not_made(store, place, tmp_path):
    """Planning creates nothing."""
    read = [list(store.users.read()), list(store.groups.read()), list(store.members.read())]
    assert read == [[], [], []]
    assert store.users.get(Ref("1")) is None
    if place.password is None:
        assert list(tmp_path.iterdir()) == []
    else:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert place.ask(SCHEMA, tables) == [(0,)]


def test_a_store_of_a_newer_syncd_is_neither_read_nor_written(store, place):
    """Both revisions are named."""
    with store.batch():
        pass
    place.ask(SCHEMA, "UPDATE syncd_store_version SET version_num = '9999'")
    again = SqlBackend("wiki", SqlConfig(url=place.url, password=place.password), Path())
    words = r"revision 9999, and this syncd knows revisions up to 0002"
    with pytest.raises(BackendError, match=words):
        list(again.users.read())
    with pytest.raises(BackendError, match=words):
        create(again, "ada")
    again.close()


def test_a_store_of_an_older_syncd_is_read_as_it_is_and_upgraded_by_writing(store, place):
    """A plan changes nothing; the first write does."""
    ada = create(store, "ada")
    for table in ("users", "groups"):
        place.ask(SCHEMA, f"DROP INDEX {table}_unkeyed")
    place.ask(SCHEMA, "UPDATE syncd_store_version SET version_num = '0001'")
    again = SqlBackend("wiki", SqlConfig(url=place.url, password=place.password), Path())
    revision = "SELECT version_num FROM syncd_store_version"
    assert [one.ref for one in again.users.read()] == [ada]
    assert place.ask(SCHEMA, revision) == [("0001",)]
    create(again, "bob")
    assert place.ask(SCHEMA, revision) == [("0002",)]
    assert names(again) == ["ada", "bob"]
    again.close()


def test_a_store_that_must_be_upgraded_first_is_not_read(store, monkeypatch):
    """The message says what upgrades it."""
    with store.batch():
        pass
    older = replace(SCHEMA, revisions=(*SCHEMA.revisions, "9999"))
    monkeypatch.setattr("syncd.backends.sql.session.SCHEMA", older)
    again = SqlBackend("wiki", store.config, store.base)
    with pytest.raises(BackendError, match=r"needs 9999: run `syncd apply` to upgrade it"):
        list(again.users.read())
    again.close()


def test_others_names_are_found_without_looking_at_all(store, place):
    """A big store costs no more than a small one, for an index has only what is to be looked at."""
    create(store, "ada")
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    columns = "INSERT INTO users (id, user_name, user_name_key)"
    place.ask(SCHEMA, f"{columns} {numbers} SELECT i, 'u' || i, 'u' || i FROM n")
    place.ask(SCHEMA, "ANALYZE")
    again = SqlBackend("wiki", SqlConfig(url=place.url, password=place.password), Path())
    explain = "EXPLAIN QUERY PLAN" if place.password is None else "EXPLAIN"
    plans: list[str] = []

    def look(_connection, cursor, statement, parameters, *_):
        if "unkeyed" not in statement and "users.user_name_key" in statement.partition("FROM")[0]:
            plans.append(str(cursor.execute(f"{explain} {statement}", parameters).fetchall()))

    event.listen(again._session._database.engine, "before_cursor_execute", look)
    with again.batch():
        pass
    assert len(plans) == 1
    assert "users_unkeyed" in plans[0]
    again.close()


def test_the_view_has_active_users_with_and_without_groups(store, place):
    """One row for each user and group, and one for a user in none; nobody who is suspended."""
    ada, bob, eve = (create(store, name) for name in ("ada", "bob", "eve"))
    group = store.groups.create(Key("g"), Group(display_name="Engines"))
    store.members.change(group, [ada, eve], [])
    store.users.update(eve, Update({}, {"active": False}))
    rows = place.ask(SCHEMA, "SELECT user_id, group_name FROM active_users_with_groups")
    assert sorted(rows, key=str) == sorted([(ada, "Engines"), (bob, None)], key=str)


def test_another_programs_rows_are_read(store, place):
    """With what the tables themselves require and nothing more."""
    create(store, "ada")
    attributes = """'{"n": 1, "nothing": null, "list": ["é"]}'"""
    place.ask(
        SCHEMA, f"INSERT INTO users (id, user_name, attributes) VALUES ('7', 'Bob', {attributes})"
    )
    bob = User(user_name="Bob", attributes={"n": "1", "list": '["é"]'})
    assert store.users.get(Ref("7")) == Stored(Ref("7"), bob)
    assert names(store) == ["Bob", "ada"]


def test_another_programs_names_are_taken_too(store, place):
    """Also where it left the normal form out, or renamed without it; nobody's key is guessed."""
    create(store, "ada")
    place.ask(SCHEMA, "INSERT INTO users (id, user_name, email) VALUES ('7', 'Zoë', 'Z@X.org')")
    place.ask(SCHEMA, "UPDATE users SET user_name = 'lovelace' WHERE user_name = 'ada'")
    again = SqlBackend("wiki", SqlConfig(url=place.url, password=place.password), Path())
    with pytest.raises(
        Conflict, match=r"user_name 'ZOË' is taken by the user 'Zoë' .7, which syncd"
    ):
        create(again, "ZOË")
    with pytest.raises(Conflict, match=r"email 'z@x.ORG' is taken"):
        create(again, "eve", email="z@x.ORG")
    with pytest.raises(Conflict, match=r"user_name 'LOVELACE' is taken by .* key k-ada"):
        create(again, "LOVELACE")
    create(again, "ada")
    assert names(again) == ["Zoë", "ada", "lovelace"]
    again.close()


def test_names_that_another_program_made_alike_are_left_alone(store, place):
    """Two rows that differ in case only both stay, and are both read."""
    create(store, "ada")
    place.ask(SCHEMA, "INSERT INTO users (id, user_name) VALUES ('7', 'ADA')")
    again = SqlBackend("wiki", SqlConfig(url=place.url, password=place.password), Path())
    create(again, "bob")
    assert names(again) == ["ADA", "ada", "bob"]
    again.close()


def test_no_value_is_null_and_so_takes_no_name(store):
    """Any number of users have no e-mail, however that is written."""
    refs = [create(store, "ada", email=""), create(store, "bob", email=""), create(store, "eve")]
    assert [store.users.get(ref).entity.email for ref in refs] == [None, None, None]


def test_every_query_of_the_document_runs(store, place):
    """What the document tells other programs to ask is answered."""
    ada = create(store, "ada", email="ada@example.org", attributes={"room": "12"})
    group = store.groups.create(Key("g"), Group(display_name="Engines"))
    store.members.change(group, [ada], [])
    queries = re.findall(r"^SELECT .*;$", DOCUMENT.read_text(), re.MULTILINE)
    of_sqlite = [query for query in queries if "json_extract" in query]
    if place.password is not None:
        queries = [query for query in queries if query not in of_sqlite]
    answers = [place.ask(SCHEMA, query) for query in queries]
    rooms = [[("ada",)]] * (len(queries) - 3)
    assert len(of_sqlite) == 1
    assert answers == [[("Engines",)], [(ada, None)], [("ada@example.org",)], *rooms]


def test_the_document_names_every_column():
    """A column that is not described is not for other programs."""
    text = DOCUMENT.read_text()
    columns = {column.name for table in SCHEMA.metadata.tables.values() for column in table.columns}
    assert {name for name in columns if f"`{name}`" not in text} == set()
