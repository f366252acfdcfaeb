"""Read the sources and the target, each to its end or to where it breaks off."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar

from syncd.core.model import Kind, Ref
from syncd.cycle.follow import Follower, name_batches
from syncd.cycle.parts import (
    TARGET_GROUPS,
    TARGET_MEMBERS,
    TARGET_USERS,
    PartOf,
    source_groups,
    source_users,
)
from syncd.cycle.reads import PartRead, SourceRead, TargetRead
from syncd.cycle.standing import Standing
from syncd.cycle.told import Told, changes_told, untold
from syncd.cycle.workspace import Workspace
from syncd.errors import Incomplete, SourceError
from syncd.ledger import Snapshot
from syncd.paging import (
    Page,
    gone_from,
    group_pages,
    member_pages,
    read_since,
    stored_pages,
    user_pages,
)
from syncd.ports import Backend, Cursor, Reading, Source

Watch = Callable[[str, int, int | None], None]
"""Told of progress: what is under way, how much of it is done, and of how much where known."""

T = TypeVar("T")


class Reader:
    """Takes readings into the workspace and holds them against the snapshot."""

    def __init__(self, base: Snapshot | None, work: Workspace, now: datetime, watch: Watch) -> None:
        self._base, self._work, self._now, self._watch = base, work, now, watch

    def sources(
        self,
        sources: Mapping[str, Source],
        cursors: Mapping[str, Cursor],
        held_against: Mapping[str, Cursor] | None = None,
    ) -> dict[str, SourceRead]:
        """What changed since the `cursors`, and of other sources everything.

        A reading of everything is `held_against` what its source tells to have changed since that
        cursor. Raises `SourceError` where none could be read.
        """
        found: dict[str, SourceRead] = {}
        errors: list[SourceError] = []
        for name, source in sources.items():
            begun = monotonic()
            try:
                told, before = None, (held_against or {}).get(name)
                if before is not None:
                    told = changes_told(source, before, Told(name, self._base, self._work))
                found[name] = self._source(name, source, cursors.get(name))
                if told is not None:
                    found[name].untold = untold(found[name], told)
            except SourceError as error:
                errors.append(error)
                users, groups = (
                    self._unread(of) for of in (source_users(name), source_groups(name))
                )
                found[name] = SourceRead(users, groups, gaps=error.problems)
            found[name].seconds = monotonic() - begun
        if len(errors) == len(sources):
            raise SourceError(*(problem for error in errors for problem in error.problems))
        return found

    def _unread(self, of: PartOf[T]) -> PartRead[T]:
        """Of what could not be read nothing was seen."""
        follower = Follower(of, self._base, self._work, self._now)
        follower.compare()
        return PartRead(Standing(of, self._base, self._work), follower)

    def _source(self, name: str, source: Source, since: Cursor | None) -> SourceRead:
        if since is None:
            return self._everything(name, source.read())
        reading = read_since(source, since, Told(name, self._base, self._work))
        if gone_from(reading) is None:
            return self._everything(name, reading)
        changes = self._changes(name, reading, since)
        return self._everything(name, source.read(None)) if changes is None else changes

    def _everything(self, name: str, reading: Reading) -> SourceRead:
        broken: list[str] = []
        users = self._follow(source_users(name), f"reading {name}", user_pages(reading), broken)
        known = not self._identities_moved(users)
        groups = self._follow(
            source_groups(name),
            f"reading {name}: groups",
            group_pages(reading),
            broken,
            known=known,
        )
        if broken and not users.seen and not groups.seen:
            raise SourceError(*broken)
        gaps = (*broken, *reading.gaps)
        cursor = None if gaps else reading.cursor
        return SourceRead(users, groups, gaps, tuple(reading.notes), cursor)

    def _changes(self, name: str, reading: Reading, since: Cursor) -> SourceRead | None:
        """What changed `since`; None where that cannot be relied on."""
        broken: list[str] = []
        users = self._follow(
            source_users(name), f"reading {name}", user_pages(reading), broken, delta=True
        )
        groups = self._follow(
            source_groups(name), f"reading {name}: groups", group_pages(reading), broken, delta=True
        )
        gone = gone_from(reading)
        if broken or reading.gaps or gone is None:
            for read in (users, groups):
                self._work.clear(read.standing.of.part)
            return None
        for kind, read in ((Kind.USER, users), (Kind.GROUP, groups)):
            part = read.standing.of.part
            self._work.put_gone(part, gone.get(kind, ()))
            self._work.put_loose(part, [*read.standing.moved(), *read.standing.gone()])
        notes = tuple(reading.notes)
        return SourceRead(users, groups, (), notes, reading.cursor, since=since)

    def _identities_moved(self, users: PartRead[Any]) -> bool:
        """Whether anybody is new, gone or elsewhere: then groups may mean others by the same."""
        standing = users.standing
        if self._base is None or next(standing.gone(), None) is not None:
            return True
        for names in name_batches(standing.moved()):
            before = {one.key: one.origin for one in standing.before(names)}
            if any(before.get(one.key) != one.origin for one in standing.some(names)):
                return True
        return False

    def target(self, backend: Backend) -> "TargetRead":
        """Raises `BackendError` where it cannot be read at all."""
        gaps: list[str] = []
        begun = monotonic()
        return TargetRead(
            self._stored(TARGET_USERS, "users", stored_pages(backend.users), gaps),
            self._stored(TARGET_GROUPS, "groups", stored_pages(backend.groups), gaps),
            self._stored(TARGET_MEMBERS, "members", member_pages(backend.members), gaps),
            backend.whoami(),
            tuple(gaps),
            seconds=monotonic() - begun,
        )

    def unread_source(self, name: str) -> SourceRead:
        """A source as the snapshot has it."""
        users, groups = (
            PartRead(Standing[Any](of, self._base, self._work))
            for of in (source_users(name), source_groups(name))
        )
        return SourceRead(users, groups)

    def unread_target(self, own: Ref | None) -> "TargetRead":
        """The target as the snapshot has it, until `look` is told of whom to ask."""
        users, groups, members = (
            PartRead(Standing[Any](of, self._base, self._work))
            for of in (TARGET_USERS, TARGET_GROUPS, TARGET_MEMBERS)
        )
        return TargetRead(users, groups, members, own, quick=True)

    def look(self, of: PartOf[T], refs: Iterable[Ref], found: Iterable[T]) -> None:
        """Takes in single things of the target that were read anew; the rest of them are gone."""
        part, names = of.part, list(dict.fromkeys(refs))
        fresh = [(part, of.name_of(one), 0, of.encode(one)) for one in found]
        self._work.forget_fresh(part, names)
        self._work.forget_gone(part, names)
        self._work.put(fresh)
        self._work.put_gone(part, set(names).difference(name for _, name, _, _ in fresh))
        self._work.put_loose(part, names)

    def again(self, read: PartRead[T], pages: Iterable[Page[T]]) -> PartRead[T]:
        """Reads a part of the target once more, whole or raising `Incomplete`."""
        of = read.standing.of
        self._work.clear(of.part)
        return self._follow(of, "verifying", pages, [])

    def _stored(
        self, of: PartOf[T], what: str, pages: Iterable[Page[T]], gaps: list[str]
    ) -> PartRead[T]:
        def whole() -> Iterator[Page[T]]:
            try:
                yield from pages
            except Incomplete as error:
                gaps.append(str(error))

        return self._follow(of, f"reading target {what}", whole(), [])

    def _follow(
        self,
        of: PartOf[T],
        what: str,
        pages: Iterable[Page[T]],
        broken: list[str],
        *,
        known: bool = True,
        delta: bool = False,
    ) -> PartRead[T]:
        follower = Follower(of, self._base, self._work, self._now, delta=delta)
        if not known:
            follower.forget()
        try:
            for page in pages:
                self._watch(what, follower.seen, None)
                follower.take(page)
        except SourceError as error:
            broken.extend(error.problems)
        follower.finish()
        follower.compare()
        return PartRead(Standing(of, self._base, self._work), follower, delta)
