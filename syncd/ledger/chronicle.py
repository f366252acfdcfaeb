"""What has been, as somebody looks back on it: page by page, day by day, and of each thing."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, DateTime, Text, and_, cast, func, or_, select
from sqlalchemy.sql.elements import Label

from syncd.core.memory import Mark, Remark
from syncd.core.model import Key, Kind, Op
from syncd.core.plan import Change
from syncd.core.stream import batches
from syncd.errors import ConfigError
from syncd.ledger import history, lookback, runs
from syncd.ledger.history import DONE, FAILED, MOOT, Line
from syncd.ledger.lookback import Moved, Used, Wanted
from syncd.ledger.rows import among
from syncd.ledger.runs import Run
from syncd.ledger.schema import BATCHES, FREE, JOURNAL, MARKS, RUNS, TALLIES

_AT_ONCE = 1000

Reading = Callable[[], AbstractContextManager[Connection]]


class Day(Struct, frozen=True):
    """What one sync did on a day (UTC): how many changes of a kind and op, as `user.create`.

    What failed is under `failed`.
    """

    sync: str
    day: date
    what: str
    number: int


class Chronicle:
    """Part of a ledger, for reading alone."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def run(self, number: int) -> Run | None:
        with self._reading() as connection:
            return runs.numbered(connection, number)

    def known_run(self, number: int) -> Run:
        """Raises `ConfigError` where there is no such run."""
        with self._reading() as connection:
            if (found := runs.numbered(connection, number)) is not None:
                return found
            newest = runs.newest(connection, [], limit=1)
        told = f"the newest is {newest[0].run}" if newest else "there was none yet"
        raise ConfigError(f"there is no run {number}; {told}")

    def runs(
        self,
        sync: str | None = None,
        *,
        before: int | None = None,
        eventful: bool = False,
        limit: int,
    ) -> list[Run]:
        """The newest first, of those `before` a number; `eventful` ones did something, or did not
        end well."""
        return self.runs_wanted(Wanted(sync=sync, before=before), eventful=eventful, limit=limit)

    def runs_wanted(self, wanted: Wanted, *, eventful: bool = False, limit: int) -> list[Run]:
        """The newest first."""
        with self._reading() as connection:
            where = lookback.where(connection, wanted) + ([_EVENTFUL] if eventful else [])
            return runs.newest(connection, where, limit)

    def called(self, sync: str | None, word: str) -> frozenset[Key]:
        """The keys of whom the word means, now or, where that is nobody, ever."""
        with self._reading() as connection:
            return lookback.called(connection, sync, word)

    def once_called(
        self, sync: str, word: str, sources: Collection[str], limit: int
    ) -> dict[Key, str]:
        """Keys and last known names of users of a sync whom the word has ever meant."""
        with self._reading() as connection:
            return lookback.once_called(connection, sync, word, sources, limit)

    def each_line_of(self, run: int) -> Iterator[Line]:
        """All of a run's lines in the order in which they were begun, some at a time."""
        last = 0
        while some := self.lines_of(run, after=last, limit=_AT_ONCE):
            yield from some
            last = some[-1].line

    def each_line_between(self, sync: str, after: int, upto: int) -> Iterator[Line]:
        """Of the sync's runs with higher numbers than `after`, and none higher than `upto`."""
        with self._reading() as connection:
            numbers = lookback.with_lines(connection, sync, after, upto)
        for number in numbers:
            yield from self.each_line_of(number)

    def moved(self, sync: str, after: int, upto: int) -> list[Moved]:
        """Which things have other keys since, in the order in which that happened."""
        with self._reading() as connection:
            return lookback.moved(connection, sync, after, upto)

    def marks_of(self, run: int) -> list[Mark]:
        """What the run remembered besides its changes."""
        with self._reading() as connection:
            return list(lookback.marks(connection, run))

    def approvals_used(self, run: int) -> list[Used]:
        """By which the run made changes."""
        with self._reading() as connection:
            return lookback.approvals_used(connection, run)

    def goes_on_after(self, sync: str, run: int) -> bool:
        """Whether the sync's journal has lines of later runs, or lines without an end: what these
        did may be in no record of the target."""
        later = select(BATCHES.c.batch).where(BATCHES.c.sync == sync, BATCHES.c.run > run).limit(1)
        with self._reading() as connection:
            return (
                history.any_open(connection, sync) or connection.execute(later).first() is not None
            )

    def lines_of(self, run: int, *, after: int = 0, limit: int) -> list[Line]:
        """A run's lines with higher numbers than `after`, in the order in which they were begun."""
        with self._reading() as connection:
            return history.page(connection, run, after, limit)

    def failed_of(self, run: int, limit: int) -> list[Line]:
        """A run's lines that failed, the first ones first."""
        with self._reading() as connection:
            where = JOURNAL.c.run == run, JOURNAL.c.outcome == FAILED
            return history.lines_where(connection, where, JOURNAL.c.line, limit)

    def deeds_of(self, run: int, kind: Kind, keys: Collection[Key]) -> list[Line]:
        """What the run did to these users, or groups, in its order."""
        return self._deeds([JOURNAL.c.run == run], kind, keys)

    def deeds_since(self, sync: str, run: int, kind: Kind, keys: Collection[Key]) -> list[Line]:
        """The same of the sync's later runs."""
        return self._deeds([JOURNAL.c.sync == sync, JOURNAL.c.run > run], kind, keys)

    def _deeds(
        self, which: list[ColumnElement[bool]], kind: Kind, keys: Collection[Key]
    ) -> list[Line]:
        found: list[Line] = []
        with self._reading() as connection:
            for some in batches(keys, _AT_ONCE):
                those = among(connection, JOURNAL.c.key, some), JOURNAL.c.member.is_(None)
                where = [*which, JOURNAL.c.outcome == DONE, *those]
                found += history.lines_where(connection, where, _ORDER, None)
        return [line for line in found if line.kind is kind]

    def member_deeds_of(self, run: int, group: Key) -> list[Line]:
        """How the run changed one group's members, in its order."""
        return self._member_deeds([JOURNAL.c.run == run], group)

    def member_deeds_since(self, sync: str, run: int, group: Key) -> list[Line]:
        """The same of the sync's later runs."""
        return self._member_deeds([JOURNAL.c.sync == sync, JOURNAL.c.run > run], group)

    def _member_deeds(self, which: list[ColumnElement[bool]], group: Key) -> list[Line]:
        with self._reading() as connection:
            those = JOURNAL.c.key == group, JOURNAL.c.member.is_not(None)
            where = [*which, JOURNAL.c.outcome == DONE, *those]
            return history.lines_where(connection, where, _ORDER, None)

    def count_moot(self, run: int) -> int:
        """How many changes the run began of which nobody knows whether they were made."""
        moot = JOURNAL.c.run == run, JOURNAL.c.outcome == MOOT
        with self._reading() as connection:
            return connection.scalars(select(func.count()).select_from(JOURNAL).where(*moot)).one()

    def taken_in(self, run: int) -> list[str]:
        """The names of what the run adopted."""
        with self._reading() as connection:
            of_run = MARKS.c.run == run, MARKS.c.remark == Remark.ADOPT
            return list(connection.scalars(select(MARKS.c.name).where(*of_run)))

    def done_since(self, sync: str, since: datetime, limit: int) -> list[Line]:
        """The last lines that are done, the newest first."""
        with self._reading() as connection:
            where = (
                JOURNAL.c.sync == sync,
                JOURNAL.c.begun_at >= since,
                JOURNAL.c.outcome == DONE,
            )
            return history.lines_where(connection, where, JOURNAL.c.line.desc(), limit)

    def before(self, lines: Collection[Line], limit: int) -> list[Line]:
        """All done lines of the things that these lines of one sync are about, the newest first."""
        if not lines:
            return []
        things = {line.key for line in lines if line.member is None}
        members = {line.member for line in lines if line.member is not None}
        with self._reading() as connection:
            about = or_(
                and_(JOURNAL.c.member.is_(None), among(connection, JOURNAL.c.key, things)),
                among(connection, JOURNAL.c.member, members),
            )
            sync = next(iter(lines)).sync
            where = JOURNAL.c.sync == sync, JOURNAL.c.outcome == DONE, about
            return history.lines_where(connection, where, JOURNAL.c.line.desc(), limit)

    def tried_before(self, sync: str, run: int, changes: Collection[Change]) -> list[Line]:
        """All lines of earlier runs that were done or failed, of the things, and of the members,
        that these changes are about; the newest first."""
        things = {change.key for change in changes}
        members = {change.member for change in changes if change.member is not None}
        with self._reading() as connection:
            where = (
                JOURNAL.c.sync == sync,
                JOURNAL.c.run < run,
                JOURNAL.c.outcome.in_([DONE, FAILED]),
                among(connection, JOURNAL.c.key, things),
                or_(JOURNAL.c.member.is_(None), among(connection, JOURNAL.c.member, members)),
            )
            return history.lines_where(connection, where, JOURNAL.c.line.desc(), None)

    def days(self, syncs: Iterable[str], since: datetime) -> list[Day]:
        """Of each of these syncs, day by day, from the oldest on."""
        with self._reading() as connection:
            return [day for sync in syncs for day in _days(connection, sync, since)]


