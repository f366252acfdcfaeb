"""A source that says what it is told to: for trying a backend with the whole of syncd."""

from collections.abc import Sequence

from msgspec import Struct

from syncd.core.model import USER_FIELDS, GroupRecord, UserRecord
from syncd.ports import Cursor, Reading


class StatedReading(Struct):
    users: Sequence[UserRecord]
    groups: Sequence[GroupRecord]
    gaps: Sequence[str] = ()
    notes: Sequence[str] = ()
    cursor: Cursor | None = None


class StatedSource:
    """`users` and `groups` may be changed between readings."""

    supplies = USER_FIELDS - {"active"}

    def __init__(
        self, users: Sequence[UserRecord] = (), groups: Sequence[GroupRecord] = ()
    ) -> None:
        self.users, self.groups = users, groups

    def read(self, since: Cursor | None = None) -> Reading:  # noqa: ARG002  it tells no changes
        return StatedReading(self.users, self.groups)

    def close(self) -> None:
        pass
