"""Decide anew what a run decided."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

import msgspec
from msgspec import Struct

from syncd import __version__, planfile
from syncd.core.bind import bind
from syncd.core.decide import Decision
from syncd.core.model import Kind
from syncd.core.plan import Plan
from syncd.core.question import Question
from syncd.core.seen import AsAsked
from syncd.core.waves import NamesOf, in_waves
from syncd.cycle.evidence import SAVED, VERSIONS, HadVersion
from syncd.errors import ConfigError
from syncd.evidence.form import Opened
from syncd.ledger import Ledger


class Decided(Struct, frozen=True):
    """A question, the saved plan that the run was bound to, if any, with the versions that there
    were of what that would change; and the plan of all. `parted` is as the decision has it."""

    question: Question
    saved: Plan | None
    versions: tuple[HadVersion, ...]
    plan: Plan
    parted: frozenset[int] = frozenset()


def decided(question: Question, saved: Plan | None, versions: Iterable[HadVersion] = ()) -> Decided:
    """As the engine's `apply` does it."""
    decision, had = Decision(question), tuple(versions)
    plan = decision.plan()
    if saved is not None:
        now = AsAsked(question.seen, {(one.kind, one.ref): one.version for one in had})
        plan = bind(saved, plan, now)
    plan = in_waves(plan, question.policy.waves, names_of(question))
    return Decided(question, saved, had, plan, frozenset(decision.parted))


def names_of(question: Question) -> NamesOf:
    names = {one.key: one.name for one in question.memory.links if one.kind is Kind.USER}
    return lambda keys: {key: names[key] for key in keys if key in names}


def saved_plan(lines: Iterable[bytes]) -> Plan | None:
    """Of a saved plan's lines; None where there are none."""
    found = list(lines)
    return planfile.load(found, "the saved plan") if found else None


def opened(ledger: Ledger, run: int) -> Opened | None:
    """What the run was decided from; None where nothing is kept of it.

    Raises `ConfigError` where another version of syncd kept what this one cannot read.
    """
    kept = ledger.archive.of(run)
    if kept is None:
        return None
    rows: Callable[[str], Iterable[bytes]] = partial(ledger.archive.rows, kept)
    return read(ledger.archive.head(kept), kept.asked_at, rows, run)


def read(
    head: bytes, asked_at: datetime, rows: Callable[[str], Iterable[bytes]], run: int
) -> Opened:
    try:
        return Opened(head, asked_at, rows)
    except msgspec.MsgspecError as error:
        raise ConfigError(
            f"what run {run} was decided from was kept by another version of syncd, and this one, "
            f"{__version__}, cannot read it: {error}"
        ) from None


def decided_again(evidence: Opened) -> Decided:
    """What the run decided, by the ledger's evidence."""
    saved = saved_plan(evidence.rows(SAVED))
    return decided(evidence.evidence().question(), saved, evidence.values(VERSIONS))
