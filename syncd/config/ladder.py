"""The settings of the ladder and of legal holds, as the core knows them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TypedDict

from syncd.config.settings import LegalHoldSettings, PolicySettings
from syncd.core.hold import Hold
from syncd.core.policy import Leavers


class Rungs(TypedDict):
    """Fields of a `Policy`."""

    leavers: Leavers
    grace: timedelta
    suspend_after: timedelta
    strip_after: timedelta | None
    group_grace: timedelta | None


def rungs(policy: PolicySettings) -> Rungs:
    """A ladder instead of `leavers` and `grace`, or these two."""
    ladder = policy.ladder
    if ladder is None:
        return {
            "leavers": policy.leavers,
            "grace": policy.grace,
            "suspend_after": timedelta(),
            "strip_after": None,
            "group_grace": None,
        }
    return {
        "leavers": Leavers.SUSPEND if ladder.delete is None else Leavers.DELETE,
        "grace": policy.grace if ladder.delete is None else ladder.delete,
        "suspend_after": ladder.suspend,
        "strip_after": ladder.strip,
        "group_grace": policy.grace,
    }


def hold(given: LegalHoldSettings) -> Hold:
    return Hold(
        given.user,
        given.reason,
        "the configuration",
        until=end_of(given.until) if given.until else None,
        suspend=given.suspend,
        pattern=True,
    )


def end_of(day: date) -> datetime:
    """The moment at which it is over, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)
