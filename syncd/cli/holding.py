"""`syncd hold`: for whom the ladder stops, why and until when."""

from contextlib import closing
from datetime import date, datetime, timedelta
from typing import NamedTuple

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from syncd.cli.opening import Opened, now, who, writable
from syncd.cli.options import LARGEST
from syncd.config.assemble import assemble, chosen, ledger
from syncd.config.ladder import end_of
from syncd.core.model import Key
from syncd.errors import ConfigError
from syncd.ledger import KeptHold, Ledger, Wanted
from syncd.located.suggest import quoted
from syncd.offline import recall
from syncd.render.words import safe
from syncd.report import Exit

_LONGEST = 200


class Setting(NamedTuple):
    """How a hold is set, as it was said."""

    reason: str
    until: str | None
    by: str | None
    suspend: bool


def add(opened: Opened, person: str, how: Setting) -> int:
    at, by = now(), _text("--by", how.by if how.by is not None else who())
    reason, until = _text("--reason", how.reason), _until(how.until)
    with closing(writable(opened)) as memory:
        key, name = _person(opened, memory, person)
        hold = memory.desk.hold(
            Wanted(
                key=key, name=name, reason=reason, by=by, at=at, until=until, suspend=how.suspend
            )
        )
    whom = f"{name} ({key})" if name else f"{key}, whom nobody knows yet"
    opened.screen.say(f"hold {hold.hold} on {whom}: {_stops(hold)}, {_end(hold)}")
    return Exit.DONE


def list_(opened: Opened, *, everything: bool) -> int:
    with closing(ledger(opened.settings, write=False)) as memory:
        found = memory.desk.holds(released=everything)
    opened.screen.show(_table(found, everything=everything))
    return Exit.DONE


def release(opened: Opened, which: str, by: str | None, *, number: bool) -> int:
    """By its `number`; or all of a person."""
    name = _text("--by", by if by is not None else who())
    with closing(writable(opened)) as memory:
        if number or _is_number(opened, memory, which):
            numbers = [_number(which)]
        else:
            numbers = _of_person(opened, memory, which)
        gone = [memory.desk.release(number, name, now()) for number in numbers]
    for hold in gone:
        opened.screen.say(
            f"hold {hold.hold} on {hold.name or hold.key} is released: the next run goes on with "
            "the ladder where it stopped"
        )
    return Exit.DONE


def _number(which: str) -> int:
    if not which.isdecimal() or int(which) > LARGEST:
        raise ConfigError(f"--number: {quoted(which)} is no number; `syncd hold list` has them")
    return int(which)


def _is_number(opened: Opened, memory: Ledger, which: str) -> bool:
    """Whether a hold's number is meant. Raises `ConfigError` where somebody is called so, too."""
    if not which.isdecimal() or int(which) > LARGEST:
        return False
    if not (found := _known(opened, memory, which)):
        return True
    numbers = {hold.hold: hold for hold in memory.desk.holds(released=True)}
    hold = numbers.get(int(which))
    if hold is None or (hold.key in found and len(found) == 1):
        return hold is not None
    (key, name), *_ = sorted(found.items())
    raise ConfigError(
        f"{quoted(which)} is the number of the hold on {hold.name or hold.key}, and what {name} "
        f"({key}) is known by: for the hold say `--number {which}`, for the person {key}"
    )


def _person(opened: Opened, memory: Ledger, person: str) -> tuple[Key, str]:
    """Full key and name. Raises `ConfigError` where that is nobody, or several."""
    found = _known(opened, memory, person)
    if len(found) > 1:
        those = ", ".join(f"{name} ({key})" for key, name in sorted(found.items()))
        raise ConfigError(f"{quoted(person)} means several: {those}; say one of the keys")
    for key, name in found.items():
        return key, name
    source, colon, rest = person.partition(":")
    if colon and rest and source in opened.settings.sources:
        return Key(person), ""
    raise ConfigError(
        f"nobody is called {quoted(person)}: looked for a login, e-mail, key or ref in what the "
        "ledger knows; to hold somebody who is to come, say their key as SOURCE:KEY, with one of "
        f"the sources {', '.join(opened.settings.sources)}"
    )


def _known(opened: Opened, memory: Ledger, person: str) -> dict[Key, str]:
    """By their links, and by what was last read; a key is meant before a name."""
    found = memory.desk.people(person)
    if Key(person) in found:
        return {Key(person): found[Key(person)]}
    for name in chosen(opened.settings):
        with closing(assemble(opened.settings, name)) as sync:
            for one in recall(sync, memory, person, now()).called:
                if one.key is not None:
                    found.setdefault(one.key, one.name)
    return found


def _of_person(opened: Opened, memory: Ledger, person: str) -> list[int]:
    holds = memory.desk.holds()
    keys = {Key(person), *_known(opened, memory, person)}
    numbers = [hold.hold for hold in holds if hold.key in keys]
    if not numbers:
        raise ConfigError(
            f"there is no hold on {quoted(person)}: `syncd hold list` has all of them"
        )
    return numbers


def _text(option: str, given: str) -> str:
    text = safe(given.strip())
    if not 0 < len(text) <= _LONGEST:
        raise ConfigError(f"{option}: should be a text of at most {_LONGEST} letters")
    return text


def _until(given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        until = end_of(date.fromisoformat(given))
    except (ValueError, OverflowError):
        raise ConfigError("--until: should be a day such as 2027-01-31") from None
    if until <= now():
        raise ConfigError(f"--until: {given} is over already")
    return until


def _stops(hold: KeptHold) -> str:
    kept = "neither stripped of groups nor deleted"
    return kept if hold.suspend else f"not suspended, {kept}"


def _end(hold: KeptHold) -> str:
    return f"until {_last_day(hold.until)}" if hold.until else "until it is released"


def _last_day(until: datetime) -> str:
    return f"the end of {until - timedelta(days=1):%Y-%m-%d}"


def _table(holds: list[KeptHold], *, everything: bool) -> RenderableType:
    if not holds:
        return Text("Nobody is held; `policy.legal_holds` of the configuration is not listed here.")
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("hold", justify="right", no_wrap=True)
    for name in ("person", "reason", "set", "until", "stops"):
        table.add_column(name)
    if everything:
        table.add_column("released")
    for one in holds:
        words = [
            "\n".join(safe(word) for word in (one.name, one.key) if word),
            safe(one.reason),
            f"{one.set_at:%Y-%m-%d}\nby {safe(one.set_by)}",
            _last_day(one.until) if one.until else "",
            "strip, delete" if one.suspend else "all",
        ]
        words += [_released(one)] if everything else []
        table.add_row(str(one.hold), *words)
    return table


def _released(hold: KeptHold) -> str:
    if hold.released_at is None:
        return ""
    return f"{hold.released_at:%Y-%m-%d}\nby {safe(hold.released_by or '')}"
