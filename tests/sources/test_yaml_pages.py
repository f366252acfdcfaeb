"""People files page by page: who is as they were is known by their print."""

from datetime import date

import pytest

from syncd.core.model import State
from syncd.paging import user_pages
from syncd.sources.yaml import YamlConfig, YamlSource

APRIL = date(2026, 4, 1)
PEOPLE = """users:
  - {id: zoe, user_name: zoe.mueller, attributes: {teams: [red, blue]}}
  - {id: ada, email: ada@example.org, valid_until: 2026-04-30}
"""


@pytest.fixture
def pages(tmp_path):
    """All pages of this text, read on this day."""

    def pages_of(text: str, today: date = APRIL) -> list:
        (tmp_path / "people.yaml").write_text(text, encoding="utf-8")
        config = YamlConfig(type="yaml", paths=("people.yaml",))
        return list(user_pages(YamlSource("people", config, tmp_path, lambda: today).read()))

    return pages_of


def decoded(pages) -> list:
    return [page.decode(at).record for page in pages for at in range(len(page.prints))]


def test_people_are_decoded_in_the_order_in_which_they_stand(pages):
    """All of each; a print is of one person."""
    (page,) = pages(PEOPLE)
    zoe, ada = decoded([page])

    assert (zoe.key, zoe.origin) == ("zoe", "people.yaml:2:5")
    assert zoe.attributes == {"user_name": "zoe.mueller", "teams": ("red", "blue")}
    assert (ada.key, ada.state) == ("ada", None)
    assert ada.attributes == {"user_name": "ada", "email": "ada@example.org"}
    assert len(set(page.prints)) == 2


def test_a_print_changes_when_the_person_does_and_only_then(pages):
    """Equal prints promise that the record is the same."""
    (before,) = pages(PEOPLE)
    (same,) = pages(PEOPLE + "groups: [{id: g, members: [ada]}]\n")
    (after,) = pages(PEOPLE.replace("ada@example.org", "a@example.org"))

    assert same.prints == before.prints
    assert [after.prints[at] == before.prints[at] for at in (0, 1)] == [True, False]


def test_a_day_that_ends_somebodys_time_changes_their_print(pages):
    """Nothing in the file has changed."""
    (april,) = pages(PEOPLE)
    (may,) = pages(PEOPLE, date(2026, 5, 1))

    assert may.prints[0] == april.prints[0]
    assert may.prints[1] != april.prints[1]
    assert may.decode(1).record.state is State.LEFT


def test_many_people_come_in_several_pages(pages):
    """Nobody twice, and nobody left out."""
    numbers = range(2500)
    found = pages("users:\n" + "".join(f"- {{id: u{number}}}\n" for number in numbers))

    assert [user.key for user in decoded(found)] == [f"u{number}" for number in numbers]
    assert len(found) > 1
    assert pages("users: []") == []