_ORDER = JOURNAL.c.line
_AT_ONCE = 500
_EVENTFUL = or_(
    RUNS.c.done > 0, RUNS.c.failed > 0, RUNS.c.outcome.is_(None), RUNS.c.outcome != DONE
)


def _days(connection: Connection, sync: str, since: datetime) -> list[Day]:
    what = (TALLIES.c.kind + "." + TALLIES.c.op).label("what")
    done = select(_day(connection, TALLIES.c.ended_at), what, func.sum(TALLIES.c.done))
    # Whole changes, each once: not again for each field or group of theirs that has a budget.
    whole = TALLIES.c.op.in_(list(Op)), TALLIES.c.detail.in_(["", FREE])
    done = done.where(TALLIES.c.sync == sync, TALLIES.c.ended_at >= since, *whole)
    failed = select(_day(connection, RUNS.c.begun_at), func.sum(RUNS.c.failed))
    failed = failed.where(RUNS.c.sync == sync, RUNS.c.begun_at >= since, RUNS.c.failed > 0)
    # By the columns' names: PostgreSQL does not see that two parameters are the same.
    done, failed = done.group_by("day", "what"), failed.group_by("day")
    found = [(day, of, number) for day, of, number in connection.execute(done)]
    found += [(day, FAILED, number) for day, number in connection.execute(failed)]
    return [Day(sync, date.fromisoformat(day), of, int(n)) for day, of, n in sorted(found)]


def _day(connection: Connection, column: ColumnElement[datetime]) -> Label[str]:
    """YYYY-MM-DD in UTC: SQLite keeps times as text that begins so (see `UtcTime`)."""
    if connection.dialect.name == "postgresql":
        there = func.timezone("UTC", column, type_=DateTime)
        return func.to_char(there, "YYYY-MM-DD", type_=Text).label("day")
    return func.substr(cast(column, Text), 1, 10, type_=Text).label("day")
