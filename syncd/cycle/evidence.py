"""The evidence of a run, taken from its cycle: a head, and rows of what was read and remembered.

Rows are what the cycle has of each thing anyway, in the snapshot's form; all else is the head. The
time is in neither: what is asked a second time is the same evidence.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from operator import itemgetter
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from syncd import __version__
from syncd.core.evidence import NOTHING, Ruling
from syncd.core.memory import Link
from syncd.core.model import Kind, Ref
from syncd.core.past import NOTHING as NOTHING_YET
from syncd.core.plan import Plan
from syncd.core.question import Question
from syncd.core.records import Records
from syncd.core.seen import Now
from syncd.cycle.reads import PartRead, SourceRead, TargetRead
from syncd.paging import Members
from syncd.sync import Sync

Redact = Callable[[str], str]

LINKS = "link"
SAVED = "saved"
VERSIONS = "version"
"""Sections besides those of the snapshot: links, the lines of the plan that a run is bound to, and
the versions of what that would change."""

EPOCH = datetime.fromtimestamp(0, UTC)


class Stated(Struct, frozen=True):
    """One source, but for its records."""

    name: str
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Head(Struct, frozen=True, array_like=True):
    """Question and ruling are written for themselves: the order of names in a ruling means
    something, and sets have none. `made_by` is the version of syncd."""

    made_by: str
    bare: bytes
    ruling: bytes
    sources: tuple[Stated, ...]


class HadVersion(Struct, frozen=True, gc=False):
    """What the target called the state of a thing."""

    kind: Kind
    ref: Ref
    version: str


Sections = dict[str, Iterable[bytes]]
"""Rows by section, to be walked through once."""


class Taken(Struct, frozen=True):
    asked_at: datetime
    head: bytes
    sections: Sections


def of_few(question: Question, records: Mapping[str, Records]) -> tuple[list[Stated], Sections]:
    """`records` are what was stated of those whom the question is about."""
    sections: Sections = {}
    for name, one in records.items():
        sections |= _of_source(name, map(encode, one.users), map(encode, one.groups))
    groups: dict[Ref, list[Ref]] = defaultdict(list)
    for member in question.seen.members:
        groups[member.group].append(member.user)
    members = (Members(group, tuple(users)) for group, users in groups.items())
    seen = question.seen
    sections |= {"user": map(encode, seen.users), "group": map(encode, seen.groups)}
    sections |= {"member": map(encode, members), LINKS: map(encode, question.memory.links)}
    return [Stated(name, one.gaps, one.notes) for name, one in records.items()], sections


def versions_of(saved: Plan, now: Now) -> Iterator[bytes]:
    """Those that there are `now`, of what the plan knew the version of."""
    for one in saved.changes:
        if one.version and one.ref and (version := now.version(one.kind, one.ref)):
            yield encode(HadVersion(one.kind, one.ref, version))


def of_everybody(
    question: Question,
    sources: Mapping[str, SourceRead],
    target: TargetRead,
    links: Iterable[list[Link]],
) -> tuple[list[Stated], Sections]:
    """All that was read, as it lies there; `links` are those that the question has not."""
    sections: Sections = {}
    for name, read in sources.items():
        sections |= _of_source(name, _rows(read.users), _rows(read.groups))
    sections |= {"user": _rows(target.users), "group": _rows(target.groups)}
    every_link = chain(question.memory.links, chain.from_iterable(links))
    sections |= {"member": _rows(target.members), LINKS: map(encode, every_link)}
    stated = [Stated(name, _gaps(question, name), one.told_of) for name, one in sources.items()]
    return stated, sections


def _gaps(question: Question, source: str) -> tuple[str, ...]:
    """With those that come of not believing it."""
    prefix = f"source {source}: "
    gaps = question.desired.gaps
    return tuple(gap.removeprefix(prefix) for gap in gaps if gap.startswith(prefix))


def _of_source(name: str, users: Iterable[bytes], groups: Iterable[bytes]) -> Sections:
    return {f"{Kind.USER}@{name}": users, f"{Kind.GROUP}@{name}": groups}


def _rows(part: PartRead[Any]) -> Iterator[bytes]:
    return map(itemgetter(1), part.standing.rows())


def head_of(sync: Sync, question: Question, stated: Iterable[Stated], redact: Redact) -> bytes:
    """Without secrets in the words of sources and target, as the plan is."""
    seen, beyond = question.seen, question.beyond
    bare = replace(
        question,
        desired=NOTHING,
        seen=replace(seen, users=(), groups=(), members=(), gaps=_each(redact, seen.gaps)),
        memory=replace(question.memory, links=(), past=NOTHING_YET),
        beyond=beyond and replace(beyond, notes=_each(redact, beyond.notes)),
        now=EPOCH,
    )
    supplied = tuple(sorted(sync.supplied))
    ruling = Ruling(merge=sync.merge, users=sync.users, groups=sync.groups, supplied=supplied)
    cleaned = tuple(
        Stated(one.name, _each(redact, one.gaps), _each(redact, one.notes)) for one in stated
    )
    return encode(Head(__version__, _sorted(bare), encode(ruling), cleaned))


def _each(redact: Redact, texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(redact, texts))


encode = msgspec.msgpack.Encoder().encode


def _sorted(value: Question) -> bytes:
    """Sets and names in order. By way of plain values, since keys may be tuples."""
    return encode(msgspec.to_builtins(value, order="deterministic"))
