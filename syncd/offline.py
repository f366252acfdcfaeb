"""Explain a person from the ledger alone: nobody is asked, and nothing is written.

It is what `explain` would say if sources and target were as the ledger has kept them: it takes a
cycle in which nothing was read, and asks it about those whom a word means.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.plan import Plan
from syncd.core.question import Question
from syncd.cycle.found import Found, Search
from syncd.cycle.recollection import Recollection
from syncd.explain import AsOf, Explainer, Explanation, Journal, Rulebook
from syncd.explain.forgotten import forgotten
from syncd.ledger import Ledger
from syncd.ledger.snapshot import Head, Sides
from syncd.located.suggest import quoted
from syncd.render.times import moment
from syncd.sync import Sync

MOST = 20
"""So many are explained at once."""

_SIDES = 3
"""One person is found by so many names, as a rule: an account, and records of two sources."""

_AGAIN = 2


class Recalled(Struct, frozen=True, kw_only=True):
    """Whom a word means, as one sync's ledger knows them.

    `called` are those whose login, e-mail, key or ref it is; `alike` others in whose display name
    it is, at most so many of each that there are `more` else. `nobody` says why nobody is here.
    """

    sync: str
    as_of: AsOf | None = None
    called: tuple[Explanation, ...] = ()
    alike: tuple[Explanation, ...] = ()
    more: bool = False
    nobody: str = ""


def recall(sync: Sync, ledger: Ledger, who: str, now: datetime, most: int = MOST) -> Recalled:
    """Raises `LedgerError`, and nothing that only sources and targets can raise."""
    head, recalled = _once(sync, ledger, who, now, most)
    for _ in range(_AGAIN):
        if ledger.snapshot(sync.name).head() == head:
            break
        head, recalled = _once(sync, ledger, who, now, most)  # a run has renewed it meanwhile
    if recalled.called or recalled.alike:
        return recalled
    return replace(recalled, called=tuple(forgotten(sync, ledger, who, most)))


def _once(
    sync: Sync, ledger: Ledger, who: str, now: datetime, most: int
) -> tuple[Head | None, Recalled]:
    head = ledger.snapshot(sync.name).head()
    if head is None or head.sides is None or head.made_by != sync.made_by:
        return head, Recalled(sync=sync.name, nobody=_unknown(sync, head))
    return head, _Recalling(sync, ledger, head, head.sides, now).of(who, most)


def _unknown(sync: Sync, head: Head | None) -> str:
    if head is None:
        return f"nothing is known before the first run: `syncd apply --sync {sync.name}` is one"
    return (
        f"what was read at {moment(head.full_at)} was read under other settings, or by another "
        f"version of syncd: nothing is known before the next run (`syncd apply --sync {sync.name}`)"
    )


class _Recalling:
    def __init__(self, sync: Sync, ledger: Ledger, head: Head, sides: Sides, now: datetime) -> None:
        self._sync, self._ledger, self._head, self._sides = sync, ledger, head, sides
        self._now = now
        newest = next((one.run for one in ledger.runs(sync.name, limit=1)), sides.run)
        self._as_of = AsOf(
            sources=sides.sources,
            target=sides.target,
            full_at=head.full_at,
            overtaken_by=newest if newest > sides.run else None,
        )

    def of(self, who: str, most: int) -> Recalled:
        facts = self._head.facts
        with Recollection(self._sync, self._ledger, facts, self._sides, self._now) as kept:
            search = Search(self._sync.name, self._ledger, who, most * _SIDES)
            found = search.among(kept.sources, kept.target)
            question, plan = self._asked(kept, found)
        explainer = self._explainer(question, plan)
        called = explainer.explain_all(found.called.keys, found.called.refs)
        # Who is to have that name, and has it nowhere yet.
        called = _each([*called, *explainer.explain(who)])
        alike = _each(explainer.explain_all(found.alike.keys, found.alike.refs))
        others = sorted((one for one in alike if one not in called), key=attrgetter("name"))
        return Recalled(
            sync=self._sync.name,
            as_of=self._as_of,
            called=self._told(called[:most]),
            alike=self._told(others[:most]),
            more=found.more or max(len(called), len(others)) > most,
            nobody="" if called or others else self._nobody(who),
        )

    def _asked(self, kept: Recollection, found: Found) -> tuple[Question, Plan]:
        keys = found.called.keys | found.alike.keys
        refs = found.called.refs | found.alike.refs
        if self._as_of.overtaken_by is None:
            return kept.asked(keys, refs)
        question = kept.question(keys, refs)
        return question, _nothing(question)

    def _explainer(self, question: Question, plan: Plan) -> Explainer:
        journal = Journal(self._ledger, self._sync.name)
        return Explainer(question, plan, Rulebook.of(self._sync), journal)

    def _told(self, some: Sequence[Explanation]) -> tuple[Explanation, ...]:
        return tuple(replace(one, as_of=self._as_of) for one in some)

    def _nobody(self, who: str) -> str:
        since = ""
        if self._as_of.overtaken_by is not None:
            run = f"run {self._as_of.overtaken_by} has begun since"
            since = f"; {run}, and whom it is about is not known yet"
        return (
            f"nobody is called {quoted(who)}: looked for a login, e-mail, key, ref or a part of a "
            f"display name in what the ledger has kept of {moment(self._as_of.target)}{since}"
            f"{self._older()}"
        )

    def _older(self) -> str:
        """What may hide somebody: sources that were not read whole since."""
        of, told = self._as_of, self._as_of.sources.items()
        old = [f"source {name} is as of {moment(at)}" for name, at in told if at < of.target]
        return f"; {', '.join(old)}: they may be in what was not read since" if old else ""


def _nothing(question: Question) -> Plan:
    return Plan(
        sync=question.sync, target=question.target, created=question.now, config=question.config
    )


def _each(some: Iterable[Explanation]) -> list[Explanation]:
    """Each once, as they come."""
    return list({(one.key, one.account and one.account.ref): one for one in some}.values())
