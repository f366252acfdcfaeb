"""What can be said of some users, or groups, by themselves: all that is to be found out about
those whom nothing ties to others, and the beginning of it for the rest."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Generic

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.correlate import Claims, Correlated, correlate
from syncd.core.descent import spare
from syncd.core.desired import Desired, Wanted
from syncd.core.diff import Comparison, diff_groups, diff_users
from syncd.core.drift import Attributed, Attribution
from syncd.core.found import Found
from syncd.core.hold import Hold
from syncd.core.judge import Abilities, Facts, Sifted, sift
from syncd.core.ladder import ground_of
from syncd.core.memory import Memory
from syncd.core.model import E, Group, Key, Kind, Op, Ref, Stored, User
from syncd.core.past import Past
from syncd.core.policy import Adopt, Policy
from syncd.core.protection import protect_accounts
from syncd.core.question import Declared

_GROUP_ADOPTION = "display_name"


class Part(Struct, frozen=True):
    """Some users, with all that is wanted, stored and remembered of them."""

    desired: Desired
    stored: tuple[Stored[User], ...]
    memory: Memory


class Frame(Struct, frozen=True):
    """What holds for everybody. `protected` are groups, members of protected ones, and `own`.

    `whole` is whether the target was read to its end; `gaps` are all that there are. `undoes` is
    whether this is an undo.
    """

    declared: Mapping[Kind, Declared]
    policy: Policy
    now: datetime
    protected: Mapping[tuple[Kind, Ref], str]
    own: Ref | None
    gaps: tuple[str, ...]
    whole: bool
    past: Past
    undoes: bool

    def has(self, kind: Kind) -> bool:
        """Groups that can be neither made nor changed can be joined all the same."""
        joined = kind is Kind.GROUP and self.declared[Kind.MEMBER].ops
        return bool(self.declared[kind].ops or joined)

    def facts(
        self,
        protected: Mapping[tuple[Kind, Ref], str],
        stopped: Mapping[tuple[Op, Ref], str] | None = None,
        holds: Collection[Hold] = (),
    ) -> Facts:
        return Facts(
            abilities={
                kind: Abilities(of.fields, of.immutable, of.required, of.ops)
                for kind, of in self.declared.items()
            },
            protected=protected,
            gaps=self.gaps,
            protect=self.policy.protect,
            stopped=stopped or {},
            holds=[one for one in holds if one.pattern],
        )

    def attribution(self, kind: Kind) -> Attribution:
        """The policy is of users' fields: a group's name is always put back."""
        policy = self.policy if kind is Kind.USER else replace(self.policy, drift={})
        caseless = self.declared[kind].caseless
        return Attribution(self.past, policy, self.now, caseless, self.undoes)

    def adopt_by(self, kind: Kind) -> str | None:
        """The field that an adoption goes by."""
        if kind is Kind.GROUP:
            return _GROUP_ADOPTION if self.policy.adopt_groups else None
        return {Adopt.BY_EMAIL: "email", Adopt.BY_USER_NAME: "user_name"}.get(self.policy.adopt)


class Findings(Struct, Generic[E], frozen=True):
    """`wanted` are those who should be there, `undecided` are of whom it is not decided, `found` is
    what is to be changed of the others, and `attributed` the same with what is left by reason of
    the past."""

    wanted: tuple[Wanted[E], ...]
    correlated: Correlated[E]
    undecided: frozenset[Key]
    found: Found
    sifted: Sifted
    protected: Mapping[tuple[Kind, Ref], str]
    attributed: Attributed


def find_users(part: Part, frame: Frame) -> Findings[User]:
    protected = protect_accounts(part.stored, frame.own, frame.policy, frame.protected)
    claims = _claims(Kind.USER, part.desired, frame, protected)
    correlated: Correlated[User] = correlate(part.desired.users, part.stored, part.memory, claims)
    undecided = claims.undecided | correlated.undecided
    declared, desired = frame.declared[Kind.USER], part.desired
    both = Comparison(
        wanted=desired.users,
        ours=correlated.ours,
        managed=desired.managed,
        once=desired.once,
        caseless=declared.caseless,
        absent=desired.absent,
        undecided=undecided,
    )
    ground = ground_of(frame.policy, frame.now, part.memory, frame.declared)
    found = diff_users(both, ground)
    if frame.undoes:
        spare(correlated.ours, ground, found)
    facts = frame.facts(protected, found.stopped, ground.holds)
    return _findings(Kind.USER, desired.users, correlated, undecided, found, frame, facts)


def find_groups(
    desired: Desired, stored: tuple[Stored[Group], ...], memory: Memory, frame: Frame
) -> Findings[Group]:
    claims = _claims(Kind.GROUP, desired, frame, frame.protected)
    correlated: Correlated[Group] = correlate(desired.groups, stored, memory, claims)
    undecided = claims.undecided | correlated.undecided
    found = Found([], [], [])
    if frame.has(Kind.GROUP):
        both = Comparison(
            wanted=desired.groups,
            ours=correlated.ours,
            managed=frozenset({"display_name"}),
            once=frozenset(),
            caseless=frame.declared[Kind.GROUP].caseless,
            absent={},
            undecided=undecided,
        )
        found = diff_groups(both, ground_of(frame.policy, frame.now, memory, frame.declared))
    facts = frame.facts(frame.protected)
    return _findings(Kind.GROUP, desired.groups, correlated, undecided, found, frame, facts)


def leavers_of(
    users: Findings[User], staying: Collection[Key], suspending: Collection[Ref | None]
) -> dict[Ref, Key]:
    """Our accounts of people who have left that are suspended, or will be by this plan; not who is
    protected or held, for the guard may know them by the very name that another takes."""
    return {
        ours.stored.ref: ours.link.key
        for ours in users.correlated.ours
        if ours.link.key not in staying
        and ours.link.key not in users.undecided
        and (not ours.stored.entity.active or ours.stored.ref in suspending)
        and (Kind.USER, ours.stored.ref) not in users.protected
        and (Op.DELETE, ours.stored.ref) not in users.found.stopped
    }


def _claims(
    kind: Kind, desired: Desired, frame: Frame, protected: Mapping[tuple[Kind, Ref], str]
) -> Claims:
    declared = frame.declared[kind]
    return Claims(
        kind=kind,
        unique=declared.unique,
        caseless=declared.caseless,
        adopt_by=frame.adopt_by(kind),
        kept=frozenset(ref for of, ref in protected if of is kind),
        whole=frame.whole,
        certain=not frame.gaps,
        keeps_keys=declared.keeps_keys,
        undecided=desired.undecided[kind],
    )


def _findings(  # noqa: PLR0913, PLR0917  all that is known of them
    kind: Kind,
    wanted: tuple[Wanted[E], ...],
    correlated: Correlated[E],
    undecided: frozenset[Key],
    found: Found,
    frame: Frame,
    facts: Facts,
) -> Findings[E]:
    attributed = frame.attribution(kind).of(found.changes)
    return Findings(
        wanted=wanted,
        correlated=correlated,
        undecided=undecided,
        found=replace(found, changes=attributed.changes),
        sifted=sift(attributed.changes, facts),
        protected=facts.protected,
        attributed=attributed,
    )
