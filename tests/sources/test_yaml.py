"""What people files mean once they are read."""

from datetime import date

import pytest

from syncd.core.model import GroupRecord, Reference, State, UserRecord
from syncd.sources.yaml import YamlConfig, YamlReading, YamlSource

TODAY = date(2026, 4, 1)


@pytest.fixture
def read(tmp_path):
    """Reads one file's text as the source `people`."""

    def read_text(text: str, **config) -> YamlReading:
        (tmp_path / "staff.yaml").write_text(text, encoding="utf-8")
        settings = YamlConfig(type="yaml", paths=("staff.yaml",), **config)
        return YamlSource("people", settings, tmp_path, today=lambda: TODAY).read()

    return read_text


def user(line: int, key: str, state: State | None = None, reason: str = "", **attributes):
    return UserRecord(key, {"user_name": key, **attributes}, state, f"staff.yaml:{line}:5", reason)


def test_a_person_keeps_every_field_as_it_was_written(read):
    """Numbers, dates and words that YAML would turn into something else stay text."""
    reading = read("""
users:
  - id: 0123
    user_name: no
    email: zoe@example.org
    given_name: Zoë
    family_name: Null
    display_name: 1e3
    title: 2026-01-01
    phone: +49 30 123
    locale: de
    admin: true
    state: active
    attributes: {department: Forschung, cost_center: 007, teams: [red, "0x1"]}
""")
    expected = UserRecord(
        key="0123",
        attributes={
            "user_name": "no",
            "email": "zoe@example.org",
            "given_name": "Zoë",
            "family_name": "Null",
            "display_name": "1e3",
            "title": "2026-01-01",
            "phone": "+49 30 123",
            "locale": "de",
            "admin": "true",
            "department": "Forschung",
            "cost_center": "007",
            "teams": ("red", "0x1"),
        },
        state=State.ACTIVE,
        origin="staff.yaml:3:5",
    )
    assert (reading.users, reading.groups) == ((expected,), ())


def test_a_field_without_a_value_is_absent(read):
    """Nothing, `~`, `null` and empty quotes all say that there is none."""
    reading = read('users: [{id: ada, email: , title: ~, phone: null, locale: "", admin: }]')
    assert [person.attributes for person in reading.users] == [{"user_name": "ada"}]


def test_people_out_of_their_dates_have_left(read):
    """Both days are inclusive; the reason says which date it was; a state does not outlive it."""
    reading = read("""
users:
  - {id: first-day, valid_from: 2026-04-01}
  - {id: gone, valid_until: 2026-03-31, state: suspended}
  - {id: last-day, valid_until: 2026-04-01, state: suspended}
  - {id: not-yet, valid_from: 2026-04-02, state: active}
  - {id: within, valid_from: 2026-01-01, valid_until: 2026-12-31}
""")
    assert reading.users == (
        user(3, "first-day"),
        user(4, "gone", State.LEFT, "valid_until 2026-03-31 has passed"),
        user(5, "last-day", State.SUSPENDED),
        user(6, "not-yet", State.LEFT, "valid_from 2026-04-02 is not reached"),
        user(7, "within"),
    )


def test_the_default_day_is_that_of_the_time_zone(tmp_path):
    """Kiritimati is 25 hours ahead of Niue: another day at every hour, so their people differ."""
    days = []
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        settings = YamlConfig(type="yaml", paths=("x",), time_zone=zone)
        days.append(YamlSource("people", settings, tmp_path)._today())
    assert (days[0] - days[1]).days in {1, 2}


