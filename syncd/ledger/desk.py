"""The desk of who operates syncd: how syncs stand, what plans found and who approved of it, legal
holds, what daemons there are and are asked to do."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import overload

from sqlalchemy import Connection

from syncd.core.approval import ANYBODYS, Consent, Filed
from syncd.core.model import Key
from syncd.core.plan import Plan, Problem, Refusal
from syncd.errors import LedgerError
from syncd.ledger import (
    approvals,
    consent,
    daemons,
    holds,
    planroom,
    plans,
    recall,
    standings,
    targets,
    used,
)
from syncd.ledger.approvals import Approval, Signature
from syncd.ledger.consent import FileStanding
from syncd.ledger.daemons import Daemon, Request
from syncd.ledger.holds import KeptHold, Wanted
from syncd.ledger.plans import KeptPlan, Problems, Refusals
from syncd.ledger.runs import Run
from syncd.ledger.standings import Standing
from syncd.ledger.targets import Acceptance, KnownTarget

Transaction = Callable[[], AbstractContextManager[Connection]]
Fenced = Callable[[str], AbstractContextManager[tuple[Connection, str]]]
"""A transaction that is stored only where the named sync's lock was not lost meanwhile."""

_NO_SYNC = ""


class SamePerson(LedgerError):
    """Who approves has approved of all that already, and another person is needed."""


def _held(connection: Connection, plan: KeptPlan | Plan) -> Iterable[Refusal]:
    return plan.held if isinstance(plan, Plan) else plans.each_held(connection, plan.digest)


