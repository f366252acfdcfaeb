"""Put the daemon together, and run it to its end."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from syncd.audit.audit import Audit
from syncd.config import load_settings
from syncd.config.assemble import audit_of, ledger
from syncd.config.running import UNIX
from syncd.config.settings import Settings
from syncd.daemon import log
from syncd.daemon.cycles import Cycles
from syncd.daemon.daemon import Daemon
from syncd.daemon.listener import Listeners
from syncd.daemon.messenger import Messenger
from syncd.daemon.metrics import Metrics
from syncd.daemon.receivers import receivers
from syncd.daemon.service import Service
from syncd.daemon.signals import Signals
from syncd.daemon.status.app import status_app
from syncd.daemon.status.page import page_router
from syncd.daemon.status.server import StatusServer
from syncd.daemon.timed import timed
from syncd.daemon.voice import Voice
from syncd.errors import ConfigError
from syncd.redact import Redactor, secrets_of
from syncd.report import Exit
from syncd.sync import Sync


def serve(settings: Settings, config: Path, redact: Redactor, environ: Mapping[str, str]) -> int:
    """The exit code, once a signal told it to stop. Raises `LedgerError`, and `ConfigError`."""
    with Signals() as signals:
        house = _House(settings, config, redact, environ)
        try:
            house.follow(settings)
            house.daemon.run(signals)
        finally:
            house.close()
    return Exit.DONE


class _House:
    """The daemon, and around it all who are told of what it does, or show it."""

    def __init__(
        self, settings: Settings, config: Path, redact: Redactor, environ: Mapping[str, str]
    ) -> None:
        self._config, self._redact, self._environ = config, redact, environ
        self._listeners = Listeners([])
        self._listeners.those = [self._voice(settings)]
        self._ledger = ledger(settings, write=True, redact=redact, alarm=self._audit_alarm)
        self._cycles = Cycles(self._ledger, self._listeners, redact, self._prepare)
        self.daemon = Daemon(
            settings,
            self._ledger,
            self._cycles,
            Service(environ),
            self._listeners,
            load=self._load,
            reloaded=self.follow,
        )
        self._metrics = Metrics(self.daemon)
        desk, happened = self._ledger.desk, self._listeners.happened
        self._messenger = Messenger(desk, settings.notify, (), happened)
        self._listen: str | None = None
        self._server: StatusServer | None = None

    def follow(self, settings: Settings) -> None:
        """These settings are in force from now on. Raises `ConfigError` where they cannot be."""
        _refuse_what_needs_a_restart(self.daemon.settings, settings)
        told = receivers(settings.notify.to)
        audit, before = self._audit(settings), self._ledger.follower
        if audit is not None and before is not None:
            audit.damage = before.damage
        self._serve_at(settings.status.listen)
        self._messenger.follow(settings.notify, told)
        self._listeners.those = [self._voice(settings), self._metrics, self._messenger]
        self._ledger.followed_by(audit)

    def close(self) -> None:
        self._serve_at(None)
        self._messenger.close()
        if self._cycles.under_way():
            # They only read, from somebody who is slow to answer: nobody has to wait for that.
            sys.stderr.flush()
            os._exit(Exit.DONE)
        self._ledger.close()

    def _audit(self, settings: Settings) -> Audit | None:
        return audit_of(settings, self._ledger, self._redact, self._audit_alarm)

    def _audit_alarm(self, trouble: str) -> None:
        if trouble:
            self._listeners.happened("audit_trouble", error=trouble)
        else:
            self._listeners.happened("audit_mended")

    def _voice(self, settings: Settings) -> Voice:
        return log.configure(settings.log, self._redact, self._environ, sys.stderr)

    def _prepare(self, sync: Sync) -> Sync:
        return timed(sync, self._metrics.call)

    def _load(self) -> Settings:
        loaded = load_settings(self._config, self._environ)
        self._redact.learn(secrets_of(loaded))
        return loaded

    def _serve_at(self, listen: str | None) -> None:
        """The next one listens before the last one ends, unless that is in its way; where the next
        cannot be, there is the last one again."""
        last = self._server
        if listen == self._listen and (last is None or last.alive()):
            return
        try:
            server = self._serving(listen)
        except ConfigError:
            if last is None:
                raise
            last.stop()
            server = self._serving_after_all(listen)
        else:
            if last is not None:
                last.stop()
        self._server, self._listen = server, listen
        if server is not None:
            self._listeners.happened("serving", at=" ".join(map(_shown, server.places)))

    def _serving_after_all(self, listen: str | None) -> StatusServer | None:
        try:
            return self._serving(listen)
        except ConfigError:
            self._server = self._serving(self._listen)
            raise

    def _serving(self, listen: str | None) -> StatusServer | None:
        if listen is None:
            return None
        server = StatusServer(
            status_app(self.daemon, self._metrics, page_router(self.daemon)), listen
        )
        server.start()
        return server


def _refuse_what_needs_a_restart(before: Settings, after: Settings) -> None:
    """Raises `ConfigError`."""
    for name in ("state_directory", "ledger"):
        if getattr(before, name) != getattr(after, name):
            raise ConfigError(f"{name} has changed, for which syncd must be restarted")


def _shown(place: str) -> str:
    """As one types it into a browser, where one can."""
    return place if place.startswith(UNIX) else f"http://{place}/"
