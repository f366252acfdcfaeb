"""Messages: one an event and not one a cycle, whoever leads, and no more of anybody than wanted."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.config.running import Event, NotifySettings
from syncd.core.model import Key, Kind, Op
from syncd.core.plan import Change, Problem, Refusal
from syncd.daemon.messages import Found, News, news
from syncd.daemon.open_events import Open
from syncd.ledger import Reading
from tests.daemon.logged import AT, standing

ALL = NotifySettings(link="https://syncd.example.org/")
LOGINS = NotifySettings(people="logins")


def holding(*names):
    """A standing that holds the deletion of these, and what its plan found."""
    held = tuple(
        Refusal(Change(Op.DELETE, Kind.USER, Key(f"p:{name}"), name), "over 5 a day")
        for name in names
    )
    counts = {"user.delete": len(names)} if names else {}
    return standing(held=counts, digest="0123456789abcdef"), Found(held)


def at_odds(*names):
    problems = tuple(
        Problem(Kind.USER, Key(f"p:{name}"), name, f"{name} took it") for name in names
    )
    return standing(conflicts=len(names)), Found((), problems)


class Reader:
    """Somebody who is told, with a ledger that keeps of what."""

    def __init__(self, settings=ALL):
        self.settings, self.told, self.messages = settings, {}, []

    def cycle(self, standing, found=None) -> list[Event]:
        """The events that this cycle made a message of."""
        told: News = news(standing, self.told, found or Found(), self.settings)
        changes = dict(told.settled) | {one.tells: one.told for one in told.messages}
        merged = {**self.told, **changes}
        self.told = {event: word for event, word in merged.items() if word is not None}
        self.messages += told.messages
        return [one.event for one in told.messages]


def test_what_is_held_is_told_of_once():
    """However many cycles hold it; a message has the count, the command and the link."""
    reader = Reader()

    assert reader.cycle(*holding("ada", "ben")) == [Event.HELD]
    assert [reader.cycle(*holding("ada", "ben")) for _ in range(100)] == [[]] * 100
    (message,) = reader.messages
    assert message.text.title == "syncd: wiki: 2 changes held"
    assert message.text.lines == (
        "Sync wiki, target store.",
        "2 changes wait for an approval: delete 2 users.",
        "Look at what it is: syncd plan --sync wiki",
        "If it is meant: syncd approve 0123456789ab",
        "https://syncd.example.org/",
    )


def test_more_or_other_held_changes_are_news_and_fewer_are_not():
    """By what is held, not by its number."""
    reader = Reader()
    cycles = [("ada",), ("ada", "ben"), ("ada",), ("cid",), ("cid",), (), ("cid",)]

    assert [reader.cycle(*holding(*names)) == [Event.HELD] for names in cycles] == [
        True,
        True,
        False,
        True,
        False,
        False,
        True,
    ]


def test_only_new_conflicts_are_news():
    """And those that were decided and come again."""
    reader = Reader()
    cycles = [("ada",), ("ada", "ben"), ("ben",), ("ben",), (), ("ben",)]

    told = [reader.cycle(*at_odds(*names)) == [Event.CONFLICT] for names in cycles]
    assert told == [True, True, False, False, False, True]


def failing(times, outcome="source failed"):
    return standing(outcome=outcome, failures=times, failing_since=AT, trouble="secret words")


def test_a_failure_is_told_of_after_so_many_and_its_end_once():
    """One failure that is over at once is nobody's business."""
    reader = Reader()

    told = [
        reader.cycle(failing(times) if times else standing())
        for times in (1, 2, 0, 1, 2, 3, 4, 5, 0, 0)
    ]
    assert told == [[]] * 5 + [[Event.FAILING], [], [], [Event.RECOVERED], []]
    first, last = reader.messages
    assert first.text.title == "syncd: wiki: failing: source failed"
    assert (
        "It has failed 3 times in a row, since 2026-04-01 08:30:00 UTC: source failed."
        in first.text.lines
    )
    assert "secret words" not in first.text.body
    assert (
        last.text.lines[1]
        == "It failed from 2026-04-01 08:30:00 UTC, and works since 2026-04-01 08:30:00 UTC."
    )


