"""What a people file may not say, and in which words and at which place syncd says so."""

from datetime import date

import pytest

from syncd.errors import SourceError
from syncd.sources.yaml import YamlConfig, YamlSource


@pytest.fixture
def problems(tmp_path):
    """The problems of these files, read together as the source `people`."""

    def problems_of(*texts: str) -> tuple[str, ...]:
        names = [f"{letter}.yaml" for letter in "abc"[: len(texts)]]
        for name, text in zip(names, texts, strict=True):
            (tmp_path / name).write_text(text, encoding="utf-8")
        config = YamlConfig(type="yaml", paths=tuple(names))
        with pytest.raises(SourceError) as caught:
            YamlSource("people", config, tmp_path, today=lambda: date(2026, 4, 1)).read()
        return caught.value.problems

    return problems_of


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("user: []", 'a.yaml:1:1: a people file has no "user"; did you mean "users"?'),
        ("- id: ada", "a.yaml:1:1: a people file has users: and groups:"),
        ("users: ada", "a.yaml:1:8: users is a list, such as [a, b]"),
        ("users: [ada]", "a.yaml:1:9: a user is a mapping, such as {id: ada}"),
        ("users: [{user_name: ada}]", "a.yaml:1:9: a user needs id"),
        ("users: [{id: ''}]", "a.yaml:1:14: a user needs id"),
        ("users: [{id: [a]}]", "a.yaml:1:14: id is text, not a list or a mapping"),
        (
            "users: [{id: ada, e_mail: a@b.c}]",
            'a.yaml:1:19: a user has no "e_mail"; did you mean "email"?',
        ),
        (
            "users: [{id: ada, state: suspend}]",
            'a.yaml:1:26: state cannot be "suspend"; did you mean "suspended"?',
        ),
        (
            "users: [{id: ada, state: gone}]",
            'a.yaml:1:26: state cannot be "gone"; known are active, suspended',
        ),
        ("users: [{id: ada, admin: yes}]", "a.yaml:1:26: admin is true or false"),
        (
            "users: [{id: ada, valid_until: 31.12.2026}]",
            'a.yaml:1:32: valid_until is "31.12.2026", not a date such as 2026-12-31',
        ),
        (
            "users: [{id: ada, valid_from: 2026-02-30}]",
            'a.yaml:1:31: valid_from is "2026-02-30", not a date such as 2026-12-31',
        ),
        (
            "users: [{id: ada, valid_from: 2026-W01-1}]",
            'a.yaml:1:31: valid_from is "2026-W01-1", not a date such as 2026-12-31',
        ),
        (
            "users: [{id: ada, valid_from: 2026-12-31, valid_until: 2026-01-01}]",
            "a.yaml:1:56: valid_until 2026-01-01 is before valid_from 2026-12-31",
        ),
        (
            'users: [{id: " ada"}]',
            'a.yaml:1:14: id is one line of text without space around it, not " ada"',
        ),
        (
            "users: [{id: ada, title: 'a\n\n b'}]",
            'a.yaml:1:26: title is one line of text without space around it, not "a\\nb"',
        ),
        (
            "users: [{id: ada, attributes: {email: x}}]",
            'a.yaml:1:32: an attribute cannot be called "email": that name is taken',
        ),
        (
            "users: [{id: ada, attributes: [x]}]",
            "a.yaml:1:31: attributes is a mapping of names to values",
        ),
        (
            "users: [{id: ada, attributes: {x: {y: z}}}]",
            'a.yaml:1:35: "x" is text or a list of text',
        ),
        ("groups: [g]", "a.yaml:1:10: a group is a mapping, such as {id: ada}"),
        (
            "groups: [{id: g, owners: [ada]}]",
            'a.yaml:1:18: a group has no "owners"; known are display_name, groups, id, members',
        ),
        ("groups: [{display_name: G}]", "a.yaml:1:10: a group needs id"),
        ("groups: [{id: g, members: ['']}]", "a.yaml:1:28: each of members is an id, not empty"),
        ("groups: [{id: g, members: [null]}]", 'a.yaml:1:28: no user has the id "null"'),
        ("users: [{id: null}]", "a.yaml:1:9: a user needs id"),
        (
            "groups: [{id: g, members: [[ada]]}]",
            "a.yaml:1:28: each of members is text, not a list or a mapping",
        ),
        (
            "groups: [{id: g, members: [{source: corp}]}]",
            "a.yaml:1:28: a member of another source is {source: NAME, ATTRIBUTE: value}",
        ),
        (
            "groups: [{id: g, members: [{user_name: zoe}]}]",
            "a.yaml:1:28: a member of another source needs source",
        ),
        (
            "groups: [{id: g, members: [{source: people, key: zoe}]}]",
            'a.yaml:1:28: "people" is this source; name the user by its id alone',
        ),
        (
            "users: [{id: ada}]\ngroups: [{id: g, members: [ada, ada]}]",
            'a.yaml:2:33: "ada" stands in this list twice, first at a.yaml:2:28',
        ),
        (
            "users: [{id: grace}]\ngroups: [{id: g, members: [garce]}]",
            'a.yaml:2:28: no user has the id "garce"; did you mean "grace"?',
        ),
        (
            "users: [{id: ada}]\ngroups: [{id: g, groups: [ada]}]",
            'a.yaml:2:27: "ada" is a user; it belongs under members:',
        ),
        (
            "groups: [{id: g, members: [h]}, {id: h}]",
            'a.yaml:1:28: "h" is a group; it belongs under groups:',
        ),
        (
            "groups: [{id: g, groups: [f]}]",
            'a.yaml:1:27: no group has the id "f"; known are g',
        ),
        (
            "groups: [{id: g, groups: [g]}]",
            "a.yaml:1:27: groups contain each other: g (a.yaml:1:10) contains g (a.yaml:1:10); remove one",
        ),
        (
            "users: [{id: ada, id: zoe}]",
            'a.yaml:1:19: "id" stands here twice, first at a.yaml:1:10',
        ),
        (
            "users: [&a {id: ada}, *a]",
            'a.yaml:1:17: the id "ada" belongs already to the user at a.yaml:1:9',
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_probably_meant(problems, text, problem):
    """File, line, column, what was seen, and a suggestion where there is one."""
    assert problem in problems(text)


def test_all_mistakes_of_all_files_are_told_at_once(problems):
    """In the order of places, so that one pass through the files mends them."""
    assert problems(
        "users:\n  - {id: ada, given_nmae: x}\n  - {id: grace, state: off}\n",
        "groups:\n  - {id: g, members: [ada, zoe]}\n  - {id: h, display_nmae: H}\n",
    ) == (
        'a.yaml:2:15: a user has no "given_nmae"; did you mean "given_name"?',
        'a.yaml:3:24: state cannot be "off"; known are active, suspended',
        'b.yaml:2:28: no user has the id "zoe"; known are ada, grace',
        'b.yaml:3:13: a group has no "display_nmae"; did you mean "display_name"?',
    )


def test_a_name_that_two_people_have_is_told_with_both_places(problems):
    """Over files; logins and addresses without case and in any Unicode form, ids as they are."""
    assert problems(
        "users:\n  - {id: ada, user_name: A.Zoë, email: x@example.org}\n  - {id: Ada}\n",
        "users:\n  - {id: ada, user_name: b}\n  - {id: c, user_name: a.ZOË, email: X@EXAMPLE.ORG}\n",
    ) == (
        'b.yaml:2:10: the id "ada" belongs already to the user at a.yaml:2:5',
        'b.yaml:3:24: the user_name "a.ZOË" belongs already to the user at a.yaml:2:5',
        'b.yaml:3:38: the email "X@EXAMPLE.ORG" belongs already to the user at a.yaml:2:5',
    )


def test_two_groups_cannot_share_a_name(problems):
    """Targets keep groups by name, and most without case."""
    assert problems("groups: [{id: a, display_name: Staff}, {id: b, display_name: staff}]") == (
        'a.yaml:1:62: the display_name "staff" belongs already to the group at a.yaml:1:10',
    )


def test_a_cycle_of_groups_is_told_as_a_chain(problems):
    """Each link with its place, through files."""
    assert problems("groups: [{id: a, groups: [b]}]", "groups: [{id: b, groups: [a]}]") == (
        "a.yaml:1:27: groups contain each other: a (a.yaml:1:10) contains b (b.yaml:1:10) contains a (a.yaml:1:10); remove one",
    )


def test_a_file_that_cannot_be_parsed_makes_nobody_of_the_others(problems):
    """Who seems to be missing may stand in it, so only what is certain is told."""
    assert problems("users:\n\t- id: ada\n", "groups: [{id: g, members: [ada], x: y}]") == (
        "a.yaml:2:1: a tab; YAML is indented with spaces only",
        'b.yaml:1:34: a group has no "x"; known are display_name, groups, id, members',
    )


def test_in_a_large_source_a_suggestion_is_looked_for_a_few_times_only(problems):
    """Comparing every slip with every name would take minutes."""
    users = ", ".join(f"{{id: user{number}}}" for number in range(2000))
    slips = ", ".join(f"usr{number}" for number in range(100, 150))
    found = problems(f"users: [{users}]\ngroups: [{{id: g, members: [{slips}]}}]")
    assert found[0] == 'a.yaml:2:28: no user has the id "usr100"; did you mean "user100"?'
    assert len([problem for problem in found if "did you mean" in problem]) == 25
    assert len(found) == 50
