"""What an approval is of: a change by what it means, however and why it came into a plan."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol
from unicodedata import normalize

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.model import Op
from syncd.core.plan import Change, only
from syncd.core.prints import print_of
from syncd.core.stream import encode

Approved = Mapping[str, str]
"""Print of a change -> who approved it, in words."""


class Filed(Struct, frozen=True):
    """An approval in a file: of all that the plan with that digest, or beginning of one, held."""

    digest: str
    approved_by: tuple[str, ...]
    expires_at: datetime
    file: str
    comment: str = ""


class Consent(Struct, frozen=True):
    """By what a sync's held changes are let through: approvals of so many different `people`, be
    they in the ledger or in `files`, for the store and with the configuration that it has today."""

    people: int = 1
    files: tuple[Filed, ...] = ()
    identity: str = ""
    config: str = ""


ANYBODYS = Consent()


class Made(Protocol):
    """A plan, or what is kept of one: with which configuration it was made, and for which store."""

    @property
    def sync(self) -> str: ...
    @property
    def config(self) -> str: ...
    @property
    def identity(self) -> str: ...


def why_not_now(plan: Made, given: Consent) -> str:
    """Why nobody may approve of the plan any more, in words; empty where one may."""
    here = is_of_store(plan.identity, given.identity)
    if plan.identity and not here:
        now = given.identity
        return f"was made for the target at {plan.identity}, which is now {now}; plan again"
    if not here or plan.config != given.config:
        return f"was made with another configuration of {plan.sync}; plan again"
    return ""


def is_of_store(identity: str, store: str) -> bool:
    """Whether a plan's identity is that store's, whoever syncd was there."""
    return identity == store or identity.startswith(f"{store} as ")


def person_of(name: str) -> str:
    """The same for one person, without regard to case, to the width of letters and to spaces."""
    return " ".join(normalize("NFKC", name).casefold().split())


def approval_print(change: Change) -> str:
    """Equal where two changes do the same to the same thing; 32 hexadecimal letters.

    Not its reason, its name and what it waits for. An addition is of a user to a group by their
    keys: either may be new, and has a ref only once it was made.
    """
    refs = () if change.op is Op.ADD else (change.ref, change.member_ref)
    meant = (change.op, change.kind, change.key, change.member, change.before, change.after)
    return print_of(encode((*meant, *refs))).hex()


def signed(change: Change, approved: Approved) -> Change | None:
    """The same change, which says by whom it is approved; None where it is not."""
    if not approved or (by := approved.get(approval_print(change))) is None:
        return None
    what = tuple(sorted(change.after)) if change.op is Op.UPDATE else (change.op,)
    return replace(change, reason=f"{change.reason}; approved by {by}", approved=what)


def freed(change: Change, approved: Approved) -> Change:
    """The same change, which says what of it is approved: all, or some fields of an update.

    A field is approved that was held by itself; so are those that were held together because
    others of the same update were held by themselves.
    """
    if not approved:
        return change
    if (whole := signed(change, approved)) is not None:
        return whole
    if change.op is not Op.UPDATE:
        return change
    found: dict[str, list[str]] = defaultdict(list)
    rest = set(change.after)
    for name in sorted(change.after):
        if by := approved.get(approval_print(only(change, {name}))):
            found[by].append(name)
            rest.discard(name)
    if found and rest and (by := approved.get(approval_print(only(change, rest)))):
        found[by] += rest
    words = "".join(f"; {', '.join(sorted(some))} approved by {by}" for by, some in found.items())
    fields = tuple(sorted(name for some in found.values() for name in some))
    return replace(change, reason=change.reason + words, approved=fields) if found else change


def used_prints(change: Change, given: Collection[str]) -> set[str]:
    """Which of the prints that were `given` for changes of its id an approved change, once it is
    made, was let through by. Where it is less than any of them, they are all used up: some of it
    was made, and is to be approved anew."""
    if change.op is not Op.UPDATE:
        found = {approval_print(change)} if change.approved else set[str]()
        return found.intersection(given)
    fields = set(change.approved) & change.after.keys()
    if not fields:
        return set()
    alone = {name: approval_print(only(change, {name})) for name in fields}
    rest = {name for name in fields if alone[name] not in given}
    found = {*alone.values(), *(approval_print(only(change, some)) for some in (fields, rest))}
    return found.intersection(given) or set(given)
