"""The whole flow in two functions, `plan` and `apply`; whoever runs syncd calls these two.

read sources -> desire (merge, map) ┐
read target ------------------------┼-> decide -> Plan
recall the ledger ------------------┘     └-> apply: execute -> verify -> Report
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from syncd.core.bind import bind
from syncd.core.correlate import UNCLEAR
from syncd.core.decide import decide
from syncd.core.desired import Rules, desire
from syncd.core.health import distrust_empty, strange_target
from syncd.core.mapping import GroupMapping, Mapper, UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Kind, Ref
from syncd.core.plan import Plan
from syncd.core.policy import Policy
from syncd.core.question import Question, Seen
from syncd.core.records import Records
from syncd.errors import BackendError, Incomplete, LedgerError, SourceError
from syncd.executor import Execution, Journal, execute
from syncd.ledger import Ledger
from syncd.ports import Backend, Holds, Reading, Source
from syncd.report import Report, Unsettled, outcome
from syncd.verify import refresh, unsettled

Clock = Callable[[], datetime]
Watch = Callable[[str, int, int | None], None]
"""Told of progress: what is under way, how much of it is done, and of how much where known."""

T = TypeVar("T")


@dataclass(frozen=True)
class Sync:
    """One pairing: sources in order of precedence -> target, with its mapping and policy.

    `config` is a digest of all settings that it was made from, secrets left out.
    """

    name: str
    target: str
    sources: Mapping[str, Source]
    backend: Backend
    merge: Precedence
    users: UserMapping
    groups: GroupMapping
    policy: Policy
    config: str

    @property
    def declared(self) -> dict[Kind, Holds]:
        backend = self.backend
        return {
            Kind.USER: backend.users.holds,
            Kind.GROUP: backend.groups.holds,
            Kind.MEMBER: Holds(ops=backend.members.ops),
        }

    @property
    def rules(self) -> Rules:
        supplied = frozenset[str]().union(*(source.supplies for source in self.sources.values()))
        mapper = Mapper(self.users, supplied, self.backend.users.holds.fields)
        return Rules(self.merge, self.users.take, mapper, self.groups)

    def close(self) -> None:
        for source in self.sources.values():
            source.close()
        self.backend.close()


def silent(_what: str, _done: int, _total: int | None) -> None:
    """The watch of who does not look."""


def plan(sync: Sync, ledger: Ledger, now: datetime, watch: Watch = silent) -> Plan:
    """What a run now would do; writes nothing anywhere.

    Raises `SourceError` where no source can be read, `BackendError` where the target cannot.
    """
    return decide(ask(sync, ledger, now, watch))


def apply(  # noqa: PLR0913  the run's whole surroundings, each a name
    sync: Sync,
    ledger: Ledger,
    *,
    clock: Clock,
    approve: Callable[[Plan], bool],
    stop: Callable[[], bool] = lambda: False,
    saved: Plan | None = None,
    watch: Watch = silent,
) -> Report:
    """Plan, ask `approve`, and make the target true, under the sync's lock.

    Of a `saved` plan those changes run that a plan of now would make too. Once `stop` says
    so, the change in hand is finished and no other begun. Raises as `plan` does, and `LedgerError`
    where another run is under way.
    """
    with ledger.lock(sync.name):
        question = ask(sync, ledger, clock(), watch)
        planned = decide(question)
        if saved is not None:
            planned = bind(saved, planned)
        if not approve(planned):
            return Report(planned, None, Execution())
        run = ledger.begin_run(sync.name, planned, clock())
        ledger.mark(run, planned.marks, clock())
        ledger.rename(sync.name, _other_names(question))
        if not question.seen.gaps and all(one.why != UNCLEAR for one in planned.conflicts):
            ledger.settle(sync.name, run, clock())
        with _how_to_go_on():
            execution = execute(planned, sync.backend, Journal(ledger, run, clock), stop, watch)
        report = Report(planned, run, execution)
        try:
            left = _verify(sync, ledger, question, execution, watch)
        except BackendError as error:
            report = replace(report, unverified=str(error))
        else:
            report = replace(report, unsettled=left)
        done, failed = len(execution.done), len(execution.failed)
        ledger.end_run(run, outcome(report), done, failed, clock())
        return report


@contextmanager
def _how_to_go_on() -> Iterator[None]:
    """Without its journal a run breaks off in its middle, and nobody has to mend what it left."""
    try:
        yield
    except LedgerError as error:
        advice = "the run broke off: apply again when that is mended; it finds out what was done"
        raise LedgerError(f"{error}\n{advice}") from error


def ask(sync: Sync, ledger: Ledger, now: datetime, watch: Watch = silent) -> Question:
    """Reads all that a plan depends on."""
    memory = ledger.recall(sync.name, now - sync.policy.window)
    records = distrust_empty(
        read_sources(sync.sources, watch), memory.links, sync.policy.may_be_empty
    )
    seen = read_target(sync.backend, watch)
    strange = strange_target({user.ref for user in seen.users}, memory.links)
    return Question(
        sync=sync.name,
        target=sync.target,
        config=sync.config,
        desired=desire(records, sync.rules),
        seen=replace(seen, gaps=(*seen.gaps, *strange)),
        memory=memory,
        declared=sync.declared,
        policy=sync.policy,
        now=now,
    )


def _other_names(question: Question) -> dict[tuple[Kind, Ref], str]:
    """What the target calls those whose links have another name: a renaming was left in doubt."""
    seen = question.seen
    names = {(Kind.USER, one.ref): one.entity.user_name for one in seen.users}
    names |= {(Kind.GROUP, one.ref): one.entity.display_name for one in seen.groups}
    links = {(link.kind, link.ref): link.name for link in question.memory.links}
    return {ref: names[ref] for ref, name in links.items() if names.get(ref, name) != name}


def read_sources(sources: Mapping[str, Source], watch: Watch = silent) -> dict[str, Records]:
    """Each source to its end, or to where it broke off; raises `SourceError` if none could be."""
    found: dict[str, Records] = {}
    errors: list[SourceError] = []
    for name, source in sources.items():
        try:
            found[name] = _records(name, source.read(), watch)
        except SourceError as error:
            errors.append(error)
            found[name] = Records((), (), gaps=error.problems)
    if len(errors) == len(sources):
        raise SourceError(*(problem for error in errors for problem in error.problems))
    return found


def _records(name: str, reading: Reading, watch: Watch) -> Records:
    broken: list[str] = []
    users = list(_until_broken(_watched(f"reading {name}", reading.users, watch), broken))
    groups = list(_until_broken(_watched(f"reading {name}: groups", reading.groups, watch), broken))
    if broken and not users and not groups:
        raise SourceError(*broken)
    return Records(users, groups, (*broken, *reading.gaps), tuple(reading.notes))


def _until_broken(items: Iterable[T], broken: list[str]) -> Iterator[T]:
    """The items up to where the reading breaks off; why it did goes into `broken`."""
    try:
        yield from items
    except SourceError as error:
        broken.extend(error.problems)


def read_target(backend: Backend, watch: Watch = silent) -> Seen:
    """All of the target; raises `BackendError` where it cannot be read at all."""
    gaps: list[str] = []
    users = tuple(_until_incomplete(backend.users.read(), "reading target users", gaps, watch))
    groups = tuple(_until_incomplete(backend.groups.read(), "reading target groups", gaps, watch))
    members = tuple(
        _until_incomplete(backend.members.read(), "reading target members", gaps, watch)
    )
    return Seen(users, groups, members, backend.whoami(), tuple(gaps))


def _until_incomplete(items: Iterable[T], what: str, gaps: list[str], watch: Watch) -> Iterator[T]:
    try:
        yield from _watched(what, items, watch)
    except Incomplete as error:
        gaps.append(str(error))


def _watched(what: str, items: Iterable[T], watch: Watch) -> Iterator[T]:
    """The same items, with a word to the watch at every thousandth."""
    for done, item in enumerate(items):
        if done % 1000 == 0:
            watch(what, done, None)
        yield item


def _verify(
    sync: Sync, ledger: Ledger, question: Question, execution: Execution, watch: Watch
) -> tuple[Unsettled, ...]:
    """Reads again what was touched and plans again: what would be done twice never settles."""
    if not execution.done:
        return ()
    watch("verifying", 0, None)
    memory = ledger.recall(sync.name, question.now - sync.policy.window)
    seen = refresh(question.seen, sync.backend, execution)
    return unsettled(execution, seen, decide(question.after(seen, memory)))
