"""What a question is made of, before anything is merged and mapped: the evidence of a run."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.desired import Desired, Rules, desire
from syncd.core.mapping import GroupMapping, Mapper, UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Kind
from syncd.core.question import Question
from syncd.core.records import Records


class Ruling(Struct, frozen=True, kw_only=True):
    """How a sync makes what should be of what its sources state, and what these can state."""

    merge: Precedence
    users: UserMapping
    groups: GroupMapping
    supplied: tuple[str, ...]


class Evidence(Struct, frozen=True):
    """A `bare` question, in which nothing is desired yet, with what the sources stated, in order of
    precedence. What is not believed of them is among their gaps."""

    bare: Question
    sources: Mapping[str, Records]
    ruling: Ruling

    def question(self) -> Question:
        """As the run asked it; in one piece, in whatever parts it was decided then."""
        ruling, fields = self.ruling, self.bare.declared[Kind.USER].fields
        mapper = Mapper(ruling.users, frozenset(ruling.supplied), fields)
        rules = Rules(ruling.merge, ruling.users.take, mapper, ruling.groups)
        return replace(self.bare, desired=desire(self.sources, rules))


NOTHING = Desired(
    users=(),
    groups=(),
    members={},
    managed=frozenset(),
    once=frozenset(),
    people={},
    absent={},
    undecided={},
    uncertain=frozenset(),
    conflicts=(),
    failures=(),
    gaps=(),
    notes=(),
)
"""What is desired where nobody has said anything yet."""
