"""When a sync is next looked at, by its schedule and by what the ledger says of the daemon."""

from contextlib import closing
from datetime import UTC, datetime

from syncd.config.assemble import ledger
from syncd.config.settings import Settings
from syncd.render.times import moment


def next_run(settings: Settings, sync: str) -> str:
    """In words. Only an estimate where a daemon runs it: a wish, a pause after failures or what a
    source says of itself may come before. Raises `LedgerError`."""
    by_hand = f"with the next run: `syncd apply --sync {sync}`"
    now = datetime.now(UTC)
    with closing(ledger(settings, write=False)) as memory:
        if not any(one.leading(now) for one in memory.desk.daemons()):
            return f"{by_hand}; no daemon is running"
        standing = memory.desk.standing(sync)
    if not settings.syncs[sync].enabled:
        return f"{by_hand}; the daemon leaves out what is not enabled"
    schedule = settings.syncs[sync].schedule
    began = standing.began_at if standing else now
    if schedule.cron is None:
        from syncd.daemon.schedule import DEFAULT  # noqa: PLC0415  slow; seldom needed

        due = began + (schedule.every or DEFAULT)
    else:
        from syncd.daemon.schedule import trigger  # noqa: PLC0415  slow; seldom needed

        due = trigger(schedule).get_next_fire_time(None, now) or now
    return f"with the next run, about {moment(max(now, due))}"
