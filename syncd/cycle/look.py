"""Look at sources or a target as they are, without a snapshot: for checks and exports."""

from collections.abc import Mapping
from datetime import UTC, datetime

from syncd.core.question import Seen
from syncd.core.records import Records
from syncd.cycle.asking import pairs
from syncd.cycle.reading import Reader, Watch
from syncd.cycle.workspace import Workspace
from syncd.ports import Backend, Source


def silent(_what: str, _done: int, _total: int | None) -> None:
    """The watch of who does not look."""


def read_sources(sources: Mapping[str, Source], watch: Watch = silent) -> dict[str, Records]:
    """Each source to its end, or to where it broke off; raises `SourceError` if none could be."""
    with Workspace() as work:
        return {
            name: Records(
                list(read.users.standing.all()),
                list(read.groups.standing.all()),
                read.gaps,
                read.notes,
            )
            for name, read in _reader(work, watch).sources(sources, {}).items()
        }


def read_target(backend: Backend, watch: Watch = silent) -> Seen:
    """All of the target; raises `BackendError` where it cannot be read at all."""
    with Workspace() as work:
        read = _reader(work, watch).target(backend)
        return Seen(
            tuple(read.users.standing.all()),
            tuple(read.groups.standing.all()),
            tuple(pairs(read.members.standing.all())),
            read.own,
            read.gaps,
        )


def _reader(work: Workspace, watch: Watch) -> Reader:
    return Reader(None, work, datetime.now(UTC), watch)
