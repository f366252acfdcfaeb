"""What was known of somebody at a time, by the last evidence that is about them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.merge import first, full_key
from syncd.core.model import Kind, Stored, User, UserRecord
from syncd.core.normal import normal
from syncd.cycle.evidence import LINKS
from syncd.errors import ConfigError
from syncd.evidence.decided import decided_again, opened
from syncd.evidence.form import Opened
from syncd.explain import AsOf, Explainer, Explanation, Journal, Rulebook
from syncd.ledger import Ledger
from syncd.located.suggest import quoted
from syncd.render.times import moment

_LAST = 2**63 - 1
"""Of what a ledger can number."""
_RUN = "run:"
_OF_FEW = (
    "run {run} was about a few: of their groups it knew those only that something had moved in"
)


class When(Struct, frozen=True):
    """A time, or a run by its number."""

    time: datetime | None = None
    run: int | None = None

    def __str__(self) -> str:
        return f"run {self.run}" if self.time is None else moment(self.time)


class Past(Struct, frozen=True):
    """The run whose evidence it is."""

    run: int
    evidence: Opened


def when(text: str) -> When:
    """A time as 2026-11-20T12:00, of UTC unless it says another zone; a date, which means its end;
    or run:42. Raises `ConfigError`."""
    if text.startswith(_RUN) and text.removeprefix(_RUN).isdecimal():
        return When(run=min(int(text.removeprefix(_RUN)), _LAST))
    try:
        return When(time=datetime.combine(date.fromisoformat(text), time.max, UTC))
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
        return When(time=found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise ConfigError(
            f"--at {text!r} is no time: say it as 2026-11-20T12:00 (of UTC), as a date, "
            "or as run:42"
        ) from None


def explained_at(ledger: Ledger, sync: str, who: str, then: When) -> tuple[list[Explanation], str]:
    """Everybody whom the word meant then; and where that is nobody, why."""
    for past in last_about(ledger, sync, who, then):
        if found := _explained(ledger, past, who, then):
            return found, ""
    return [], _nobody(ledger, sync, who, then)


def _explained(ledger: Ledger, past: Past, who: str, then: When) -> list[Explanation]:
    evidence = past.evidence
    again, asked_at = decided_again(evidence), evidence.asked_at

    # Of that run nothing but what it was about to do is known.
    journal = Journal(ledger, again.question.sync, partial(_is_by, then))
    ruling, sources = evidence.ruling, tuple(one.name for one in evidence.sources)
    rules = Rulebook(ruling.users, ruling.merge, sources)
    explainer = Explainer(again.question, again.plan, rules, journal)
    times = dict.fromkeys((one.name for one in evidence.sources), asked_at)
    as_of = AsOf(sources=times, target=asked_at, full_at=asked_at, run=past.run)
    few = () if again.question.beyond is None else (_OF_FEW.format(run=past.run),)
    return [replace(one, as_of=as_of, notes=(*one.notes, *few)) for one in explainer.explain(who)]


def _is_by(then: When, run: int, at: datetime) -> bool:
    if then.time is not None:
        return at <= then.time
    return then.run is None or run <= then.run


def last_about(ledger: Ledger, sync: str, who: str, then: When) -> Iterator[Past]:
    """The evidence of that time and before, the newest first, in which somebody has this login,
    e-mail, key or ref. It is looked through row by row, never held."""
    until, wanted = _until(ledger, sync, then), normal(who, caseless=True)
    for kept in ledger.archive.back_from(sync, until) if until is not None else ():
        evidence = opened(ledger, kept.run)
        if evidence is not None and _is_in(evidence, wanted):
            yield Past(kept.run, evidence)


def _until(ledger: Ledger, sync: str, then: When) -> int | None:
    if then.time is None:
        return then.run
    newest = ledger.archive.newest(sync, then.time)
    return newest.run if newest is not None else None


def _is_in(evidence: Opened, wanted: str) -> bool:
    return any(
        normal(name, caseless=True) == wanted for names in _names(evidence) for name in names
    )


def _names(evidence: Opened) -> Iterator[Iterable[str]]:
    mapped = evidence.mapper.part(("user_name", "email"))
    for source in evidence.sources:
        for record in evidence.values(f"{Kind.USER}@{source.name}"):
            yield _of_record(source.name, record)
            yield (str(name) for name in mapped(record.attributes).values() if name)
    for stored in evidence.values(Kind.USER.value):
        yield _of_account(stored)
    for link in evidence.values(LINKS):
        if link.kind is Kind.USER:
            yield link.name, link.ref, link.key, link.key.partition(":")[2]


def _of_record(source: str, record: UserRecord) -> Iterator[str]:
    yield from (record.key, full_key(source, record.key))
    for name in ("user_name", "email"):
        yield first(record.attributes.get(name, ""))


def _of_account(stored: Stored[User]) -> Iterator[str]:
    yield from (stored.ref, stored.entity.user_name)
    if stored.entity.email:
        yield stored.entity.email


def _nobody(ledger: Ledger, sync: str, who: str, then: When) -> str:
    """Whether anything was kept of that time, and since when there is anything."""
    oldest = ledger.archive.oldest(sync)
    if oldest is None:
        return (
            "nothing is kept of what runs were decided from: there was none yet that was about "
            "anybody, or evidence.keep is null"
        )
    since = f"there is evidence since run {oldest.run}, {moment(oldest.asked_at)}"
    early = then.time < oldest.asked_at if then.time else (then.run or 0) < oldest.run
    if early:
        return f"nothing is kept of {then}: {since}"
    return f"nobody was called {quoted(who)} in what was kept until {then}; {since}"
