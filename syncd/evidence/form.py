"""Evidence put together again, from the ledger's rows or from a bundle's lines."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from syncd.core.evidence import NOTHING, Evidence, Ruling
from syncd.core.mapping import Mapper
from syncd.core.memory import Link, Memory
from syncd.core.model import Group, GroupRecord, Kind, Member, Stored, User, UserRecord
from syncd.core.past import Known
from syncd.core.question import Question
from syncd.core.records import Records
from syncd.cycle.evidence import LINKS, VERSIONS, HadVersion, Head, Stated
from syncd.cycle.heard import STUCK, WRITTEN, WasStuck, WasWritten
from syncd.paging import Members
from syncd.ports import Holds

Values = Callable[[str], Iterable[Any]]
"""What the rows of a section say."""

_TARGET: Mapping[str, Any] = {
    "user": Stored[User],
    "group": Stored[Group],
    "member": Members,
    LINKS: Link,
    WRITTEN: WasWritten,
    STUCK: WasStuck,
    VERSIONS: HadVersion,
}


def type_of(section: str) -> Any:
    """Of the values in it: parts of a snapshot, or links."""
    of_users = section.startswith(f"{Kind.USER}@")
    return _TARGET.get(section) or (UserRecord if of_users else GroupRecord)


def _as_kept(kind: type[Struct], without: str, **otherwise: Any) -> Any:
    types = {**get_type_hints(kind), **otherwise}
    fields = [
        (one.name, types[one.name], msgspec.field(default=one.default))
        if one.default is not msgspec.NODEFAULT
        else (one.name, types[one.name])
        for one in msgspec.structs.fields(kind)
        if one.name != without
    ]
    return msgspec.defstruct(f"Kept{kind.__name__}", fields, frozen=True, kw_only=True)


BARE = _as_kept(
    Question,
    "desired",
    declared=Mapping[Kind, Holds],
    memory=_as_kept(Memory, "past"),
)
"""A question as it is kept: what a target declares is the port's struct, and nothing is desired."""


def question_of(bare: Any, asked_at: datetime, values: Values) -> Question:
    """A `BARE` with what was seen and remembered of each thing; nothing is desired yet."""
    fields = {name: getattr(bare, name) for name in BARE.__struct_fields__}
    fields["seen"] = replace(
        bare.seen,
        users=tuple(values("user")),
        groups=tuple(values("group")),
        members=tuple(Member(one.group, user) for one in values("member") for user in one.users),
    )
    remembered = {name: getattr(bare.memory, name) for name in bare.memory.__struct_fields__}
    past = Known(
        {(one.kind, one.ref): one.fields for one in values(WRITTEN)},
        {one.where: one.stuck for one in values(STUCK)},
    )
    fields["memory"] = Memory(**{**remembered, "links": tuple(values(LINKS)), "past": past})
    return Question(desired=NOTHING, **{**fields, "now": asked_at})


def evidence_of(
    question: Question, ruling: Ruling, sources: Sequence[Stated], values: Values
) -> Evidence:
    records = {
        one.name: Records(
            tuple(values(f"{Kind.USER}@{one.name}")),
            tuple(values(f"{Kind.GROUP}@{one.name}")),
            one.gaps,
            one.notes,
        )
        for one in sources
    }
    return Evidence(question, records, ruling)


class Opened:
    """Evidence as the ledger has it: a head, and the rows of any section."""

    def __init__(
        self, head: bytes, asked_at: datetime, rows: Callable[[str], Iterable[bytes]]
    ) -> None:
        """Raises `msgspec.MsgspecError` where another version wrote it, and wrote it otherwise."""
        self.rows, self.asked_at = rows, asked_at
        found = _HEAD.decode(head)
        self.made_by, self.sources = found.made_by, found.sources
        self.bare: Any = _BARE.decode(found.bare)
        self.ruling: Ruling = _RULING.decode(found.ruling)

    @property
    def sections(self) -> list[str]:
        of_sources = [
            f"{kind}@{one.name}" for one in self.sources for kind in (Kind.USER, Kind.GROUP)
        ]
        return [*of_sources, *_TARGET]

    def values(self, section: str) -> Iterator[Any]:
        return map(msgspec.msgpack.Decoder(type_of(section)).decode, self.rows(section))

    @property
    def mapper(self) -> Mapper:
        """By which users were made of records."""
        ruling, fields = self.ruling, self.bare.declared[Kind.USER].fields
        return Mapper(ruling.users, frozenset(ruling.supplied), fields)

    def evidence(self) -> Evidence:
        question = question_of(self.bare, self.asked_at, self.values)
        return evidence_of(question, self.ruling, self.sources, self.values)


_HEAD = msgspec.msgpack.Decoder(Head)
_BARE = msgspec.msgpack.Decoder(BARE)
_RULING = msgspec.msgpack.Decoder(Ruling)
