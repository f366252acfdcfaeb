"""`syncd ledger`: what one does with syncd's own memory as a whole."""

from contextlib import closing

from syncd.cli.opening import Opened
from syncd.config.assemble import ledger
from syncd.database import database_url, shown, without_password
from syncd.errors import ConfigError, LedgerError
from syncd.report import Exit


def copy(opened: Opened, to: str) -> int:
    try:
        url, password = without_password(to)
        place = shown(database_url(url))
    except ConfigError as error:
        raise ConfigError(f"--to: {error}") from None
    if password is not None:
        opened.screen.redact.learn([password.get_secret_value()])
    with closing(ledger(opened.settings, write=False)) as memory:
        if not memory.runs(limit=1):
            raise LedgerError("there is nothing to copy: no sync has run yet")
        counts = memory.copy(url, password or opened.settings.ledger.password)
    runs, links = counts["ledger_runs"], counts["ledger_links"]
    opened.screen.say(
        f"copied to {place}: {sum(counts.values()):,} rows, among them {runs:,} runs and {links:,}"
        " links to accounts"
    )
    return Exit.DONE
