"""The daemon in one line, as `systemctl status` shows it."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from syncd.daemon.live import Progress
from syncd.ledger import Standing
from syncd.render.times import ago, length
from syncd.render.words import number

_LONGEST = 300
_DEEDS = {
    "create": "creation",
    "update": "update",
    "suspend": "suspension",
    "restore": "restoration",
    "delete": "deletion",
    "add": "membership",
    "remove": "removal",
}


def status_line(
    standings: Mapping[str, Standing],
    under_way: Mapping[str, Progress],
    next_runs: Mapping[str, datetime | None],
    now: datetime,
) -> str:
    """One sync after the other, those that fail first."""
    order = sorted(next_runs, key=lambda name: (not _fails(standings.get(name)), name))
    told = [f"{name}: {_sync(name, standings, under_way, next_runs, now)}" for name in order]
    line = " · ".join(told)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _fails(standing: Standing | None) -> bool:
    return standing is not None and standing.failures > 0


def _sync(
    name: str,
    standings: Mapping[str, Standing],
    under_way: Mapping[str, Progress],
    next_runs: Mapping[str, datetime | None],
    now: datetime,
) -> str:
    standing = standings.get(name)
    if (progress := under_way.get(name)) is not None:
        return _progress(progress)
    if standing is None:
        return "has not run yet"
    words = [_failure(standing, now) if standing.failures else _success(standing, now)]
    words += _held(standing)
    if standing.conflicts:
        words.append(number(standing.conflicts, "conflict"))
    if standing.withheld_changes:
        words.append(f"{number(sum(standing.withheld_changes.values()), 'removal')} withheld")
    following = next_runs.get(name)
    if standing.failures and following is not None and following > now:
        words.append(f"next try in {length(following - now)}")
    return "; ".join(words)


def _progress(progress: Progress) -> str:
    if not progress.what:
        return "begins"
    if progress.total:
        return f"{progress.what} {progress.done:,} of {progress.total:,}"
    return f"{progress.what} {progress.done:,}" if progress.done else progress.what


def _success(standing: Standing, now: datetime) -> str:
    done = sum(standing.done.values())
    what = f"{number(done, 'change')} applied" if done else "nothing to change"
    if standing.outcome != "done":
        what = f"{what}, {standing.outcome}"
    return f"{what} {ago(standing.ended_at, now)}"


def _failure(standing: Standing, now: datetime) -> str:
    times = f", {standing.failures:,} times in a row" if standing.failures > 1 else ""
    return f"{standing.outcome} {ago(standing.ended_at, now)}{times}"


def _held(standing: Standing) -> Iterator[str]:
    """What is held, by kind of change, as `12 deletions held`."""
    for what, count in standing.held.items():
        kind, _, op = what.partition(".")
        noun = _DEEDS.get(op, op)
        of = "" if kind == "user" else f"{kind} " if kind == "group" else ""
        yield f"{number(count, f'{of}{noun}')} held"
