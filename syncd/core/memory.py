"""What syncd remembers, as values: the ledger keeps them, correlation and policy read them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from syncd.core.hold import Hold
from syncd.core.model import Key, Kind, Op, Ref, Value
from syncd.core.past import NOTHING, Past
from syncd.core.policy import Purse


class Link(Struct, frozen=True, gc=False):
    """Key <-> ref: what makes an account ours, and where it stands on the ladder.

    `left_at` is when an apply first missed the thing in its sources; `suspended_at` when
    syncd suspended it, None where a person did; `stripped_at` when it had taken the last group
    from it. Times are UTC. `stepped_in` is the run of the newest of these steps, 0 where that was
    not yet remembered. `aliases` are the full keys that the same person had in further sources
    when last seen there, in order.
    """

    kind: Kind
    key: Key
    ref: Ref
    name: str
    left_at: datetime | None = None
    suspended_at: datetime | None = None
    stripped_at: datetime | None = None
    stepped_in: int = 0
    aliases: tuple[Key, ...] = ()


class OpenLine(Struct, frozen=True, gc=False):
    """A journal line without an end: the change may have happened. `approved` is as a change has
    it."""

    line: int
    op: Op
    kind: Kind
    key: Key
    ref: Ref | None
    after: Mapping[str, Value]
    before: Mapping[str, Value] = {}
    member: Key | None = None
    approved: tuple[str, ...] = ()


class Watched(Struct, frozen=True, gc=False):
    """A run, and when it began."""

    run: int
    at: datetime


class Memory(Struct, frozen=True):
    """All that is remembered of one sync when a plan is made.

    `spent` counts what was done in the budgets' window without an approval, by budget. `approved`
    are those that run though they are over budget: the `approval_print` of each, and by whom.
    `past` knows what was written. For a delay, `watched` has the last run after which runs have
    watched for so long; none where they have not. `holds` are those that nobody has released.
    """

    links: tuple[Link, ...] = ()
    open_lines: tuple[OpenLine, ...] = ()
    spent: Mapping[Purse, int] = {}
    approved: Mapping[str, str] = {}
    past: Past = NOTHING
    watched: Mapping[timedelta, Watched] = {}
    holds: tuple[Hold, ...] = ()


class Remark(StrEnum):
    """What an apply writes into the ledger besides the changes themselves."""

    ADOPT = "adopt"  # an account that was there already becomes ours, by an explicit rule
    CLAIM = "claim"  # a creation that was in doubt is found to have happened
    REKEY = "rekey"  # the same person, now under their key in another source
    ALIASES = "aliases"  # known in further sources too, or not any more
    FORGET = "forget"  # gone from source and target alike
    LEFT = "left"  # first missed in the sources
    RETURNED = "returned"  # seen again in the sources
    SUSPENDED = "suspended"  # a suspension that was in doubt is found to have happened
    STRIPPED = "stripped"  # due to be stripped, and in no group that could be taken
    ACTIVE = "active"  # our suspension was lifted by somebody else


class Mark(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One such remark. `old_key` is for `REKEY`; `rule` says by what it was decided.

    `aliases` are those of the link from then on, for what makes, moves or completes one.
    """

    remark: Remark
    kind: Kind
    key: Key
    ref: Ref
    name: str
    rule: str = ""
    old_key: Key | None = None
    aliases: tuple[Key, ...] = ()
