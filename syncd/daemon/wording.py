"""What messages say: short, with what to do about it, and no more of a person than is wanted.

Errors and rules are not quoted, for their words may name anybody; the log has them.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from syncd.config.running import NotifySettings, People
from syncd.core.plan import Problem, Refusal
from syncd.ledger import Standing
from syncd.render.times import moment
from syncd.render.words import counted, number, safe

_MOST_NAMES = 10
_LONGEST_NAME = 100
_ODD = re.compile(r"[^\w .@+'-]|(?<!\w)@|@(?!\w)")
"""What chat programs take for markup, links or a call to everybody."""


class Text(Struct, frozen=True):
    title: str
    lines: tuple[str, ...]

    @property
    def body(self) -> str:
        return "\n".join(self.lines)


def held(standing: Standing, those: Sequence[Refusal], settings: NotifySettings) -> Text:
    how_many = sum(standing.held.values())
    waits = "waits" if how_many == 1 else "wait"
    return _text(
        standing,
        settings,
        f"{number(how_many, 'change')} held",
        f"{number(how_many, 'change')} {waits} for an approval: {counted(standing.held)}.",
        *_names((one.change.name for one in those), how_many, settings),
        f"Look at what it is: syncd plan --sync {standing.sync}",
        f"If it is meant: syncd approve {standing.digest[:12]}",
    )


def conflicts(standing: Standing, those: Sequence[Problem], settings: NotifySettings) -> Text:
    how_many = number(standing.conflicts, "conflict")
    return _text(
        standing,
        settings,
        how_many,
        f"{how_many} for a person to decide, such as a login that somebody else has."
        " Everything else goes on.",
        *_names((one.name for one in those), standing.conflicts, settings),
        f"Look at what it is: syncd plan --sync {standing.sync}",
    )


def withheld(standing: Standing, settings: NotifySettings) -> Text:
    how_many = number(sum(standing.withheld_changes.values()), "removal")
    gaps = [f"source {name}" for name, reading in standing.sources.items() if reading.gaps]
    gaps += [f"target {standing.target}"] if standing.target_reading.gaps else []
    not_whole = ", ".join(gaps) or "a source or the target"
    return _text(
        standing,
        settings,
        f"{how_many} withheld",
        f"Not read whole: {not_whole}. {how_many} withheld until it is:"
        f" {counted(standing.withheld_changes)}. Everything else goes on.",
        "What is there: syncd check",
        _LOG,
    )


def failing(standing: Standing, settings: NotifySettings) -> Text:
    times = "once" if standing.failures == 1 else f"{standing.failures:,} times in a row"
    since = standing.failing_since or standing.ended_at
    return _text(
        standing,
        settings,
        f"failing: {standing.outcome}",
        f"It has failed {times}, since {moment(since)}: {standing.outcome}.",
        "What can be reached: syncd check",
        _LOG,
    )


def recovered(standing: Standing, since: datetime, settings: NotifySettings) -> Text:
    ended = moment(standing.ended_at)
    return _text(
        standing,
        settings,
        "works again",
        f"It failed from {moment(since)}, and works since {ended}.",
    )


def trial(settings: NotifySettings) -> Text:
    """For whoever wants to see whether messages arrive."""
    link = [settings.link] if settings.link else []
    return Text("syncd: a test", ("Messages of syncd arrive here.", *link))


_LOG = "Why: journalctl -u syncd -p warning"


def _text(standing: Standing, settings: NotifySettings, title: str, *lines: str) -> Text:
    which = f"Sync {standing.sync}, target {standing.target}."
    link = [settings.link] if settings.link else []
    return Text(f"syncd: {standing.sync}: {title}", (which, *lines, *link))


def _names(names: Iterator[str], how_many: int, settings: NotifySettings) -> Iterator[str]:
    if settings.people is People.NOTHING:
        return
    shown = [_harmless(name) for name, _ in zip(names, range(_MOST_NAMES), strict=False)]
    if shown:
        more = f" and {how_many - len(shown):,} more" if how_many > len(shown) else ""
        yield f"{', '.join(shown)}{more}"


def _harmless(name: str) -> str:
    return _ODD.sub("?", safe(name))[:_LONGEST_NAME]
