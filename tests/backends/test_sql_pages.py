"""The SQL store page by page: whatever a text holds, whoever wrote it, and when it breaks off."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.backends.sql import SqlBackend, SqlConfig
from syncd.backends.sql.schema import SCHEMA
from syncd.core.model import Group, Key, Ref, Stored, Update, User
from syncd.errors import BackendError, Unavailable
from syncd.paging import Members
from syncd.testing.pages import by_ref, members, prints, told
from tests.servers.postgres import Postgresql

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
TRICKY = st.one_of(TEXT, st.text("\\tnN\t\n\r\b\v\f\"'{}[],.;é\u2028\U0001f989", max_size=8))
ON_ONE_STORE = settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def store(place):
    store = SqlBackend("wiki", SqlConfig(url=place.url, password=place.password), Path())
    yield store
    store.close()


@pytest.fixture
def sqlite(tmp_path: Path):
    store = SqlBackend("wiki", SqlConfig(), tmp_path)
    yield store
    store.close()


def create(store: SqlBackend, name: str, **fields) -> Ref:
    return store.users.create(Key(f"k-{name}"), User(user_name=name, **fields))


def decoded(store: SqlBackend) -> list[Stored[User]]:
    return sorted((stored for _, stored in told(store.users.pages())), key=by_ref)


def test_a_store_that_is_not_there_has_no_pages(store):
    """Neither of users, nor of groups, nor of members."""
    read = [store.users.pages(), store.groups.pages(), store.members.pages()]
    assert [list(pages) for pages in read] == [[], [], []]


@ON_ONE_STORE
@given(
    texts=st.lists(TRICKY, min_size=4, max_size=4),
    attributes=st.dictionaries(TRICKY, TRICKY, max_size=3),
    flags=st.tuples(st.booleans(), st.sampled_from([True, False, None])),
)
def test_any_text_is_decoded_as_it_is_read(store, texts, attributes, flags):
    """Tabs, backslashes, quotes and line ends are the database's own marks, and people's too."""
    names = dict(zip(("given_name", "family_name", "title", "phone"), texts, strict=True))
    user = User(user_name="ada", active=flags[0], admin=flags[1], attributes=attributes, **names)
    ref = store.users.create(Key("k\\N\t"), user)
    try:
        assert decoded(store) == list(store.users.read())
    finally:
        store.users.delete(ref)


def test_another_programs_rows_are_decoded_as_they_are_read(store, place):
    """With attributes of any JSON, and ids that look like syntax."""
    create(store, "ada")
    rows = {
        "7": """'{"n": 1.50, "nothing": null, "list": ["é", {"a": 2}]}'""",
        '"]': """'["no", "object"]'""",
        "a,b\\": """'{"surrogate": 12345678901234567890123, "same": "\\"\\\\"}'""",
    }
    for number, (ref, attributes) in enumerate(rows.items()):
        values = f"'{ref}', 'n{number}', {attributes}"
        place.ask(SCHEMA, f"INSERT INTO users (id, user_name, attributes) VALUES ({values})")
    group = store.groups.create(Key("g"), Group(display_name="Engines"))
    store.members.change(group, [Ref(ref) for ref in rows], [])
    assert decoded(store) == sorted(store.users.read(), key=by_ref)
    assert members(store.members) == {group: Members(group, tuple(sorted(map(Ref, rows))))}


def test_two_readings_at_once_have_one_order(postgresql):
    """PostgreSQL would begin the second where the first is just now, in a table of 32 MB and more."""
    store = on_server(postgresql)
    many(store, postgresql, 30_000, 1_500)
    whole = [seen for page in store.users.pages() for seen in page.prints]
    first = store.users.pages()
    begun = [seen for _ in range(15) for seen in next(first).prints]
    second = [seen for page in store.users.pages() for seen in page.prints]
    assert second == whole
    assert begun + [seen for page in first for seen in page.prints] == whole
    store.close()


def on_server(postgresql: Postgresql) -> SqlBackend:
    url = postgresql.url.replace("@", f":{postgresql.password}@")
    return SqlBackend("wiki", SqlConfig(url=url), Path())


def many(store: SqlBackend, postgresql: Postgresql, count: int, size: int) -> None:
    """Users of another program's."""
    with store.batch():
        pass
    columns = "id, user_name, user_name_key, title"
    row = f"SELECT i, i, i, repeat('x', {size}) FROM generate_series(1, {count}) i"
    with postgresql.connect() as other:
        other.execute(f"INSERT INTO users ({columns}) {row}")


def test_a_reading_that_is_given_up_leaves_the_store_usable(store):
    """Nothing of it is under way any more."""
    with store.batch():
        refs = [create(store, f"u{number}") for number in range(2500)]
    pages = store.users.pages()
    assert len(next(pages).prints) == 1000
    pages.close()
    store.users.update(refs[0], Update({}, {"title": "Dr"}))
    assert len(decoded(store)) == 2500


def test_a_reading_inside_a_batch_has_what_the_batch_wrote(store):
    """Nobody else sees that yet."""
    with store.batch():
        ref = create(store, "ada")
        assert prints(store.users).keys() == {ref}
        two = create(store, "bob")
        assert prints(store.users).keys() == {ref, two}


def test_a_connection_that_breaks_in_a_reading_is_no_end_of_it(postgresql):
    """What came before proves nothing of what did not come."""
    store = on_server(postgresql)
    many(store, postgresql, 100_000, 500)
    pages = store.users.pages()
    next(pages)
    others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
    with postgresql.connect() as other:
        other.execute(f"{others} AND pid <> pg_backend_pid()", [postgresql.database])
    with pytest.raises(Unavailable, match=r"target wiki, postgresql://"):
        list(pages)
    assert sum(len(page.prints) for page in store.users.pages()) == 100_000
    store.close()


def test_a_damaged_file_is_no_end_of_a_reading(sqlite, tmp_path):
    """What can still be read of it proves nothing of the rest."""
    with sqlite.batch():
        for number in range(3000):
            create(sqlite, f"u{number}", title="x" * 200)
    sqlite.close()
    with (tmp_path / "store.db").open("r+b") as file:
        for page in range(20, 200):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
    with pytest.raises(BackendError, match=r"store.db is damaged"):
        list(sqlite.users.pages())


@pytest.mark.parametrize(
    ("value", "words"),
    [("CAST(x'ff' AS TEXT)", "of users cannot be read"), ("x'00ff'", "cannot hold BLOB")],
)
def test_what_is_no_text_is_told(sqlite, tmp_path, value, words):
    """SQLite lets another program store any octets as a text."""
    create(sqlite, "ada")
    with closing(sqlite3.connect(tmp_path / "store.db")) as other:
        other.execute(f"UPDATE users SET title = {value}")
        other.commit()
    with pytest.raises(BackendError, match=words):
        decoded(sqlite)
