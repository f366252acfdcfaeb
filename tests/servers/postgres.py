"""A real PostgreSQL server for the tests: one a worker, with a new database for each test."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

import psycopg
import pytest

USER = "postgres"
PASSWORD = "pg-S3cret-of-tests"
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/bin", "/usr/local/pgsql/bin", "/usr/bin")
_NUMBERS = itertools.count(1)


class Postgresql(NamedTuple):
    """One database of the running server."""

    port: int
    database: str
    password: str = PASSWORD

    @property
    def url(self) -> str:
        """As an operator writes it; the password is given apart."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{self.database}"

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=self.password,
            dbname=self.database,
            autocommit=True,
        )


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[int]:
    """The port of a server of this worker's own."""
    programs = server_programs()
    if programs is None:
        _absent("no PostgreSQL server is installed (initdb and postgres in one directory)")
    with serving(programs) as port:
        yield port


@contextmanager
def serving(programs: Path) -> Iterator[int]:
    """The port of a new server of these programs, which is gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="syncd-postgres-") as folder:
        place = Path(folder)
        run = _as_nobody_special(place)
        _make(programs, place, run)
        port = _free_port()
        server = _start(programs, place, run, port)
        try:
            _wait(server, port, place)
            yield port
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)


@pytest.fixture
def postgresql(postgresql_server: int) -> Iterator[Postgresql]:
    """An empty database, gone after the test."""
    database = Postgresql(postgresql_server, f"test{next(_NUMBERS)}")
    with Postgresql(postgresql_server, "postgres").connect() as connection:
        connection.execute(f"CREATE DATABASE {database.database} TEMPLATE template0")
    yield database
    with Postgresql(postgresql_server, "postgres").connect() as connection:
        connection.execute(f"DROP DATABASE {database.database} WITH (FORCE)")


def server_programs() -> Path | None:
    """Where initdb and postgres are; None where they are not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    for place in _PLACES:
        folders += sorted(Path("/").glob(place.removeprefix("/")), reverse=True)
    usable = (one for one in folders if (one / "initdb").exists() and (one / "postgres").exists())
    return next(usable, None)


def _absent(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def _as_nobody_special(place: Path) -> list[str]:
    """The server refuses to run as root; and it goes where its tests go, even by kill -9."""
    if os.geteuid() != 0:
        return ["setpriv", "--pdeathsig=INT"]
    shutil.chown(place, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=INT"]


def _make(programs: Path, place: Path, run: list[str]) -> None:
    word = place / "password"
    word.write_text(PASSWORD)
    word.chmod(0o644)
    options = [f"--pgdata={place}/data", f"--username={USER}", f"--pwfile={word}"]
    options += ["--auth=scram-sha-256", "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync"]
    command = [*run, str(programs / "initdb"), *options]
    made = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


def _start(programs: Path, place: Path, run: list[str], port: int) -> subprocess.Popen[bytes]:
    settings = [
        "listen_addresses=127.0.0.1",
        f"unix_socket_directories={place}",
        "fsync=off",
        "max_connections=50",
    ]
    command = [*run, str(programs / "postgres"), "-D", f"{place}/data", "-p", str(port)]
    command += [part for setting in settings for part in ("-c", setting)]
    with (place / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=place, stdout=log, stderr=log)


def _wait(server: subprocess.Popen[bytes], port: int, place: Path) -> None:
    for _ in range(400):
        assert server.poll() is None, (place / "log").read_text()
        try:
            Postgresql(port, "postgres").connect().close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    pytest.fail((place / "log").read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