INCOMPLETE = {
    "withheld": ("source hr was not read whole",),
    "withheld_changes": {"user.suspend": 4},
    "sources": {"hr": Reading(gaps=("uid=ada cannot be read",)), "ad": Reading()},
}


def test_withheld_removals_are_told_of_until_all_is_read_whole():
    """Three times in a row, so that one that fails every other time is told of once, however many
    removals they become; the source is named, its gaps are not quoted."""
    reader = Reader()
    more = {**INCOMPLETE, "withheld_changes": {"user.suspend": 9}}

    whole, gaps = [standing()], [standing(**INCOMPLETE), standing(**more)]
    cycles = [*gaps, *whole * 2, *gaps, *whole, *gaps, *whole * 3, *gaps]
    told = [number for number, one in enumerate(cycles) if reader.cycle(one)]
    assert told == [0, 12]
    body = reader.messages[0].text.body
    assert "Not read whole: source hr. 4 removals withheld until it is: suspend 4 users." in body
    assert "ada" not in body


def test_what_nobody_saw_whole_is_not_over():
    """A source that fails every other night must not make last week's held changes news again."""
    reader = Reader()
    assert reader.cycle(*holding("ada")) == [Event.HELD]

    for _ in range(10):
        assert Event.HELD not in reader.cycle(standing(**INCOMPLETE))
        assert reader.cycle(standing(outcome="source failed", failures=1, failing_since=AT)) == []
        assert Event.HELD not in reader.cycle(*holding("ada"))


def test_with_nothing_of_people_no_message_has_a_name():
    """Not a login, not a key, not an error, which may quote either."""
    reader = Reader()
    for told in (
        holding("ada.secret"),
        at_odds("ada.secret"),
        (failing(3),),
        (standing(**INCOMPLETE),),
    ):
        reader.cycle(*told)

    assert len(reader.messages) == 4 + 1  # the failure is over as well
    for message in reader.messages:
        for word in ("ada", "p:", "over 5", "took it", "secret"):
            assert word not in message.text.title + message.text.body


def test_with_logins_a_message_names_the_first_ten():
    """Without whatever chat programs would take for markup or a call to everybody."""
    reader = Reader(LOGINS)
    odd = [
        "ada@example.org",
        "@everyone",
        "<!channel>",
        "a\nb",
        "*x*",
        "[u](http://h)",
        "zoë.müller",
    ]
    reader.cycle(*holding(*odd, *map(str, range(10))))

    shown = reader.messages[0].text.lines[2]
    assert shown == (
        "ada@example.org, ?everyone, ??channel?, a?nb, ?x?, ?u??http???h?, zoë.müller, 0, 1, 2"
        " and 7 more"
    )


@pytest.mark.parametrize("event", Event)
def test_an_event_that_nobody_wants_makes_no_message(event):
    """And is told of as new once somebody does."""
    others = [one for one in Event if one is not event]
    reader = Reader(NotifySettings(events=others))
    for told in (
        holding("ada"),
        at_odds("ben"),
        (standing(**INCOMPLETE),),
        (failing(3),),
        (standing(),),
    ):
        assert event not in reader.cycle(*told)

    if event not in {Event.FAILING, Event.RECOVERED}:
        told = {
            Event.HELD: holding("ada"),
            Event.CONFLICT: at_odds("ben"),
            Event.WITHHELD: (standing(**INCOMPLETE),),
        }
        reader.cycle(*told[event])
        reader.settings = ALL
        assert reader.cycle(*told[event]) == [event]


def test_a_scripted_month_has_a_message_for_each_event():
    """2,880 cycles, every 15 minutes, with a bad night, a mass departure and a conflict."""
    reader, told = Reader(), []
    for number in range(2_880):
        day, quarter = divmod(number, 96)
        now = standing()
        found = Found()
        if day == 3 and quarter < 20:
            now = failing(quarter + 1, "target failed")
        elif 10 <= day < 12:
            now, found = holding(*map(str, range(48)))
        elif day == 12 and quarter == 0:
            now, found = holding(*map(str, range(49)))
        elif 20 <= day < 25:
            now, found = at_odds("ada")
            if quarter % 2 == 0:
                now = replace(
                    now, withheld=INCOMPLETE["withheld"], withheld_changes={"user.suspend": 1}
                )
        now = replace(now, ended_at=AT + timedelta(minutes=15 * number))
        told += [(day, event) for event in reader.cycle(now, found)]

    expected = [(3, Event.FAILING), (3, Event.RECOVERED), (10, Event.HELD), (12, Event.HELD)]
    assert told == [*expected, (20, Event.WITHHELD), (20, Event.CONFLICT)]


