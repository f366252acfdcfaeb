"""What an approval is of: a change by what it means, however and why it came into a plan."""

from collections.abc import Mapping
from datetime import datetime
from unicodedata import normalize

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.model import Op
from syncd.core.plan import Change
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
    they in the ledger or in `files`."""

    people: int = 1
    files: tuple[Filed, ...] = ()


ANYBODYS = Consent()


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
    return replace(change, reason=f"{change.reason}; approved by {by}")
