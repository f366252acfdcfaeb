"""Put the daemon together, and run it to its end."""

import os
from collections.abc import Mapping
from pathlib import Path

from syncd.config import load_settings
from syncd.config.assemble import ledger
from syncd.config.settings import Settings
from syncd.daemon.cycles import Cycles
from syncd.daemon.daemon import Daemon
from syncd.daemon.listener import Listeners
from syncd.daemon.service import Service
from syncd.daemon.signals import Signals
from syncd.redact import Redactor, secrets_of
from syncd.report import Exit


def serve(settings: Settings, config: Path, redact: Redactor, environ: Mapping[str, str]) -> int:
    """The exit code, once a signal told it to stop. Raises `LedgerError`, and `ConfigError`."""
    with Signals() as signals:
        memory = ledger(settings, write=True)
        listeners = Listeners([])
        cycles = Cycles(memory, listeners, redact)

        def load() -> Settings:
            loaded = load_settings(config, environ)
            redact.learn(secrets_of(loaded))
            return loaded

        daemon = Daemon(
            settings,
            memory,
            cycles,
            Service(environ),
            listeners,
            load=load,
            reloaded=lambda _: None,
        )
        daemon.run(signals)
        if cycles.under_way():
            # They only read, from somebody who is slow to answer: nobody has to wait for that.
            os._exit(Exit.DONE)
        memory.close()
    return Exit.DONE
