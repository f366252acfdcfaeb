"""A lease: an advisory lock of PostgreSQL's that ends with its holder's silence.

An advisory lock lives as long as its session, and a session as long as its TCP connection, which a
frozen or cut-off client does not close. So the server is told to end a session that says nothing
for the lease's life, and the holder says something four times in that time. What the holder knows
is counted from when it asked, so that it stops believing before the server stops waiting.
"""

import math
import time
from hashlib import blake2b
from threading import Event, Lock, Thread

from sqlalchemy.exc import DBAPIError

from syncd.database import Database, Session, complaints, myself
from syncd.ledger.lock import Taken

LIFE = 10.0
"""Seconds after which a silent holder has lost its lock."""

_BEATS = 4
"""How often in a life the holder asks the server,"""
_BELIEVED = 2
"""and for which part of a life it believes an answer. The rest is for calls under way."""

_IDLE_SESSIONS_END = 140000
"""The first version that has `idle_session_timeout`."""

# CLOCK_BOOTTIME goes on while the process is stopped, as CLOCK_MONOTONIC does, and while the
# machine is suspended, as that does not (clock_gettime(2)). macOS's CLOCK_MONOTONIC does both.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Lease:
    """Held from its making until its `release`. Raises `Taken` where somebody else holds it,
    and what the database's complaint makes where the server cannot be asked.

    Once lost it stays lost. `held` may be asked by several threads at once.
    """

    def __init__(self, database: Database, name: str, life: float) -> None:
        self._life = life
        self._session = Session(database, life / _BELIEVED)
        try:
            with complaints(database.where, database.complaint):
                self._confirmed = _now()
                self._server = _take(self._session, _key(name), life)
        except BaseException:
            self._session.close()
            raise
        self._key = _key(name)
        self._over = False
        self._turn, self._ended = Lock(), Event()
        self._keeper = Thread(target=self._keep, name="syncd lease", daemon=True)
        self._keeper.start()

    def held(self) -> bool:
        """At once, as a rule: the server is asked where it has not answered for half a life, or has
        said something unasked. Takes at most a life."""
        while not self._over:
            if self._is_sure():
                return True
            self._beat(unless_sure=True)
        return False

    def release(self) -> None:
        """Free for others when this returns."""
        self._ended.set()
        with self._turn:
            if not self._over:
                self._unlock()
            self._over = True
            self._session.close()
        self._keeper.join()

    def _is_sure(self) -> bool:
        """The clock has the last word: to look at the socket lets other threads run, and whoever
        is frozen meanwhile has seen a socket of before."""
        if self._session.is_readable():
            return False
        return _now() - self._confirmed < self._life / _BELIEVED

    def _keep(self) -> None:
        while not self._over and not self._ended.wait(self._life / _BEATS):
            self._beat()

    def _beat(self, *, unless_sure: bool = False) -> None:
        """Who had to wait for another's beat may be sure by then."""
        with self._turn:
            if not self._over and not (unless_sure and self._is_sure()):
                self._ask()

    def _ask(self) -> None:
        """Another server process than at first means that something pools the connections."""
        asked = _now()
        try:
            if self._session.ask("SELECT pg_backend_pid()") == [(self._server,)]:
                self._confirmed = asked
                return
        except DBAPIError:
            pass
        self._over = True

    def _unlock(self) -> None:
        """The server would do it by itself, but a moment after the session's end."""
        try:
            self._session.ask("SELECT pg_advisory_unlock($1::bigint)", [self._key])
        except DBAPIError:
            return


def _now() -> float:
    return time.clock_gettime(_CLOCK)


def _key(name: str) -> str:
    """https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS"""
    digest = blake2b(f"syncd {name}".encode(), digest_size=8).digest()
    return str(int.from_bytes(digest, signed=True))


def _take(session: Session, key: str, life: float) -> str | None:
    """The server process that holds it now. Raises `Taken`."""
    for setting, value in _settings(session.version, life).items():
        session.ask("SELECT set_config($1, $2, false)", [setting, value])
    query = "SELECT pg_try_advisory_lock($1::bigint)::int, pg_backend_pid()"
    [(taken, server)] = session.ask(query, [key])
    if taken == "0":
        raise Taken(_holder(session, key))
    return server


def _settings(version: int, life: float) -> dict[str, str]:
    """https://www.postgresql.org/docs/current/runtime-config-connection.html and
    https://www.postgresql.org/docs/current/runtime-config-client.html; any user may set them."""
    milliseconds = math.ceil(life * 1000)
    third = max(1, math.floor(life / 3))
    settings = {
        "application_name": myself(),
        "tcp_user_timeout": str(milliseconds),
        "tcp_keepalives_idle": str(third),
        "tcp_keepalives_interval": str(third),
        "tcp_keepalives_count": "2",
    }
    if version >= _IDLE_SESSIONS_END:
        settings["idle_session_timeout"] = str(milliseconds)
    return settings


def _holder(session: Session, key: str) -> str:
    """https://www.postgresql.org/docs/current/view-pg-locks.html: a bigint key is split in two."""
    query = (
        "SELECT application_name, to_char(backend_start AT TIME ZONE 'UTC',"
        ' \'YYYY-MM-DD"T"HH24:MI:SS"Z"\')'
        " FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND classid::bigint = ($1::bigint >> 32) & 4294967295"
        " AND objid::bigint = $1::bigint & 4294967295"
    )
    rows = session.ask(query, [key])
    if not rows:
        return "it has ended just now: try again"
    name, since = rows[0]
    holder = str(name or "a session of another user").removeprefix("syncd ")
    return f"{holder} since {since}" if since else holder
