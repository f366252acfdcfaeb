"""Laws of the YAML source over generated people and generated nonsense."""

import tempfile
from datetime import date
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.model import GroupRecord, State, UserRecord
from syncd.errors import SourceError
from syncd.sources.yaml import YamlConfig, YamlReading, YamlSource
from syncd.sources.yaml.schema import RESERVED, TEXTS

TODAY = date(2026, 4, 1)

LINES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12).filter(
    lambda text: text == text.strip()
)
WORDS = st.one_of(
    LINES, st.sampled_from(["no", "0123", "1e3", "null", "~", "2026-01-01", "<<", "="])
)
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@st.composite
def users(draw):
    """People with distinct ids, logins and addresses, dates in order, and any fields else."""
    numbers = draw(st.lists(st.integers(0, 99), unique=True, max_size=5))
    people = []
    for number in numbers:
        names = st.sampled_from([name for name in TEXTS if name not in {"user_name", "email"}])
        person = {"id": f"{number}", **draw(st.dictionaries(names, WORDS, max_size=3))}
        person |= draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "user_name": st.just(f"login{number}"),
                    "email": st.just(f"{number}@example.org"),
                    "admin": st.booleans(),
                    "state": st.sampled_from(["active", "suspended"]),
                    "attributes": st.dictionaries(
                        WORDS.filter(lambda name: name not in RESERVED), WORDS, max_size=2
                    ),
                },
            )
        )
        first, last = sorted((draw(DAYS), draw(DAYS)))
        person |= draw(
            st.sampled_from(
                [
                    {},
                    {"valid_from": first},
                    {"valid_until": last},
                    {"valid_from": first, "valid_until": last},
                ]
            )
        )
        people.append(person)
    return people


def read(text: str) -> YamlReading:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "f.yaml").write_text(
            text, encoding="utf-8", errors="surrogatepass", newline=""
        )
        config = YamlConfig(type="yaml", paths=("f.yaml",))
        return YamlSource("people", config, Path(directory), today=lambda: TODAY).read()


def expected(person: dict) -> UserRecord:
    attributes = {"user_name": person["id"]}
    attributes |= {name: person[name] for name in TEXTS if name in person}
    if "admin" in person:
        attributes["admin"] = "true" if person["admin"] else "false"
    attributes |= person.get("attributes", {})
    state, reason = person.get("state"), ""
    first, last = person.get("valid_from"), person.get("valid_until")
    if last and last < TODAY:
        state, reason = "left", f"valid_until {last} has passed"
    elif first and first > TODAY:
        state, reason = "left", f"valid_from {first} is not reached"
    return UserRecord(person["id"], attributes, state and State(state), "", reason)


def without_places(records):
    return [
        type(record)(**{**{f: getattr(record, f) for f in record.__struct_fields__}, "origin": ""})
        for record in records
    ]


@settings(max_examples=60, deadline=None)
@given(users(), st.sampled_from([None, True, False]), st.data())
def test_what_is_dumped_reads_back_the_same(people, flow, data):
    """Whatever quoting and style PyYAML chooses for it, and in key order."""
    ids = [person["id"] for person in people]
    members = data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []
    groups = [{"id": "all", "groups": ["some"]}, {"id": "some", "members": members}]
    text = yaml.safe_dump(
        {"users": people, "groups": groups}, allow_unicode=True, default_flow_style=flow
    )
    reading = read(text)
    assert without_places(reading.users) == [
        expected(p) for p in sorted(people, key=lambda p: p["id"])
    ]
    assert without_places(reading.groups) == [
        GroupRecord(key, {"display_name": key}, tuple(sorted(members)), "")
        for key in ("all", "some")
    ]


FRAGMENTS = st.sampled_from([
    "users:", "groups:", "\n  - ", "id: a", "id: b", "{", "}", "[", "]", ", ", ": ", "\n", "\n    ", "members: ", "&x ", "*x",
    "<<: ", "!!str ", "!t ", "|\n", "'", '"', "\\", "- ", "? ", "\t", "#", "---\n", "...\n", "valid_until: 2026-01-01",
    "state: active", "attributes: ", "source: c", "user_name: a", "%YAML 1.1\n", "\ufeff", "\x00", "\x85", "\u2028", "\ud800",
])  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(FRAGMENTS, max_size=25).map("".join)))
def test_no_text_does_anything_but_be_read_or_be_refused(text):
    """Every refusal has a place or names its file."""
    refused: tuple[str, ...] = ()
    try:
        assert read(text).gaps == ()
    except SourceError as error:
        refused = error.problems
    assert all(problem.startswith("f.yaml:") for problem in refused)
