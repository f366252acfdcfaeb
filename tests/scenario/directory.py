"""What the scenario asks of a directory, whichever it is."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from tests.scenario.organisation import Person, Team


@dataclass(frozen=True)
class Fault:
    """A way in which the source breaks: `broken` for as long, or what the environment says.

    `words` must be among what syncd says of it.
    """

    name: str
    words: str
    broken: AbstractContextManager[object] = field(default_factory=nullcontext)
    environ: dict[str, str] = field(default_factory=dict)


class Directory(Protocol):
    """A source of people and teams, by ids that only the scenario knows."""

    circles: bool
    """Whether teams may contain each other."""

    @property
    def config(self) -> dict[str, object]:
        """The source's part of the configuration file."""
        ...

    def put_person(self, key: str, person: Person) -> None:
        """There from now on, and as described."""
        ...

    def move_out(self, key: str) -> None:
        """Gone, and can come back as the same person."""
        ...

    def move_in(self, key: str) -> None:
        """Back, as the same person."""
        ...

    def delete_person(self, key: str) -> None:
        """Gone for good."""
        ...

    def put_team(self, key: str, team: Team) -> None:
        """There from now on, and as described; members that are not there are left out."""
        ...

    def empty(self) -> AbstractContextManager[None]:
        """Nobody is there meanwhile, and nothing says that this is wrong."""
        ...

    def faults(self) -> list[Fault]: ...