def test_members_of_inner_groups_are_members(read):
    """At any depth, each once, and those of other sources too."""
    reading = read("""
users: [{id: grace}, {id: ada}, {id: zoe}]
groups:
  - id: all
    display_name: Everybody
    members: [zoe, {source: corp, user_name: alan}]
    groups: [engineering]
  - {id: engineering, members: [ada], groups: [platform]}
  - id: platform
    members:
      - ada
      - grace
      - {source: corp, user_name: alan}
      - {source: corp, key: 00-11}
""")
    alan = Reference("corp", "user_name", "alan", "staff.yaml:6:20")
    barbara = Reference("corp", "key", "00-11", "staff.yaml:14:9")
    alan_again = Reference("corp", "user_name", "alan", "staff.yaml:13:9")
    everybody = {"display_name": "Everybody"}
    assert reading.groups == (
        GroupRecord("all", everybody, ("ada", "grace", "zoe"), "staff.yaml:4:5", (barbara, alan)),
        GroupRecord(
            "engineering",
            {"display_name": "engineering"},
            ("ada", "grace"),
            "staff.yaml:8:5",
            (barbara, alan),
        ),
        GroupRecord(
            "platform",
            {"display_name": "platform"},
            ("ada", "grace"),
            "staff.yaml:9:5",
            (barbara, alan_again),
        ),
    )


def test_records_come_sorted_by_key_over_all_files(tmp_path):
    """The order of files and lines does not matter."""
    (tmp_path / "a.yaml").write_text("users: [{id: zoe}, {id: ada}]\ngroups: [{id: b}]\n")
    (tmp_path / "b.yaml").write_text(
        "groups: [{id: a, members: [grace, zoe]}]\nusers: [{id: grace}]\n"
    )
    settings = YamlConfig(type="yaml", paths=("b.yaml", "a.yaml"))
    reading = YamlSource("people", settings, tmp_path).read()
    assert [person.key for person in reading.users] == ["ada", "grace", "zoe"]
    assert [(group.key, group.members) for group in reading.groups] == [
        ("a", ("grace", "zoe")),
        ("b", ()),
    ]


@pytest.mark.parametrize("text", ["", "# nobody yet\n", "---\n", "users:\ngroups: ~\n", "{}"])
def test_an_empty_file_is_an_empty_source(read, text):
    """Nobody is a statement too; what it may lead to is for the budgets."""
    reading = read(text)
    assert (reading.users, reading.groups) == ((), ())


def test_anchors_and_merge_keys_spare_repetition(read):
    """A person's own fields win over merged ones; the place is the person's."""
    reading = read("""
users:
  - &contractor {id: ada, valid_until: 2026-12-31, locale: en}
  - {<<: *contractor, id: zoe, locale: fr}
""")
    assert reading.users == (user(3, "ada", locale="en"), user(4, "zoe", locale="fr"))


def test_an_anchored_list_is_read_like_any_other(read):
    """What cannot be streamed while it is parsed is not forgotten."""
    reading = read(
        "users: &all\n  - id: ada\n  - id: zoe\ngroups: &some [{id: g, members: [ada]}]\n"
    )
    group = GroupRecord("g", {"display_name": "g"}, ("ada",), "staff.yaml:4:16")
    assert reading.users == (user(2, "ada"), user(3, "zoe"))
    assert reading.groups == (group,)


def test_a_reading_is_whole_and_can_be_repeated(tmp_path):
    """The same files read twice are equal; there is no cursor to hand back."""
    (tmp_path / "a.yml").write_text("users: [{id: ada}]\n")
    source = YamlSource("people", YamlConfig(type="yaml", paths=(".",)), tmp_path)
    first, second = source.read(), source.read()
    source.close()
    assert (first.users, first.groups) == (second.users, second.groups)
    assert (first.gaps, first.notes, first.cursor) == ((), (), None)


@pytest.mark.parametrize("zone", ["Europe/Brelin", "", "../etc/passwd", "/etc"])
def test_an_unknown_time_zone_is_refused(zone):
    """A wrong zone would move every contractor's last day."""
    with pytest.raises(ValueError, match="is not a time zone such as Europe/Berlin"):
        YamlConfig(type="yaml", paths=("x",), time_zone=zone)
