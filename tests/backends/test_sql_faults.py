"""The SQL store when something is wrong: each fault has its own error, and stores nothing by halves."""

import sqlite3
import traceback
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import event

from syncd.backends.sql import SqlBackend, SqlConfig
from syncd.core.model import Key, Ref, User
from syncd.errors import BackendError, ConfigError, Denied, Unavailable

SECRET = "Pl4nted-S3cret"


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


def names(store: SqlBackend) -> list[str]:
    return sorted(one.entity.user_name for one in store.users.read())


def test_a_character_that_no_database_stores_fails_one_change(store):
    """The rest of its batch is stored."""
    with store.batch():
        create(store, "ada")
        with pytest.raises(BackendError, match=r"no database can store"):
            create(store, "bob", title="\ud800")
    assert names(store) == ["ada"]


@pytest.mark.parametrize("apart", [True, False])
def test_a_wrong_password_is_denied_and_shown_nowhere(postgresql, apart):
    """Neither in the message, nor in the traceback, nor in what the configuration shows of itself."""
    url = postgresql.url if apart else postgresql.url.replace("@", f":{SECRET}@")
    config = SqlConfig(url=url, **({"password": SECRET} if apart else {}))
    store = SqlBackend("wiki", config, Path())
    with pytest.raises(Denied, match=r"password authentication failed") as caught:
        list(store.users.read())
    told = "".join(traceback.format_exception(caught.value)) + repr(config) + str(config)
    assert SECRET not in told + config.model_dump_json()
    assert f"target wiki, postgresql://postgres@127.0.0.1:{postgresql.port}/" in str(caught.value)


@pytest.mark.parametrize(
    "bad", [{"url": f"mysql://u:{SECRET}@h/d"}, {"url": f"postgresql://u:{SECRET}@h:x/"}]
)
def test_a_refused_url_is_not_shown(bad):
    """It may hold a password."""
    with pytest.raises(
        (ConfigError, ValueError), match=r"postgresql://USER@HOST/DATABASE"
    ) as caught:
        SqlBackend("wiki", SqlConfig(**bad), Path())
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_server_that_is_not_there_is_unavailable():
    """Host and port are named."""
    store = SqlBackend("wiki", SqlConfig(url="postgresql://u@127.0.0.1:1/d"), Path())
    with pytest.raises(Unavailable, match=r"127.0.0.1:1/d: .*[Cc]onnection refused"):
        list(store.users.read())


def test_a_database_that_is_not_there_is_told(postgresql):
    """It is no empty store: somebody has to make it, or mend the URL."""
    url = postgresql.url.replace("@", f":{postgresql.password}@").replace("/test", "/absent")
    store = SqlBackend("wiki", SqlConfig(url=url), Path())
    with pytest.raises(BackendError, match=r"does not exist; look at the URL"):
        list(store.users.read())


def test_a_login_without_rights_is_denied(postgresql):
    """What the server refuses is told in its words."""
    with postgresql.connect() as connection:
        connection.execute(f"CREATE ROLE nobody_{postgresql.database} LOGIN PASSWORD 'x'")
    url = postgresql.url.replace("postgres@", f"nobody_{postgresql.database}:x@")
    store = SqlBackend("wiki", SqlConfig(url=url), Path())
    with pytest.raises(Denied, match=r"permission denied for schema public"):
        create(store, "ada")
    store.close()


def test_a_connection_that_breaks_stores_nothing_of_its_batch(postgresql):
    """The batch fails as a whole, even where its caller goes on; the next one is made anew."""
    url = postgresql.url.replace("@", f":{postgresql.password}@")
    store = SqlBackend("wiki", SqlConfig(url=url), Path())
    create(store, "before")
    with pytest.raises(Unavailable):
        break_off(store, postgresql)
    create(store, "after")
    assert names(store) == ["after", "before"]
    store.close()


def break_off(store: SqlBackend, postgresql) -> None:
    others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
    with store.batch():
        create(store, "lost")
        with postgresql.connect() as connection:
            connection.execute(f"{others} AND pid <> pg_backend_pid()", [postgresql.database])
        for name in ("lost too", "lost as well"):
            with pytest.raises(Unavailable):
                create(store, name)


def test_a_locked_file_is_unavailable(tmp_path):
    """Another program that writes for long is waited for, and then named as the reason."""
    store = SqlBackend("wiki", SqlConfig(url="sqlite:///store.db?timeout=0.1"), tmp_path)
    create(store, "ada")
    with closing(sqlite3.connect(tmp_path / "store.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match=r"store.db is locked by another program"):
            create(store, "bob")
    create(store, "bob")
    assert names(store) == ["ada", "bob"]
    store.close()


def test_a_full_disk_stores_nothing_of_its_batch(sqlite):
    """SQLite may have ended the transaction by itself: what comes after must not be stored alone."""
    create(sqlite, "ada")
    engine = sqlite._session._database.engine
    engine.dispose()
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 40"))
    with pytest.raises(Unavailable):
        fill(sqlite)
    assert names(sqlite) == ["ada"]


def fill(store: SqlBackend) -> None:
    with store.batch():
        with pytest.raises(Unavailable, match=r"the disk is full; make room"):
            create(store, "big", title="x" * 1_000_000)
        with pytest.raises(Unavailable):
            create(store, "small")


def test_a_file_that_is_no_store_is_left_alone(tmp_path):
    """Something else under that path is named, not overwritten."""
    (tmp_path / "store.db").write_text("a shopping list\n" * 100)
    store = SqlBackend("wiki", SqlConfig(), tmp_path)
    for attempt in (lambda: list(store.users.read()), lambda: create(store, "ada")):
        with pytest.raises(BackendError, match=r"store.db is not a SQLite database"):
            attempt()
    assert (tmp_path / "store.db").read_text() == "a shopping list\n" * 100


def test_a_directory_that_cannot_be_written_is_denied(tmp_path):
    """A path that leads through a file has no store, and gets none."""
    (tmp_path / "file").touch()
    store = SqlBackend("wiki", SqlConfig(url="sqlite:///file/store.db"), tmp_path)
    with pytest.raises(Denied, match=r"store.db cannot be created: .*file is no directory"):
        create(store, "ada")


def test_a_store_in_memory_is_refused():
    """It would be empty again at the next run, and everybody created anew."""
    with pytest.raises(ValidationError, match=r"would be lost"):
        SqlConfig(url="sqlite://")


@pytest.mark.parametrize("url", ["sqlit:///store.db", "mysql://db/users", "sqlite://host/store.db"])
def test_a_url_of_no_store_is_refused_with_the_configuration(url: str):
    """Before anything is read, with the place where it stands."""
    with pytest.raises(ValidationError, match=r"sqlite:///FILE"):
        SqlConfig(url=url)