class Desk:
    """Part of a ledger. What is written is durable when the call returns."""

    def __init__(self, reading: Transaction, writing: Fenced) -> None:
        self._reading, self._writing = reading, writing

    def standing(self, sync: str) -> Standing | None:
        """None before its first cycle."""
        with self._reading() as connection:
            return standings.of(connection, sync)

    def standings(self) -> dict[str, Standing]:
        """Of every sync that ever ran, by its name."""
        with self._reading() as connection:
            return standings.every(connection)

    def stand(self, standing: Standing) -> None:
        with self._writing(standing.sync) as (connection, _):
            standings.keep(connection, standing)

    def tell(self, sync: str, told: Mapping[str, str | None]) -> bool:
        """Somebody was told of these events of the sync; those with None are over. False where it
        could not be written for a cycle that ended just then."""
        with self._writing(sync) as (connection, _):
            return standings.tell(connection, sync, told)

    def suspensions(
        self, sync: str, since: datetime, until: datetime
    ) -> list[tuple[datetime, datetime]]:
        """When each leaver who was suspended in that time was first missed, and when suspended."""
        with self._reading() as connection:
            return recall.suspensions(connection, sync, since, until)

    def keep_plan(self, run: int, plan: Plan, now: datetime) -> None:
        """What a run begins with."""
        with self._writing(plan.sync) as (connection, _):
            planroom.keep(connection, run, plan, now)

    def plan(self, digest: str) -> KeptPlan | None:
        """By the first 8 or more letters of its digest. Raises `LedgerError` where that is none,
        or where several begin so."""
        with self._reading() as connection:
            return plans.find(connection, digest)

    def plans(self, sync: str | None = None, limit: int = 20) -> list[KeptPlan]:
        """The newest first."""
        with self._reading() as connection:
            return plans.newest(connection, sync, limit)

    @overload
    def findings(
        self, digest: str, section: Refusals, limit: int = 100, offset: int = 0
    ) -> list[Refusal]: ...
    @overload
    def findings(
        self, digest: str, section: Problems, limit: int = 100, offset: int = 0
    ) -> list[Problem]: ...
    def findings(
        self, digest: str, section: Refusals | Problems, limit: int = 100, offset: int = 0
    ) -> list[Refusal] | list[Problem]:
        """So many of one section of the plan with that whole digest, from that place on."""
        with self._reading() as connection:
            if section == "conflicts" or section == "failures":  # noqa: PLR1714  so mypy follows
                return plans.problems(connection, digest, section, limit, offset)
            return plans.refusals(connection, digest, section, limit, offset)

    def held(self, plan: KeptPlan) -> Sequence[Refusal]:
        """All that it holds, read as often as it is walked through."""
        return plans.held(self._reading, plan)

    def approve(self, plan: KeptPlan | Plan, signed: Signature, people: int = 1) -> Approval:
        """Of all that the plan holds. Raises `LedgerError` where it holds nothing, and
        `SamePerson` where several `people` must approve and this one has done so."""
        with self._writing(_NO_SYNC) as (connection, _):
            if people > 1 and (
                own := consent.same_person(connection, plan, _held(connection, plan), signed)
            ):
                raise SamePerson(
                    f"{signed.by} has approved of this already (approval {own.approval}):"
                    " somebody else must, too"
                )
            held = _held(connection, plan)
            return approvals.approve(connection, plan, held, signed)

    def take_files(self, sync: str, given: Consent, now: datetime) -> None:
        """What files approve of the sync's plans is in the ledger from now on."""
        with self._reading() as connection:
            if not given.files and not consent.any_taken(connection, sync):
                return
        with self._writing(sync) as (connection, _):
            consent.take_files(connection, sync, given, now)

    def file_standings(
        self, files: Sequence[Filed], now: datetime, given: Mapping[str, Consent]
    ) -> list[FileStanding]:
        """What becomes of each, where consent to each sync is `given` so today."""
        with self._reading() as connection:
            return consent.standings(connection, files, now, given)

    def people_of(self, found: Sequence[Approval], now: datetime) -> Mapping[int, int]:
        """How many different people approve all that is left of each of these good approvals."""
        with self._reading() as connection:
            return consent.people_of(connection, found, now)

    def approvals(self, sync: str | None, now: datetime) -> list[Approval]:
        """Those that let something through, the oldest first; for None of every sync."""
        with self._reading() as connection:
            return approvals.good(connection, sync, now)

    def approvals_of(self, run: Run) -> list[Approval]:
        """Those that were good when the run began, or that it used; `used` counts what it made by
        each."""
        with self._reading() as connection:
            return approvals.of_run(connection, run)

    def withdraw_approval(self, number: int, now: datetime, by: str = "") -> Approval:
        """Raises `LedgerError` where there is none, or it lets nothing through any more."""
        with self._writing(_NO_SYNC) as (connection, _):
            return approvals.withdraw(connection, number, now, by)

    def approved(self, sync: str, now: datetime, given: Consent = ANYBODYS) -> dict[str, str]:
        """The `Approved` of the sync's next plan."""
        with self._reading() as connection:
            return consent.approved(connection, sync, now, given)

    def use_overtaken(self, run: int, plan: Plan, now: datetime) -> None:
        """Uses up what was approved, was in doubt before this run, and is not in its plan."""
        with self._writing(plan.sync) as (connection, _):
            used.use_overtaken(connection, plan.sync, run, plan, now)

    def target(self, sync: str) -> KnownTarget | None:
        """The store that the sync's links lead into, as far as any run has kept it."""
        with self._reading() as connection:
            return targets.of(connection, sync)

    def know_target(self, known: KnownTarget) -> None:
        """A run is about to change something there."""
        if self.target(known.sync) != known:
            with self._writing(known.sync) as (connection, _):
                targets.keep(connection, known)

    def accept_target(self, known: KnownTarget, given: Acceptance) -> None:
        """Somebody says that it is the right one, whatever was known before."""
        with self._writing(known.sync) as (connection, _):
            targets.accept(connection, known, given)

    def hold(self, wanted: Wanted) -> KeptHold:
        """Sets a legal hold; the next plan of any sync knows it."""
        with self._writing(_NO_SYNC) as (connection, _):
            return holds.add(connection, wanted)

    def release(self, number: int, by: str, now: datetime) -> KeptHold:
        """Raises `LedgerError` where there is no such hold, or it was released before."""
        with self._writing(_NO_SYNC) as (connection, _):
            return holds.release(connection, number, by, now)

    def holds(self, *, released: bool = False) -> list[KeptHold]:
        """The oldest first, with those that were `released` or without."""
        with self._reading() as connection:
            return holds.of(connection, released=released)

    def people(self, who: str) -> dict[Key, str]:
        """Key -> name of those whose key, name or ref it is in any sync."""
        with self._reading() as connection:
            return holds.people(connection, who)

    def daemons(self) -> list[Daemon]:
        """Who gave a sign of life within a day; who leads comes first."""
        with self._reading() as connection:
            return daemons.seen(connection)

    def see(self, daemon: Daemon) -> None:
        with self._writing(_NO_SYNC) as (connection, _):
            daemons.see(connection, daemon)

    def leave(self, name: str, now: datetime) -> None:
        """The daemon has ended."""
        with self._writing(_NO_SYNC) as (connection, _):
            daemons.leave(connection, name, now)

    def ask(self, sync: str, mode: str, by: str, now: datetime) -> int:
        """The number of the request that the sync be run now."""
        with self._writing(_NO_SYNC) as (connection, _):
            return daemons.ask(connection, sync, mode, by, now)

    def requests(self) -> list[Request]:
        """Those without an answer, the oldest first; whoever began some may be no more."""
        with self._reading() as connection:
            return daemons.unanswered(connection)

    def request(self, number: int) -> Request | None:
        with self._reading() as connection:
            return daemons.request(connection, number)

    def begin(self, number: int, now: datetime) -> None:
        with self._writing(_NO_SYNC) as (connection, _):
            daemons.begin(connection, number, now)

    def end(self, number: int, outcome: str, now: datetime) -> None:
        with self._writing(_NO_SYNC) as (connection, _):
            daemons.end(connection, number, outcome, now)
