# ruff: noqa: S101  these are tests, shipped for others to run
"""Laws for readings page by page, where a backend offers them: the same as a plain reading, and a
print is another one exactly where something is."""

from collections.abc import Iterable
from typing import Any, TypeVar

from syncd.core.model import Op, Ref, Update, Value
from syncd.core.prints import SIZE, Print
from syncd.paging import Members, Page, member_pages, stored_pages
from syncd.ports import Backend, Collection, Memberships
from syncd.testing.sample import Sample, create, holds_field, needs, needs_ops

T = TypeVar("T")


class PageLaws(Sample):
    def test_pages_say_what_a_reading_says(self, backend: Backend) -> None:
        """Every field of everybody, whichever way it is read."""
        needs_pages(backend.users, backend.groups)
        create(backend.users, "full", self.full(backend.users.holds))
        create(backend.users, "plain", self.user(2))
        create(backend.groups, "g1", self.group(1))
        for collection in (backend.users, backend.groups):
            found = [stored for _, stored in told(stored_pages(collection))]
            assert sorted(found, key=by_ref) == sorted(collection.read(), key=by_ref)

    def test_pages_have_everybody_once(self, backend: Backend) -> None:
        """However many pages it takes; and what is not written keeps its print."""
        needs_pages(backend.users)
        with backend.batch():
            refs = {create(backend.users, f"u{n}", self.user(n)) for n in range(self.many)}
        first = told(stored_pages(backend.users))
        assert len(first) == self.many
        assert {stored.ref for _, stored in first} == refs
        assert len({seen for seen, _ in first}) == self.many
        assert all(len(seen) == SIZE for seen, _ in first)
        assert prints(backend.users) == {stored.ref: seen for seen, stored in first}

    def test_what_is_changed_has_another_print(self, backend: Backend) -> None:
        """Whichever field it is; and nobody else has."""
        holds = backend.users.holds
        needs_pages(backend.users)
        needs_ops(holds, Op.CREATE, Op.UPDATE)
        one = create(backend.users, "u1", self.full(holds))
        create(backend.users, "u2", self.user(2))
        for name, value in self.changes().items():
            if holds_field(holds, name) and name not in holds.immutable:
                before = prints(backend.users)
                backend.users.update(one, Update({}, {name: value}))
                assert differing(before, prints(backend.users)) == {one}, name

    def changes(self) -> dict[str, Value]:
        """Another value of every field of the first user."""
        other = self.user(3)
        texts = ("given_name", "family_name", "display_name", "title", "phone", "attributes.room")
        return {
            **dict.fromkeys(texts, "another"),
            "user_name": other.user_name,
            "email": other.email,
            "locale": "de-DE",
            "active": False,
            "admin": False,
            "attributes.more": "added",
            "attributes.team": None,
        }

    def test_who_comes_and_goes_changes_nobody_elses_print(self, backend: Backend) -> None:
        """A creation adds one print, and a deletion takes one away."""
        needs_pages(backend.users)
        needs_ops(backend.users.holds, Op.CREATE, Op.DELETE)
        create(backend.users, "u1", self.user(1))
        before = prints(backend.users)
        two = create(backend.users, "u2", self.user(2))
        assert differing(before, prints(backend.users)) == {two}
        backend.users.delete(two)
        assert prints(backend.users) == before

    def test_members_are_told_group_by_group(self, backend: Backend) -> None:
        """All of a group's, sorted; a group without any is not among them."""
        needs_pages(backend.members)
        one, two, groups = self.two_groups(backend)
        assert members(backend.members) == {}
        backend.members.change(groups[0], [two, one], [])
        backend.members.change(groups[1], [one], [])
        assert members(backend.members) == {
            groups[0]: Members(groups[0], tuple(sorted((one, two)))),
            groups[1]: Members(groups[1], (one,)),
        }

    def test_a_group_whose_members_change_has_another_print(self, backend: Backend) -> None:
        """And no other group; also where as many come as go."""
        needs_pages(backend.members)
        one, two, groups = self.two_groups(backend)
        for group in groups:
            backend.members.change(group, [one], [])
        before = group_prints(backend.members)
        backend.members.change(groups[0], [two], [one])
        after = group_prints(backend.members)
        assert differing(before, after) == {groups[0]}
        backend.members.change(groups[0], [one], [two])
        assert group_prints(backend.members) == before

    def two_groups(self, backend: Backend) -> tuple[Ref, Ref, list[Ref]]:
        needs(backend.members.ops >= {Op.ADD, Op.REMOVE}, "members")
        one, two = (create(backend.users, f"u{n}", self.user(n)) for n in (1, 2))
        return one, two, [create(backend.groups, f"g{n}", self.group(n)) for n in (1, 2)]


def needs_pages(*offered: Collection[Any] | Memberships) -> None:
    needs(all(hasattr(one, "pages") for one in offered), "pages")


def told(pages: Iterable[Page[T]]) -> list[tuple[Print, T]]:
    """All that pages say, each with its print."""
    found: list[tuple[Print, T]] = []
    for page in pages:
        for at, seen in enumerate(page.prints):
            record = page.decode(at).record
            assert record is not None
            found.append((seen, record))
    return found


def prints(collection: Collection[Any]) -> dict[Ref, Print]:
    return {stored.ref: seen for seen, stored in told(stored_pages(collection))}


def members(memberships: Memberships) -> dict[Ref, Members]:
    found = [one for _, one in told(member_pages(memberships))]
    assert len({one.group for one in found}) == len(found)
    return {one.group: one for one in found}


def group_prints(memberships: Memberships) -> dict[Ref, Print]:
    return {one.group: seen for seen, one in told(member_pages(memberships))}


def differing(one: dict[Ref, Print], other: dict[Ref, Print]) -> set[Ref]:
    return {ref for ref in one.keys() | other.keys() if one.get(ref) != other.get(ref)}


def by_ref(stored: Any) -> Ref:
    ref: Ref = stored.ref
    return ref
