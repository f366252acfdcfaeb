"""Who is decided about apart from a question, since they are too many to be in one."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from syncd.core.members import Memberships, Roll
from syncd.core.parts import Part
from syncd.core.spool import Spool


class Apart(Struct, frozen=True):
    """What a question is not about, and its plan is: users whom nothing ties to others, in parts;
    then those who are tied, None for those in the question; the memberships of all; and where to
    put what is found."""

    parts: Iterable[Part]
    tied: Callable[[], Part | None]
    memberships: Memberships
    roll: Roll
    spool: Spool
