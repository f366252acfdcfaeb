"""What a server says, whatever it says: how long to wait, and words that are safe to show."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.backends.http import retry_after
from syncd.backends.http.origin import pointed
from syncd.backends.http.said import LONGEST, said
from syncd.redact import Redactor

NOW = "Sun, 06 Nov 1994 08:49:07 GMT"
YEAR = 365 * 86_400
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2068, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("120", 120.0),
        (" 0 ", 0.0),
        ("007", 7.0),
        ("9" * 5000, YEAR),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("٣", None),
        ("1, 2", None),
        ("soon", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 30.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 30.0),
        ("Sun Nov  6 08:49:37 1994", 30.0),
        ("Sun, 06 Nov 1994 08:49:00 GMT", 0.0),
        ("Sun, 99 Nov 1994 08:49:00 GMT", None),
        ("Sun, 06 Nov 9999 08:49:00 GMT", YEAR),
        ("Sun, 06 Nov 1994 08:49:37 +9999999999", None),
    ],
)
def test_a_time_to_come_back_is_seconds_or_a_date(value, seconds):
    """In any of the three forms of RFC 9110, section 5.6.7."""
    assert retry_after(value, NOW) == seconds


@settings(deadline=None)
@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_a_date_is_as_far_away_as_the_server_says(now, wait):
    """By its own clock: ours may be wrong."""
    until = format_datetime(now + wait, usegmt=True)
    told = retry_after(until, format_datetime(now, usegmt=True))
    assert told == int(wait.total_seconds())
    assert retry_after(format_datetime(now, usegmt=True), until) == 0


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[0-9A-Za-z,: +-]{0,40}"), st.none() | st.text())
def test_whatever_is_told_a_wait_is_never_negative_nor_for_ever(value, date):
    """And nothing is raised."""
    told = retry_after(value, date)
    assert told is None or 0 <= told <= YEAR


def test_without_a_date_the_clock_here_counts():
    """A server need not say what time it is."""
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 98 <= (retry_after(soon) or 0) <= 100


SECRET = "S3cret/Tok en+ü"
KINDS = st.sampled_from(["application/json", "text/plain", "text/html", "", "nonsense"])


@settings(deadline=None)
@given(st.binary(max_size=2000), KINDS)
def test_whatever_a_server_says_is_one_short_line(body, kind):
    """For logs, terminals and pages."""
    text = said(body, kind, Redactor())
    assert len(text) <= LONGEST
    assert text.isprintable()


@settings(deadline=None)
@given(
    st.text(max_size=400),
    st.text(max_size=400),
    st.sampled_from(["", '{"message": "', "<title>"]),
    KINDS,
)
def test_a_secret_is_in_no_words_wherever_it_stood(before, after, begin, kind):
    """Nor the beginning of one, where the words were cut."""
    redact = Redactor()
    redact.learn([SECRET])
    text = said(f"{begin}{before}{SECRET}{after}".encode("utf-8", "replace"), kind, redact)
    assert SECRET not in text
    assert "S3cret" not in text or "S3cret" in before + after


@settings(deadline=None)
@given(st.text(max_size=500))
def test_where_a_link_leads_is_told_without_secrets(path):
    """Those stand in the query, and before the host."""
    text = pointed(f"https://me:pw@wiki.example/{path}?token=abc")
    assert text.startswith("https://wiki.example/")
    assert text.isprintable()
    assert len(text) <= 300
    assert "token=abc" not in text
