"""All that is said of one person."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from syncd.core.memory import Link
from syncd.core.model import Key, RawValue, Ref, Value
from syncd.core.plan import Change, Problem, Refusal
from syncd.explain.timers import Timer
from syncd.ledger import Line, Remarked


class Account(Struct, frozen=True):
    """What the target has. `ours` is whether syncd made or adopted it."""

    ref: Ref
    fields: Mapping[str, Value]
    groups: tuple[str, ...]
    ours: bool


class Attribute(Struct, frozen=True):
    """What the sources state; more than one value where they have more."""

    name: str
    value: RawValue
    source: str


class Field(Struct, frozen=True):
    """What the target should have, the rule that gives it, and where that stands: a place in the
    configuration, or by name. Empty where it follows from no rule, or the place is not known."""

    name: str
    value: Value
    rule: str
    place: str = ""


class Rule(Struct, frozen=True):
    """A rule that decides whether a person is taken: what it asks for, what the person has, and
    why it is not met, empty where it is. `place` is where it stands in the configuration."""

    rule: str
    asked: tuple[str, ...]
    own: tuple[str, ...]
    unmet: str = ""
    place: str = ""


class Match(Struct, frozen=True):
    """By which attribute, and which value of it, records of several sources are one person, and
    which records these are. Without a value it is of nobody else's."""

    by: str
    value: str
    keys: tuple[Key, ...]
    place: str = ""


class Side(Struct, frozen=True):
    """A source, or the target, which has no name here; `gaps` say why it was not read whole, none
    where it was. `has` is whether it has the person."""

    name: str
    gaps: tuple[str, ...]
    has: bool


class Owned(Struct, frozen=True):
    """How an account came to be syncd's, or by what it may: `how` in words, and by which run."""

    how: str
    rule: str = ""
    run: int | None = None
    at: datetime | None = None


class AsOf(Struct, frozen=True, kw_only=True):
    """When that was read on which an explanation stands that nobody was asked for.

    `sources` has a time for each source. Of the `target` those were read then whom that cycle was
    about; all of it at `full_at`. Where a run has begun since of which nothing is kept, it is
    `overtaken_by` that run: its changes are in the journal, and what comes next is not known. Of an
    earlier time it is what that `run` was decided from.
    """

    sources: Mapping[str, datetime]
    target: datetime
    full_at: datetime
    overtaken_by: int | None = None
    run: int | None = None


class Explanation(Struct, frozen=True, kw_only=True):
    """All that is known of one person, or of an account that is nobody's (then without a key).

    `not_wanted` says why a person is to have no account, and `instead` what is to become of the one
    that is there; nothing where that is undecided. `due` is when the account of somebody who left
    may be deleted, `ladder` has all the steps to come. `unsettled`, `drifted` and `yielded` differ
    and are left as they are. `as_of` is for what was not read just now; where it is overtaken,
    there are no `changes`, nor what else a plan has.

    `scope` has the rules by which people are taken, for whoever is in a source; `match` what makes
    records one person. `sides` say what was read whole, `withheld` why nothing is taken from the
    account for now, and `guards` what else keeps it. `remarks` are what was remembered besides
    `lines`. `group_changes`, `group_refusals` and `group_problems` are of the groups themselves
    that the person is in or is to be in: what is made of them, what is not, and what somebody must
    decide. `forgotten` is of whom the journal alone knows. `next_run` says when that is, in words.
    """

    sync: str
    target: str
    name: str
    key: Key | None = None
    aliases: tuple[Key, ...] = ()
    origins: Mapping[str, str] = {}
    attributes: tuple[Attribute, ...] = ()
    not_wanted: str = ""
    instead: str = ""
    wanted: tuple[Field, ...] = ()
    groups: tuple[str, ...] = ()
    account: Account | None = None
    link: Link | None = None
    due: datetime | None = None
    ladder: tuple[Timer, ...] = ()
    changes: tuple[Change, ...] = ()
    held: tuple[Refusal, ...] = ()
    refused: tuple[Refusal, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    as_of: AsOf | None = None
    unsettled: tuple[Refusal, ...] = ()
    drifted: tuple[Refusal, ...] = ()
    yielded: tuple[Refusal, ...] = ()
    scope: tuple[Rule, ...] = ()
    match: Match | None = None
    sides: tuple[Side, ...] = ()
    withheld: tuple[str, ...] = ()
    owned: Owned | None = None
    guards: tuple[str, ...] = ()
    remarks: tuple[Remarked, ...] = ()
    group_changes: tuple[Change, ...] = ()
    group_refusals: tuple[Refusal, ...] = ()
    group_problems: tuple[Problem, ...] = ()
    forgotten: bool = False
    next_run: str = ""

    @property
    def unread(self) -> tuple[Side, ...]:
        """The sources that were not read whole."""
        return tuple(side for side in self.sides if side.name and side.gaps)

    @property
    def at_rest(self) -> str:
        """Why nothing comes next, in words, of whom that is so."""
        unseen = any(side.gaps for side in self.sides if not side.name)
        if unseen and self.wanted and self.account is None:
            return "nothing for now: the target was not read whole, and may have the account"
        if self.withheld:
            return "nothing for now: not all was read, and what takes away waits for that"
        return "nothing: it is as it should be"