NAMES = st.sets(st.sampled_from(["ada", "ben", "cid", "dot"]), max_size=3)
BROKEN = st.just("source failed") | st.just("broken by a bug")


@st.composite
def a_month(draw):
    """Standings as cycles leave them: failures count up, and what broke off keeps older counts."""
    cycles, failures, last = [], 0, (standing(), Found())
    for _ in range(draw(st.integers(1, 25))):
        match draw(st.integers(0, 3)):
            case 0:
                failures += 1
                since = AT + timedelta(hours=len(cycles))
                last = (
                    replace(last[0], outcome=draw(BROKEN), failures=failures, failing_since=since),
                    last[1],
                )
            case 1:
                failures = 0
                last = standing(**INCOMPLETE), Found()
            case _:
                failures = 0
                held, odds = holding(*draw(NAMES)), at_odds(*draw(NAMES))
                now = replace(held[0], conflicts=odds[0].conflicts)
                last = now, Found(held[1].held, odds[1].conflicts)
        cycles.append(last)
    return cycles


@given(a_month(), st.sets(st.sampled_from(list(Event))))
def test_no_event_is_told_of_twice_while_it_lasts(cycles, events):
    """A change or a conflict is news once until a whole reading was without it; between two
    messages of a failure lies a success, and each recovery answers one of them."""
    reader = Reader(NotifySettings(events=tuple(events)))
    open_changes: set = set()
    open_conflicts: set = set()
    failed, whole_in_a_row = False, 3
    for now, found in cycles:
        told = reader.cycle(now, found)
        assert set(told) <= events
        ran = now.outcome == "done"
        changes, conflicts = (
            {one.change.id for one in found.held},
            {one.key for one in found.conflicts},
        )
        if ran:
            assert (Event.HELD in told) is (Event.HELD in events and bool(changes - open_changes))
            assert (Event.CONFLICT in told) is (
                Event.CONFLICT in events and bool(conflicts - open_conflicts)
            )
            gaps = bool(now.withheld)
            news_of_gaps = gaps and whole_in_a_row >= 3
            assert (Event.WITHHELD in told) is (Event.WITHHELD in events and news_of_gaps)
            whole_in_a_row = 0 if gaps else whole_in_a_row + 1
            whole = not now.withheld
            open_changes = changes if whole else changes | open_changes
            open_conflicts = conflicts if whole else conflicts | open_conflicts
        else:
            assert not {Event.HELD, Event.CONFLICT, Event.WITHHELD} & set(told)
        assert (Event.FAILING in told) is (
            Event.FAILING in events and now.failures >= 3 and not failed
        )
        assert (Event.RECOVERED in told) is (
            Event.RECOVERED in events and failed and now.failures == 0
        )
        failed = (failed or Event.FAILING in told) and now.failures > 0


def many(numbers):
    return [(str(number),) for number in numbers]


@given(st.sets(st.integers(0, 60), max_size=40), st.sets(st.integers(0, 60), max_size=40))
def test_a_small_set_is_known_exactly(told, now):
    """Whatever the ledger made of it meanwhile."""
    kept = Open.read(str(Open.of(many(told), len(told))))

    assert Open.of(many(now), len(now)).has_more_than(kept) is bool(now - told)


def test_of_a_large_set_more_is_always_news_and_a_part_never():
    """It is kept in some three thousand letters, however large."""
    told = str(Open.of(many(range(100_000)), 100_000))
    kept = Open.read(told)

    assert len(told) < 4_000
    assert not Open.of(many(range(100_000)), 100_000).has_more_than(kept)
    assert not Open.of(many(range(50, 99_000)), 98_950).has_more_than(kept)
    assert Open.of(many(range(100_001)), 100_001).has_more_than(kept)
    assert Open.of(many(range(50_000, 150_000)), 100_000).has_more_than(kept)
