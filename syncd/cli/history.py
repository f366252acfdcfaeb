"""`syncd history`, `show` and `diff`: which runs there were, what one did, what lies between."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from syncd.cli.opening import Opened, now
from syncd.cli.words import Format, TableOrJson
from syncd.config.assemble import chosen, ledger
from syncd.config.shape import Duration
from syncd.core.stream import encode
from syncd.errors import ConfigError
from syncd.ledger import Ledger, Run
from syncd.ledger.lookback import Wanted
from syncd.lookback.between import Between
from syncd.lookback.told import Told, lines, tell
from syncd.render.between import between_markdown, render_between
from syncd.render.history import render_runs
from syncd.render.told import render_told, told_markdown
from syncd.report import Exit


class Looked(NamedTuple):
    """Which runs somebody looks for, as the command line says it."""

    sync: str | None = None
    user: str | None = None
    since: str | None = None
    until: str | None = None
    outcome: str | None = None
    changes: bool = False
    limit: int = 20


def history(opened: Opened, looked: Looked, format_: TableOrJson) -> int:
    """The newest runs, the newest first."""
    if looked.sync is not None:
        chosen(opened.settings, [looked.sync])
    with closing(ledger(opened.settings, write=False)) as memory:
        wanted = _wanted(looked, memory)
        runs = memory.chronicle.runs_wanted(wanted, eventful=looked.changes, limit=looked.limit)
        none_at_all = not runs and not memory.runs(limit=1)
    if format_ is TableOrJson.JSON:
        opened.screen.write_json(runs)
    else:
        opened.screen.show(render_runs(runs, none_at_all=none_at_all))
    return Exit.DONE


def _wanted(looked: Looked, memory: Ledger) -> Wanted:
    keys = None
    if looked.user is not None:
        keys = memory.chronicle.called(looked.sync, looked.user.strip())
        if not keys:
            raise ConfigError(
                f"nobody is, or ever was, called {looked.user!r} in the ledger: looked for a "
                "login, e-mail, key and ref"
            )
    return Wanted(
        sync=looked.sync,
        since=_time("--since", looked.since),
        until=_time("--until", looked.until),
        outcome=looked.outcome,
        keys=keys,
    )


def _time(option: str, text: str | None) -> datetime | None:
    """A day or a moment, in UTC where no zone is said; or so long ago."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    try:
        return now() - TypeAdapter(Duration).validate_python(text)
    except (ValidationError, OverflowError):
        raise ConfigError(
            f"{option}: should be a day such as 2026-04-01, a time such as 2026-04-01T08:30, "
            "or how long ago, such as 12h or 7d"
        ) from None


def show(opened: Opened, number: int, format_: Format, shown: int | None) -> int:
    """All that is known of one run."""
    with closing(ledger(opened.settings, write=False)) as memory:
        told = tell(memory, memory.chronicle.known_run(number))
        tried = lines(memory, told.run)
        match format_:
            case Format.TABLE:
                opened.screen.show(render_told(told, tried, shown))
            case Format.JSON:
                opened.screen.write_lines(_json(told, tried))
            case Format.MARKDOWN:
                opened.screen.write(told_markdown(told, tried))
    return Exit.DONE


def _json(told: Told, tried: Iterator[object]) -> Iterator[bytes]:
    """One object; each line of the journal has a line of its own."""
    yield encode(told).removesuffix(b"}") + b',\n"lines":['
    yield from _listed(tried)
    yield b"\n]}\n"


def _listed(values: Iterator[object]) -> Iterator[bytes]:
    between = b"\n"
    for value in values:
        yield between + encode(value)
        between = b",\n"


def diff(opened: Opened, numbers: tuple[int, int], format_: Format, shown: int | None) -> int:
    """What is otherwise after the second run than after the first, as syncd left it."""
    with closing(ledger(opened.settings, write=False)) as memory:
        begin, end = map(memory.chronicle.known_run, numbers)
        if begin.sync != end.sync:
            raise ConfigError(
                f"run {begin.run} is of {begin.sync} and run {end.run} of {end.sync}: "
                "only what one sync did can be compared"
            )
        between = Between(memory, begin, end)
    match format_:
        case Format.TABLE:
            opened.screen.show(render_between(between, begin, end, shown))
        case Format.JSON:
            opened.screen.write_lines(_between_json(between, begin, end))
        case Format.MARKDOWN:
            opened.screen.write(between_markdown(between, begin, end))
    return Exit.DONE


def _between_json(between: Between, begin: Run, end: Run) -> Iterator[bytes]:
    head = {"sync": begin.sync, "from": begin, "to": end, "unknown": between.unknown}
    yield encode(head).removesuffix(b"}") + b',\n"changes":['
    yield from _listed(iter(between))
    yield b"\n]}\n"
