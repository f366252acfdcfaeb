"""What somebody is to be told of a sync: one message an event, however many cycles it lasts.

Pure: from how the sync stands, what its cycle found, and what was told before, follow the messages
and what is told then. What was told is kept in the ledger, so that neither a restart nor another
daemon of a pair tells it again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from syncd.config.running import Event, NotifySettings
from syncd.core.plan import Problem, Refusal
from syncd.daemon import wording
from syncd.daemon.open_events import Open
from syncd.daemon.wording import Text
from syncd.ledger import Standing
from syncd.render.times import rfc3339
from syncd.standing import has_run

Told = Mapping[str, str]
"""Event -> in what form it was told of. What is over is not in it."""


class Found(Struct, frozen=True):
    """What the cycle's plan holds, and its conflicts, or the first so many of them."""

    held: tuple[Refusal, ...] = ()
    conflicts: tuple[Problem, ...] = ()


class Message(Struct, frozen=True):
    """`told` is what is told of the event once this was sent; None ends it."""

    sync: str
    event: Event
    text: Text
    tells: Event
    told: str | None


class News(Struct, frozen=True):
    """`settled` changes what was told without a word: None where an event is over."""

    messages: tuple[Message, ...] = ()
    settled: Mapping[str, str | None] = {}


class _Step(Struct, frozen=True):
    """What becomes of an event: `told` from now on, with a message where there is a `text`."""

    told: str | None
    text: Text | None = None
    event: Event | None = None


def news(standing: Standing, told: Told, found: Found, settings: NotifySettings) -> News:
    """`told` is what was told of this sync until now."""
    messages: list[Message] = []
    settled: dict[str, str | None] = {}
    for event, follow in _FOLLOWED.items():
        if event not in settings.events and event is not Event.FAILING:
            step = _Step(None)
        else:
            step = follow(standing, told.get(event), found, settings)
        speaks = step.event or event
        if step.text is not None and speaks in settings.events:
            messages.append(Message(standing.sync, speaks, step.text, event, step.told))
        elif step.told != told.get(event) and not _unheard(event, step, settings):
            settled[event] = step.told
    return News(tuple(messages), settled)


def _unheard(event: Event, step: _Step, settings: NotifySettings) -> bool:
    """What nobody wants to hear of is not told, so that it cannot be over either."""
    return step.told is not None and event not in settings.events


def _held(standing: Standing, told: str | None, found: Found, settings: NotifySettings) -> _Step:
    names = ((one.change.id,) for one in found.held)
    now = Open.of(names, sum(standing.held.values()))
    return _set(standing, told, now, lambda: wording.held(standing, found.held, settings))


def _conflicts(
    standing: Standing, told: str | None, found: Found, settings: NotifySettings
) -> _Step:
    names = ((one.kind, one.key, one.name) for one in found.conflicts)
    now = Open.of(names, standing.conflicts)
    return _set(standing, told, now, lambda: wording.conflicts(standing, found.conflicts, settings))


def _set(standing: Standing, told: str | None, now: Open, text: Callable[[], Text]) -> _Step:
    """Told of again where there is more in it, or something else. A cycle that did not see all
    ends nothing: what is not there now may be there again in the next."""
    if not has_run(standing):
        return _Step(told)
    before = Open.read(told or "")
    if now.has_more_than(before):
        kept = now.with_all_of(before) if standing.withheld else now
        return _Step(str(kept), text())
    if standing.withheld:
        return _Step(told)
    return _Step(str(now) if now.count else None)


def _withheld(standing: Standing, told: str | None, _: Found, settings: NotifySettings) -> _Step:
    """However many removals, until all was read whole so many times in a row: a source that fails
    every other time is one event. `told` counts these times."""
    if not has_run(standing):
        return _Step(told)
    if told is None:
        if sum(standing.withheld_changes.values()) > 0:
            return _Step("0", wording.withheld(standing, settings))
        return _Step(None)
    whole = 0 if standing.withheld else int(told) + 1
    return _Step(str(whole) if whole < settings.after_failures else None)


def _failing(standing: Standing, told: str | None, _: Found, settings: NotifySettings) -> _Step:
    """Recovered from only where somebody was told."""
    if told is None and standing.failures >= settings.after_failures:
        since = standing.failing_since or standing.ended_at
        return _Step(rfc3339(since), wording.failing(standing, settings))
    if told is not None and standing.failures == 0:
        since = datetime.fromisoformat(told)
        return _Step(None, wording.recovered(standing, since, settings), Event.RECOVERED)
    return _Step(told)


_FOLLOWED: Mapping[Event, Callable[[Standing, str | None, Found, NotifySettings], _Step]] = {
    Event.FAILING: _failing,
    Event.WITHHELD: _withheld,
    Event.HELD: _held,
    Event.CONFLICT: _conflicts,
}
