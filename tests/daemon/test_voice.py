"""What the daemon says of its cycles, changes and troubles: which events, with which fields."""

import json
import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from syncd.config.running import LogSettings
from syncd.core.model import Key, Kind, Op
from syncd.ledger import FAILED, Reading
from tests.daemon.logged import AT, change, ended, logged, standing

CONSOLE = LogSettings(format="console")
JSON = LogSettings(format="json")
TEXT = st.text(st.characters(categories=["L", "N", "P", "Z", "C"]), max_size=20)


def test_a_change_is_an_event_with_all_that_a_program_asks_for():
    """In JSON: sync, run, op, kind, key, name, and the values before and after."""
    moved = change(
        before={"title": "Engineer"}, after={"title": "Chief", "phone": None}, reason="changed"
    )

    with logged() as log:
        log.voice.changes("wiki", 12, [ended(moved)])

    assert log.only() == {
        "level": "info",
        "event": "change",
        "sync": "wiki",
        "run": 12,
        "op": "update",
        "kind": "user",
        "key": "people:ada",
        "name": "ada",
        "outcome": "done",
        "ref": "7",
        "before": {"title": "Engineer"},
        "after": {"title": "Chief", "phone": None},
        "reason": "changed",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", log.events[0]["ts"])


def test_a_line_for_people_has_time_level_event_and_words():
    """Values of one word stand bare, others in quotes."""
    moved = change(before={"title": "Engineer"}, after={"title": "Chief Engineer", "admin": True})

    with logged(CONSOLE) as log:
        log.voice.changes("wiki", 12, [ended(moved)])

    (shown,) = log.lines
    at, rest = shown[:20], shown[21:]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", at)
    assert rest == (
        "info    change sync=wiki run=12 op=update kind=user key=people:ada name=ada outcome=done"
        ' ref=7 before.title=Engineer after.title="Chief Engineer" after.admin=yes'
    )


def test_a_failed_change_is_a_warning_with_the_reason():
    """It is told of where changes that went well are not."""
    quiet = LogSettings(format="json", level="warning")

    with logged(quiet) as log:
        log.voice.changes(
            "wiki", 1, [ended(change()), ended(change("ben"), FAILED, "no such thing")]
        )

    told = log.only()
    assert (told["level"], told["name"], told["error"]) == ("warning", "ben", "no such thing")


@given(name=TEXT, value=TEXT, sync=TEXT)
def test_no_value_makes_a_line_of_its_own(name, value, sync):
    """A login with a line break, or anything else, forges nothing; JSON gives the value back."""
    moved = change(name, before={"title": value})
    for settings in (JSON, CONSOLE):
        with logged(settings) as log:
            log.voice.changes(sync, 1, [ended(moved)])

        (shown,) = log.text.splitlines()
        steering = {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert (
            not {unicodedata.category(one) for one in shown if one not in "\u200c\u200d"} & steering
        )
        if settings is JSON:
            told = json.loads(shown)
            assert (told["name"], told["before"], told["sync"]) == (name, {"title": value}, sync)


def test_no_value_passes_for_a_field():
    """What looks like `name=value` stays inside its quotes."""
    sly = 'x" level=error event="leader lost" y="'

    with logged(CONSOLE) as log:
        log.voice.changes("wiki", 1, [ended(change(before={"title": sly}))])

    assert f"before.title={json.dumps(sly)}" in log.text


def test_values_that_should_be_hidden_stand_in_no_line():
    """By globs without regard to case, in names, reasons and errors that quote them too."""
    settings = LogSettings(format="json", hide=["PHONE", "attributes.*", "user_name"])
    gone = change(
        before={"phone": "555-0101", "title": "Engineer"},
        after={"phone": None, "attributes.room": "B 12", "title": "Chief"},
        reason="phone 555-0101 is gone",
    )

    with logged(settings) as log:
        log.voice.changes("wiki", 1, [ended(gone, FAILED, "room 'B 12' of ada is no room")])

    told = log.only()
    assert told["before"] == {"phone": "…", "title": "Engineer"}
    assert told["after"] == {"phone": None, "attributes.room": "…", "title": "Chief"}
    assert told["name"] == "…"
    assert told["error"] == "room '…' of … is no room"
    assert told["reason"] == "phone … is gone"
    assert told["key"] == "people:ada"


def test_keys_members_and_refs_can_be_hidden_too():
    """Where keys are names; a group's name goes with the user's in a member's change."""
    settings = LogSettings(format="json", hide=["key", "member", "ref", "display_name"])
    joins = change("ada in Staff", Op.ADD, Kind.MEMBER, member=Key("people:ada"))

    with logged(settings) as log:
        log.voice.changes("wiki", 1, [ended(joins)])

    told = log.only()
    assert [told[name] for name in ("key", "member", "ref", "name")] == ["…"] * 4


def test_a_cycle_ends_with_its_counts_and_what_somebody_should_look_at():
    """One event for each of these, with the command that answers it."""
    now = standing(
        run=12,
        digest="0123456789abcdef",
        planned={"user.create": 3},
        done={"user.create": 2},
        failed={"user.create": 1},
        held={"user.delete": 12},
        outcome="failed",
        trouble="create of a user: no",
        failures=2,
        failing_since=AT,
        conflicts=2,
        withheld=("source hr was not read whole",),
        withheld_changes={"user.suspend": 4},
        sources={"hr": Reading(users=5, gaps=("page 2: timed out",))},
    )

    with logged() as log:
        log.voice.cycle_begun("wiki")
        log.voice.cycle_ended(None, now, 1.23456)

    shown = {one.pop("event"): one for one in log.events}
    assert [(name, one["level"]) for name, one in shown.items()] == [
        ("cycle begun", "info"),
        ("cycle ended", "info"),
        ("held", "notice"),
        ("conflicts", "notice"),
        ("source incomplete", "warning"),
        ("withheld", "warning"),
        ("failed", "error"),
    ]
    ended_ = shown["cycle ended"]
    assert (ended_["planned"], ended_["done"], ended_["failed"], ended_["held"]) == (3, 2, 1, 12)
    assert ended_["seconds"] == 1.235
    assert shown["held"]["approve"] == "syncd approve 0123456789ab"
    assert shown["source incomplete"]["why"] == ["page 2: timed out"]
    assert (shown["withheld"]["removals"], shown["failed"]["failures"]) == (4, 2)


def test_a_plan_as_before_is_not_told_of_again():
    """Every quarter of an hour; the end of a cycle still has the counts."""
    now = standing(digest="0123456789ab", held={"user.delete": 12}, conflicts=1, unmapped=2)
    other = standing(digest="ba9876543210", held={"user.delete": 12})

    with logged() as log:
        for before, after in [(None, now), (now, now), (now, other)]:
            log.voice.cycle_ended(before, after, 1.0)

    assert [one["event"] for one in log.events] == [
        *["cycle ended", "held", "conflicts", "unmapped"],
        "cycle ended",
        *["cycle ended", "held"],
    ]
    assert [one["held"] for one in log.events if one["event"] == "cycle ended"] == [12, 12, 12]


def test_a_cycle_that_broke_off_does_not_tell_the_last_ones_counts_again():
    """Its standing still has them, and nobody has counted anew."""
    with logged() as log:
        log.voice.cycle_ended(
            None,
            standing(
                outcome="source failed",
                trouble="hr: no route",
                failures=1,
                held={"user.delete": 9},
                run=3,
            ),
            0.5,
        )

    assert [one["event"] for one in log.events] == ["cycle ended", "failed"]
    assert "run" not in log.events[0]
    assert log.events[1]["error"] == "hr: no route"


def test_each_mistake_of_a_refused_reload_is_an_event():
    """However many, and none of them is a line of its own."""
    with logged() as log:
        log.voice.happened("reload_refused", problems=("a: wrong\nhere", *["b"] * 60))

    assert log.events[0]["error"] == "a: wrong\nhere"
    assert {one["event"] for one in log.events} == {"reload refused"}
    assert (len(log.events), log.events[-1]["error"]) == (51, "and 11 more")


def test_a_bug_is_one_event_with_its_place():
    """Where its words might quote what is hidden, they are left out."""
    for hide, words in (([], "KeyError: 'phone 555'"), (["phone"], "KeyError")):
        with logged(LogSettings(format="json", hide=hide)) as log:
            try:
                {}["phone 555"]
            except KeyError as error:
                log.voice.happened("bug", sync="wiki", error=error)

        told = log.only()
        assert (told["level"], told["event"], told["error"]) == ("error", "bug", words)
        assert told["at"][0].startswith("tests/daemon/test_voice.py:")
