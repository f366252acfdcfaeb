"""For how long a server asks to be left alone (RFC 9110, section 10.2.3)."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 365 * 86_400.0
_SECONDS = re.compile(r"[0-9]+")


def retry_after(value: str | None, date: str | None = None) -> float | None:
    """Seconds, at most a year; None where `value` is neither a number of seconds nor an HTTP-date.

    A date is compared with the answer's own `date`, so that wrong clocks do not matter.
    """
    text = (value or "").strip(" \t")
    if _SECONDS.fullmatch(text):
        return min(LONGEST, float(text))
    until = _moment(text)
    if until is None:
        return None
    now = _moment(date or "") or datetime.now(UTC)
    return min(LONGEST, max(0.0, (until - now).total_seconds()))


def _moment(text: str) -> datetime | None:
    """All three forms of section 5.6.7; they are in GMT whether they say so or not."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
