# ruff: noqa: S101  these are tests, shipped for others to run
"""The law for every source: what it holds is told, whole, the same each time."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import pytest

from syncd.core.model import GroupRecord, UserRecord
from syncd.errors import SourceError
from syncd.paging import Page, group_pages, user_pages
from syncd.ports import Source

People = Mapping[str, str]
"""E-mail addresses by user name."""
Groups = Mapping[str, Sequence[str]]
"""User names by the group's name."""

PEOPLE: People = {"ada": "ada@example.org", "zoë": "zoe@example.org", "kim": "kim@example.org"}
GROUPS: Groups = {"Engineers": ("ada", "kim"), "Böard": ("zoë",), "Nobody": ()}


class SourceContract:
    """A source's own test subclasses it, supplies `source` and `hold`, and overrides what else can
    be done about its own."""

    many: ClassVar[int] = 600
    """How many people are read back in one reading."""
    groups: ClassVar[Groups] = GROUPS
    """Groups that it can hold, of `PEOPLE`."""
    secrets: ClassVar[tuple[str, ...]] = ()
    """What the source of `source` logs in with."""

    @pytest.fixture
    def source(self) -> Source:
        """A source whose place holds nobody."""
        raise NotImplementedError("supply a fixture `source`: a source that holds nobody")

    def hold(self, source: Source, people: People, groups: Groups) -> None:
        """From now on the place holds these, and no others. Who stays is the same person."""
        raise NotImplementedError("supply `hold`: put these people where the source reads")

    def denied(self, _source: Source) -> Source | None:
        """The same place, asked with wrong credentials."""
        return None

    def dead(self, _source: Source) -> Source | None:
        """A source whose place is not there."""
        return None

    def half_read(self, _source: Source) -> AbstractContextManager[Source] | None:
        """Gives a source of the same place whose readings begin, and break off in the middle."""
        return None

    def test_everybody_comes_once_with_what_is_stated(self, source: Source) -> None:
        """Letter by letter, of whatever script; and the source says where each of them stands."""
        self.hold(source, PEOPLE, self.groups)
        users, _ = told(source)
        stated = {one.attributes["user_name"]: one.attributes["email"] for one in users}
        assert stated == PEOPLE
        assert len(users) == len(PEOPLE) == len({one.key for one in users})
        assert all(one.key and one.origin for one in users)

    def test_groups_have_their_members(self, source: Source) -> None:
        """By the keys of people who are read, each once."""
        self.hold(source, PEOPLE, self.groups)
        users, groups = told(source)
        names = {one.key: str(one.attributes["user_name"]) for one in users}
        assert {
            str(one.attributes["display_name"]): sorted(names[key] for key in one.members)
            for one in groups
        } == {name: sorted(members) for name, members in self.groups.items()}
        assert all(one.key and one.origin for one in groups)

    def test_nothing_is_told_that_is_not_supplied(self, source: Source) -> None:
        """What no source supplies is not compared: `supplies` is known before the first reading."""
        supplied = source.supplies
        self.hold(source, PEOPLE, {})
        users, _ = told(source)
        assert {name for one in users for name in one.attributes} <= supplied

    def test_two_readings_tell_the_same(self, source: Source) -> None:
        """Keys above all: they are for ever."""
        self.hold(source, PEOPLE, self.groups)
        first = told(source)
        assert told(source) == first

    def test_many_are_read_to_the_last(self, source: Source) -> None:
        """More than one page, buffer or file."""
        people = {f"user{n}": f"user{n}@example.org" for n in range(self.many)}
        self.hold(source, people, {})
        users, _ = told(source)
        assert {str(one.attributes["user_name"]) for one in users} == people.keys()

    def test_a_change_is_of_the_same_person(self, source: Source) -> None:
        """Another address under the same key; everybody else is as before."""
        self.hold(source, PEOPLE, {})
        before = {one.key: one for one in told(source)[0]}
        self.hold(source, {**PEOPLE, "kim": "k@example.org"}, {})
        after = {one.key: one for one in told(source)[0]}
        assert before.keys() == after.keys()
        changed = [key for key in after if _stated(after[key]) != _stated(before[key])]
        assert [after[key].attributes["user_name"] for key in changed] == ["kim"]

    def test_who_is_taken_away_is_not_told_of(self, source: Source) -> None:
        """In the next reading, and that one is whole."""
        self.hold(source, PEOPLE, {})
        told(source)
        self.hold(source, {"ada": PEOPLE["ada"]}, {})
        assert [one.attributes["user_name"] for one in told(source)[0]] == ["ada"]

    def test_page_by_page_the_same_is_told(self, source: Source) -> None:
        """What is as it was has the print that it had, and what is otherwise another."""
        self.hold(source, PEOPLE, self.groups)
        users, groups = told(source)
        first = _paged(source)
        assert _in_order(first[0].values()) == _in_order(users)
        assert _in_order(first[1].values()) == _in_order(groups)
        assert _paged(source) == first
        self.hold(source, {**PEOPLE, "kim": "k@example.org"}, self.groups)
        (print_,) = _paged(source)[0].keys() - first[0].keys()
        assert _paged(source)[0][print_].attributes["user_name"] == "kim"

    def test_half_a_reading_is_not_whole(self, source: Source) -> None:
        """It raises, or says so in its gaps: who is not in it is not gone."""
        self.hold(source, {f"user{n}": f"user{n}@example.org" for n in range(self.many)}, {})
        half = self.half_read(source)
        if half is None:
            pytest.skip("readings of this source do not break off")
        with half as broken:
            assert _is_broken(broken)
        assert not _is_broken(source)

    def test_who_may_not_read_is_told_so(self, source: Source) -> None:
        """Wrong credentials are no empty directory."""
        denied = self.denied(source)
        if denied is None:
            pytest.skip("the source has no credentials")
        self._fails(denied)

    def test_what_is_not_there_is_no_empty_source(self, source: Source) -> None:
        """A missing file, a server that is down."""
        dead = self.dead(source)
        if dead is None:
            pytest.skip("the source's place is always there")
        self._fails(dead)

    def _fails(self, source: Source) -> None:
        try:
            with pytest.raises(SourceError) as raised:
                told(source)
        finally:
            source.close()
        told_of = f"{raised.value} {raised.value!r} {source!r}"
        assert [secret for secret in self.secrets if secret in told_of] == []


def told(source: Source) -> tuple[list[UserRecord], list[GroupRecord]]:
    """All that one reading tells, users first; it must be whole."""
    reading = source.read()
    users, groups = list(reading.users), list(reading.groups)
    assert list(reading.gaps) == []
    return users, groups


def _in_order(records: Iterable[Any]) -> list[Any]:
    return sorted(records, key=lambda one: str(one.key))


def _stated(record: UserRecord) -> tuple[Any, ...]:
    return record.attributes, record.state


def _is_broken(source: Source) -> bool:
    try:
        reading = source.read()
        list(reading.users)
        list(reading.groups)
    except SourceError:
        return True
    return bool(reading.gaps)


def _paged(source: Source) -> tuple[dict[bytes, UserRecord], dict[bytes, GroupRecord]]:
    """By print; users are read to their end before the groups."""
    reading = source.read()
    return _by_print(user_pages(reading)), _by_print(group_pages(reading))


def _by_print(pages: Iterable[Page[Any]]) -> dict[bytes, Any]:
    return {
        bytes(page.prints[at]): record
        for page in pages
        for at in range(len(page.prints))
        if (record := page.decode(at).record) is not None
    }
