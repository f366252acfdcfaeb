"""A plan is a value: changes to run, and all that will not run with the reason why."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.memory import Mark
from syncd.core.model import Key, Kind, Op, Ref, Rung, Value
from syncd.core.past import Trace
from syncd.core.stream import Stream, digest_of, encode

VERSION = 3
"""Of the plan's JSON form."""

REMOVALS = frozenset({Op.SUSPEND, Op.DELETE, Op.REMOVE})
"""Ops that only a whole reading may lead to; so does taking `admin` away."""


def change_id(
    op: Op, kind: Kind, key: Key, member: Key | None = None, *, temporary: bool = False
) -> str:
    """Words joined by slashes; those in a key are written as in a URL."""
    words: list[str] = [kind, op, _one_word(key)]
    words += [_one_word(member)] if member is not None else []
    return "/".join([*words, "temporary"] if temporary else words)


def _one_word(key: Key) -> str:
    return key.replace("%", "%25").replace("/", "%2F") if "/" in key or "%" in key else key


class Change(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One change to one thing.

    `before` and `after` hold the changed fields only, flat. For a member, `key` and `ref` are the
    group's, `member` is the user's key, and `member_ref` the user's ref where it has one yet.
    `needs` are the ids of changes that must have been done before this one is tried. A
    `temporary` one steps aside from a name that another takes, until its own change follows.
    `aliases` are for a creation: the keys that its link is to have besides. `traces` say by field
    where an update comes from, and of any change that it was made before and did not last. `rung`
    is for a step down the ladder. `seen` is the fingerprint of what is changed, as it was read; of
    members there is none, for all that is to be seen of them is whether they are there. `version`
    is what the target calls that state, where it has a word for it (an ETag) and the plan was made
    to be kept. `approved` is what somebody let through, so that no budget is
    asked: fields of an update, else the op.
    """

    op: Op
    kind: Kind
    key: Key
    name: str
    ref: Ref | None = None
    before: Mapping[str, Value] = {}
    after: Mapping[str, Value] = {}
    reason: str = ""
    member: Key | None = None
    member_ref: Ref | None = None
    needs: tuple[str, ...] = ()
    temporary: bool = False
    aliases: tuple[Key, ...] = ()
    traces: Mapping[str, Trace] = {}
    rung: Rung | None = None
    seen: str = ""
    version: str = ""
    approved: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Unique within a plan."""
        return change_id(self.op, self.kind, self.key, self.member, temporary=self.temporary)

    @property
    def removes(self) -> bool:
        """Whether it takes something away: suspends, deletes, removes a member or demotes."""
        return self.op in REMOVALS or self.demotes

    @property
    def demotes(self) -> bool:
        return self.before.get("admin") is True and self.after.get("admin") is not True


def only(change: Change, fields: Iterable[str]) -> Change:
    """The same update of these fields only."""
    names = sorted(fields)
    return replace(
        change,
        before={name: change.before.get(name) for name in names},
        after={name: change.after[name] for name in names},
        approved=tuple(name for name in change.approved if name in names),
        traces={name: change.traces[name] for name in names if name in change.traces},
    )


class Refusal(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A change that will not run, and the rule's words."""

    change: Change
    rule: str


class Problem(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What a person must decide or mend: a conflict, or a record that cannot be mapped."""

    kind: Kind
    key: Key
    name: str
    why: str
    origin: str = ""


class Wave(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Whom a wave is about, in words; how many `changes` it has, and the seconds to wait after."""

    words: str
    changes: int
    wait: float = 0.0


class Plan(Struct, frozen=True, kw_only=True):
    """What one run of one sync would do.

    `changes`, `held` and `refused` may be streams: a million of them are read, never held at once.
    `held` waits for an approval, `refused` never runs under this policy. `conflicts` are for
    a person to decide, `failures` are records that could not be mapped. `withheld` says why
    removals were not planned, and `withheld_changes` counts them. `marks` are what an apply
    remembers beside the changes. `foreign` counts what is left alone, by kind. Where there are
    `waves`, the changes are made in these turns. `unsettled` is what the target keeps otherwise
    however often it is written, and `drifted` what was changed outside and is left so by the
    policy: told, and not written. `causes` counts the fields that updates write by where they
    changed.

    `engine` is the version of syncd that made it, `identity` which store the target is, by whatever
    name. `readings` are digests of what each source said. `undoes` is the run that it goes back on.
    """

    sync: str
    target: str
    created: datetime
    config: str
    changes: Sequence[Change] = ()
    held: Sequence[Refusal] = ()
    refused: Sequence[Refusal] = ()
    conflicts: tuple[Problem, ...] = ()
    failures: tuple[Problem, ...] = ()
    withheld: tuple[str, ...] = ()
    withheld_changes: Mapping[str, int] = {}
    marks: tuple[Mark, ...] = ()
    notes: tuple[str, ...] = ()
    foreign: Mapping[str, int] = {}
    waves: tuple[Wave, ...] = ()
    unsettled: Sequence[Refusal] = ()
    drifted: Sequence[Refusal] = ()
    causes: Mapping[str, int] = {}
    engine: str = ""
    identity: str = ""
    readings: Mapping[str, str] = {}
    undoes: int | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over all but `created` and `readings`, hexadecimal: equal inputs, equal digest.

        What is to be done is the same plan, whatever else the sources have learnt meanwhile.
        """
        lists = (self.changes, self.held, self.refused, self.unsettled, self.drifted)
        rest = replace(
            self,
            created=_EPOCH,
            readings={},
            changes=(),
            held=(),
            refused=(),
            unsettled=(),
            drifted=(),
        )
        parts = map(digest_of, lists)
        return hashlib.sha256(b"\n".join((encode(rest), *parts))).hexdigest()

    @property
    def summary(self) -> dict[str, int]:
        """How many changes of each kind and op, as `user.create`."""
        return count(self.changes)


def count(changes: Iterable[Change]) -> dict[str, int]:
    """By kind and op, as `user.create`, in order."""
    if isinstance(changes, Stream) and changes.counts is not None:
        return dict(sorted(changes.counts.items()))
    counts = Counter(f"{change.kind}.{change.op}" for change in changes)
    return dict(sorted(counts.items()))


_EPOCH = datetime.min.replace(tzinfo=UTC)
