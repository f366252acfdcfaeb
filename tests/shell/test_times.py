"""Times and durations in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from syncd.render.times import ago, clock, length, rfc3339

NOW = datetime(2026, 4, 1, 8, 25, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=-9), "just now"),
        (timedelta(seconds=42), "42 s ago"),
        (timedelta(seconds=-42), "in 42 s"),
        (timedelta(minutes=89, seconds=59), "89 min ago"),
        (timedelta(minutes=90), "1 h ago"),
        (timedelta(hours=-35), "in 35 h"),
        (timedelta(hours=36), "1 day ago"),
        (timedelta(days=1500), "1,500 days ago"),
    ],
)
def test_a_time_is_said_as_people_say_it(passed, words):
    """In the unit that tells most, forwards and backwards."""
    assert ago(NOW - passed, NOW) == words


def test_a_length_is_never_less_than_nothing():
    """Clocks of two machines may disagree."""
    assert length(timedelta(seconds=-5)) == "0 s"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW.replace(hour=0, minute=1), "00:01 UTC"),
        (NOW - DAY, "31 Mar 08:25 UTC"),
        (NOW - 365 * DAY, "1 Apr 2025 08:25 UTC"),
        (NOW.astimezone(tz=None), "08:25 UTC"),
    ],
)
def test_a_clock_shows_as_much_of_the_day_as_is_not_plain(at, words):
    """The time of today, the day of this year, and else the year."""
    assert clock(at, NOW) == words


@pytest.mark.parametrize(
    ("timespec", "text"),
    [("seconds", "2026-04-01T08:25:00Z"), ("milliseconds", "2026-04-01T08:25:00.000Z")],
)
def test_what_is_written_for_machines_is_read_again(timespec, text):
    """RFC 3339, in UTC whatever zone it was given in."""
    written = rfc3339(NOW.astimezone(timezone(timedelta(hours=2))), timespec)

    assert (written, datetime.fromisoformat(written)) == (text, NOW)
