"""`syncd status`: how the syncs stand, by what the ledger knows."""

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime

from msgspec.structs import asdict

from syncd.cli.opening import Opened, now
from syncd.cli.words import TableOrJson
from syncd.config.assemble import ledger
from syncd.config.settings import Settings
from syncd.daemon.live import Progress
from syncd.daemon.status.health import Health, SyncState, states
from syncd.ledger import Ledger
from syncd.render.standing import Shown, render_standings
from syncd.report import Exit

_STYLES = {Health.FAILING: "red", Health.ATTENTION: "yellow", Health.GOOD: "green"}


class _Afar:
    """Where nobody knows what a daemon is about to do, all is left to it."""

    def __init__(self, settings: Settings, memory: Ledger) -> None:
        self._settings, self._memory = settings, memory

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def ledger(self) -> Ledger:
        return self._memory

    def leads(self) -> bool:
        return True

    def next_runs(self) -> Mapping[str, datetime | None]:
        return {}

    def under_way(self) -> Mapping[str, Progress]:
        return {}


def status(opened: Opened, format_: TableOrJson) -> int:
    """The exit code says what the worst of them is."""
    at = now()
    with closing(ledger(opened.settings, write=False)) as memory:
        found = states(_Afar(opened.settings, memory), at)
        daemons = memory.desk.daemons()
    if format_ is TableOrJson.JSON:
        told = {"at": at, "syncs": [_as_json(one) for one in found], "daemons": daemons}
        opened.screen.write_json(told)
    else:
        shown = [
            Shown(
                one.name,
                one.target,
                one.health.value,
                _STYLES.get(one.health, ""),
                one.why if one.health.troubled else (),
                one.standing,
            )
            for one in found
        ]
        opened.screen.show(render_standings(shown, daemons, at))
    return _exit_code(found)


def _as_json(one: SyncState) -> dict[str, object]:
    return {
        "sync": one.name,
        "target": one.target,
        "health": one.health.mark,
        "why": one.why,
        "standing": asdict(one.standing) if one.standing else None,
    }


def _exit_code(found: list[SyncState]) -> Exit:
    """Of those that are configured and enabled."""
    standings = [one.standing for one in found if one.standing and one.health.troubled]
    if any(one.failures for one in standings):
        return Exit.TARGET
    return Exit.HELD if any(one.held for one in standings) else Exit.DONE
