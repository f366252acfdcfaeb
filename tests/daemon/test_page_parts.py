"""What the pages are made of: how a sync is, its chart, and what others changed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.model import Key, Kind, Op, Ref
from syncd.daemon.status.chart import COLUMN, GAP, HEIGHT, KINDS, chart
from syncd.daemon.status.drift import drift
from syncd.daemon.status.health import Health, headline, states
from syncd.ledger import Day, Ledger, Line, Standing
from tests.daemon.company import Shown

NOW = datetime(2026, 4, 1, 8, 25, tzinfo=UTC)
DAY = timedelta(days=1)


def standing(**how):
    given = {"sync": "wiki", "target": "wiki", "began_at": NOW, "ended_at": NOW, "outcome": "done"}
    return Standing(**{**given, **how})


class Alone(Shown):
    """A daemon of one sync."""

    def __init__(self, company, stands, **how) -> None:
        self.kept = Ledger.in_memory()
        if stands is not None:
            self.kept.desk.stand(stands)
        one = {"wiki": company.settings.syncs["wiki"].model_copy(update=how.pop("sync", {}))}
        self.following = how.pop("following", NOW)
        super().__init__(
            company, settings=company.settings.model_copy(update={"syncs": one}), **how
        )

    @property
    def ledger(self):
        return self.kept

    def next_runs(self):
        return {"wiki": self.following}


@pytest.mark.parametrize(
    ("stands", "how", "health", "line"),
    [
        (None, {}, Health.NEVER, "1 sync has yet to run"),
        (None, {"sync": {"enabled": False}}, Health.OFF, "No sync is configured"),
        (standing(), {}, Health.GOOD, "All is well"),
        (standing(refused=3), {}, Health.GOOD, "All is well"),
        (standing(), {"leader": False, "following": None}, Health.WAITING, "1 sync has yet to run"),
        (standing(), {"following": NOW - DAY}, Health.ATTENTION, "1 of 1 sync needs you"),
        (standing(held={"user.suspend": 2}), {}, Health.ATTENTION, "1 of 1 sync needs you"),
        (standing(conflicts=1), {}, Health.ATTENTION, "1 of 1 sync needs you"),
        (standing(unmapped=1), {}, Health.ATTENTION, "1 of 1 sync needs you"),
        (standing(unsettled=1), {}, Health.ATTENTION, "1 of 1 sync needs you"),
        (standing(withheld=("a gap",)), {}, Health.ATTENTION, "1 of 1 sync needs you"),
        (standing(failures=1), {}, Health.FAILING, "1 of 1 sync needs you"),
    ],
)
def test_a_sync_is_as_its_last_cycle_and_the_clock_say(company, stands, how, health, line):
    """In one word, which the headline counts; what is refused on purpose troubles nobody."""
    live = Alone(company, stands, **how)
    found = states(live, NOW)
    assert [one.health for one in found] == [health]
    assert headline(found) == line
    assert bool(found[0].why) is (health is not Health.GOOD)
    live.kept.close()


WHAT = st.sampled_from([*(f"{kind}.{op}" for kind in Kind for op in Op), "failed", "odd.word"])
DAYS = st.lists(
    st.builds(
        Day,
        st.just("wiki"),
        st.integers(-20, 3).map(lambda back: NOW.date() + timedelta(days=back)),
        WHAT,
        st.integers(1, 10**7),
    ),
    max_size=40,
)


@given(DAYS, st.sampled_from([14, 30]))
def test_every_chart_fits_its_picture_and_counts_what_is_in_it(days, number):
    """Bars stand on each other without a gap, each of them is seen, and none leaves the picture."""
    made = chart(days, NOW.date(), number)
    shown = [one for one in days if 0 <= (NOW.date() - one.day).days < number]
    assert sum(made.counts.values()) == sum(one.number for one in shown)
    assert made.width == number * COLUMN - GAP
    for column in made.columns:
        assert set(column.counts) == {bar.kind for bar in column.bars} <= set(KINDS)
        assert sum(column.counts.values()) == sum(
            one.number for one in shown if one.day == column.day
        )
        top = float(HEIGHT)
        for bar in column.bars:
            assert bar.height >= 2.9
            assert bar.y + bar.height == pytest.approx(top, abs=0.02)
            top = bar.y
        assert top >= 0


def test_a_chart_says_in_words_what_it_shows():
    """How much, what failed, and on which day most."""
    day = date(2026, 3, 30)
    made = chart([Day("w", day, "user.create", 3), Day("w", day, "failed", 1)], NOW.date(), 14)
    assert made.words == "3 changes in 14 days, 1 failed; most on 2026-03-30: 3 created, 1 failed."
    assert chart([], NOW.date(), 14).words == "Nothing changed in 14 days."


def line(number: int, op: Op, kind: Kind = Kind.USER, **how) -> Line:
    given = {"key": Key("ada"), "member": None, "before": {}, "after": {}, "outcome": "done", **how}
    return Line(
        line=number,
        run=number,
        sync="wiki",
        op=op,
        kind=kind,
        name="ada",
        ref=Ref("1"),
        member_ref=None,
        reason="",
        begun_at=NOW,
        ended_at=NOW,
        error="",
        **given,
    )


MADE = line(1, Op.CREATE, after={"user_name": "ada", "title": "Poet"})


def title(number: int, before: str | None, after: str | None, **how) -> Line:
    return line(number, Op.UPDATE, before={"title": before}, after={"title": after}, **how)


def found_in(*lines: Line, since: int = 0) -> list[tuple]:
    asked = [one for one in lines if one.line >= since]
    return [
        (one.line.line, one.field, one.written, one.found, one.put) for one in drift(asked, lines)
    ]


def test_what_is_not_as_it_was_written_was_changed_by_another_hand():
    """Whether syncd puts it back or writes something newer; what it left itself is no drift."""
    history = (
        MADE,
        title(2, "Poet", "Countess"),
        title(3, "Queen", "Countess"),
        title(4, None, "Dr."),
    )
    assert found_in(*history) == [
        (4, "title", "Countess", None, "Dr."),
        (3, "title", "Countess", "Queen", "Countess"),
    ]


def test_only_what_is_asked_about_is_told():
    """Earlier lines are known from, and not told of."""
    assert found_in(MADE, title(2, "Queen", "Poet"), title(3, "Poet", "Dr."), since=3) == []


@pytest.mark.parametrize(
    "history",
    [
        (title(2, "Queen", "Poet"),),
        (MADE, title(2, "poet", "Countess")),
        (MADE, title(2, "Countess", "Dr.", outcome="failed"), title(3, "Poet", "Dr.")),
        (MADE, line(2, Op.DELETE), MADE),
        (MADE, line(2, Op.SUSPEND, before={"active": True}, after={"active": False})),
        (title(1, "Poet", ""), title(2, None, "Poet")),
    ],
)
def test_what_nobody_can_know_or_nobody_changed_is_no_drift(history):
    """A field that syncd never wrote, a change that failed, other case, and none for empty."""
    assert found_in(*history) == []


def test_whole_accounts_and_members_are_missed_too():
    """What was made twice was gone, what was suspended twice was active, and so with members."""

    def member(number, op):
        return line(number, op, Kind.MEMBER, key=Key("g"), member=Key("ada"))

    suspended = {"before": {"active": True}, "after": {"active": False}}
    again = line(2, Op.CREATE, after=MADE.after)
    assert found_in(MADE, again) == [(2, "account", True, False, True)]
    assert found_in(MADE, line(2, Op.SUSPEND, **suspended), line(3, Op.SUSPEND, **suspended)) == [
        (3, "active", False, True, False)
    ]
    assert found_in(
        member(1, Op.ADD), member(2, Op.ADD), member(3, Op.REMOVE), member(4, Op.REMOVE)
    ) == [
        (4, "member", False, True, False),
        (2, "member", True, False, True),
    ]
