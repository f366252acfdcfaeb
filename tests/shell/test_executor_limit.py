"""How many calls may be under way: fewer when the target has trouble, more again after."""

import pytest

from syncd.core.model import Key, Kind, Op
from syncd.core.plan import Change
from syncd.errors import Denied, Unavailable
from syncd.executor.attempt import Job
from syncd.executor.limit import Limit

LOST = Unavailable("connection lost")
QUICK, SLOW = 0.1, 0.3


class Line:
    """Calls through a limit of 16, with a clock of its own."""

    def __init__(self, width=16):
        self.limit = Limit(width)
        self.now = 1000.0

    def begin(self, op=Op.CREATE):
        assert self.limit.admits(self.now)
        job = Job([1], [Change(op, Kind.USER, Key("ada"), "ada")])
        self.limit.begin(job)
        return job

    def end(self, job, error=None, seconds=QUICK):
        self.limit.end(job, error, seconds, self.now)

    def round(self, error=None, seconds=QUICK, op=Op.CREATE):
        """As many calls as may be, all under way together."""
        jobs = []
        while self.limit.admits(self.now):
            jobs.append(self.begin(op))
        for job in jobs:
            self.end(job, error, seconds)
        return len(jobs)


def test_it_begins_with_what_the_target_declares_and_never_has_more():
    """However well it goes."""
    line = Line()
    assert [line.round() for _ in range(10)] == [16] * 10


def test_trouble_halves_it_once_for_calls_that_were_under_way_together():
    """Down to one, and never to none."""
    line = Line()
    refused = Unavailable("busy", refused=True, retry_after=0)
    assert [line.round(refused) for _ in range(6)] == [16, 8, 4, 2, 1, 1]


def test_a_round_of_good_answers_gives_one_more():
    """Back to what is declared, one by one."""
    line = Line(4)
    line.round(LOST)
    assert [line.round() for _ in range(5)] == [2, 3, 4, 4, 4]


@pytest.mark.parametrize(("asked", "wait"), [(7.0, 7.0), (0.0, 0.0), (None, 1.0)])
def test_nobody_calls_before_the_time_that_the_target_asked_for(asked, wait):
    """Where it names none, a second, and longer with each try."""
    line = Line()
    one, other = line.begin(), line.begin()
    line.end(one, Unavailable("busy", refused=True, retry_after=asked))
    assert line.limit.until == line.now + wait
    assert line.limit.admits(line.now) == (wait == 0)
    line.end(other)
    line.now += wait
    assert line.limit.admits(line.now)


def test_an_earlier_time_does_not_shorten_a_later_one():
    """Two answers, and the more patient one counts."""
    line = Line()
    one, other = line.begin(), line.begin()
    line.end(one, Unavailable("busy", refused=True, retry_after=60))
    line.end(other, Unavailable("busy", refused=True, retry_after=1))
    assert line.limit.until == line.now + 60


def test_clearly_longer_answers_halve_it():
    """And it grows again once they are as quick as before."""
    line = Line()
    for _ in range(5):
        line.round()
    assert [line.round(seconds=SLOW) for _ in range(3)] == [16, 8, 4]
    assert [line.round() for _ in range(12)] == [*range(5, 17)]


def test_what_is_always_slow_is_not_slower():
    """A target that takes its time gets as many calls as it declares."""
    line = Line()
    assert [line.round(seconds=5.0) for _ in range(10)] == [16] * 10


def test_a_target_that_stays_slower_is_taken_as_it_is_in_the_end():
    """It would be left alone for ever otherwise."""
    line = Line()
    for _ in range(5):
        line.round()
    widths = [line.round(seconds=SLOW) for _ in range(400)]
    assert min(widths) <= 2
    assert widths[-1] == 16


def test_a_few_milliseconds_more_are_no_sign():
    """They may be this machine's own."""
    line = Line()
    for _ in range(5):
        line.round(seconds=0.002)
    assert line.round(seconds=0.02) == line.round(seconds=0.02) == 16


def test_verbs_are_compared_with_themselves():
    """That deletions take longer than creations says nothing."""
    line = Line()
    for _ in range(5):
        line.round()
    assert [line.round(seconds=SLOW, op=Op.DELETE) for _ in range(5)] == [16] * 5


def test_three_times_in_a_row_without_an_answer_is_the_end():
    """An answer in between begins the count anew."""
    line = Line(1)
    for error in (LOST, LOST, None, LOST, LOST):
        line.round(error)
    assert not line.limit.over
    line.round(LOST)
    assert line.limit.over
    assert not line.limit.admits(line.now)


def test_any_other_trouble_is_the_end_at_once():
    """Nobody begins another call between the answer and who hears of it."""
    line = Line()
    job = line.begin()
    line.end(job, Denied("no"))
    assert not line.limit.admits(line.now)
