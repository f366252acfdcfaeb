# ruff: noqa: S101  these are tests, shipped for others to run
"""Laws for who is in which group."""

import pytest

from syncd.core.model import Member, Op, Ref
from syncd.errors import NotFound
from syncd.paging import Members, members_of
from syncd.ports import Backend
from syncd.testing.sample import Sample, create, needs, needs_ops, seen


class MemberLaws(Sample):
    def test_a_change_adds_and_removes_exactly_its_users(self, backend: Backend) -> None:
        """Whom a change does not name stays as they are, in this group and in others."""
        one, two, group = self.world(backend)
        three = create(backend.users, "u3", self.user(3))
        other = create(backend.groups, "g2", self.group(2))
        backend.members.change(other, [one], [])
        backend.members.change(group, [three], [one])
        assert set(backend.members.read()) == {
            Member(group, two),
            Member(group, three),
            Member(other, one),
        }

    def test_a_change_that_is_made_already_is_no_error(self, backend: Backend) -> None:
        """Adding a member or removing a stranger leaves all as it is."""
        one, two, group = self.world(backend)
        stranger = create(backend.users, "u3", self.user(3))
        backend.members.change(group, [one, two, one], [stranger])
        assert sorted(backend.members.read()) == sorted([Member(group, one), Member(group, two)])

    def test_nobody_joins_a_group_that_is_gone(self, backend: Backend) -> None:
        """A change of a group that is not there is told from one that was made."""
        needs_ops(backend.groups.holds, Op.DELETE)
        one, _, group = self.world(backend)
        backend.groups.delete(group)
        with pytest.raises(NotFound):
            backend.members.change(group, [one], [])
        assert list(backend.members.read()) == []

    def test_who_is_gone_joins_no_group(self, backend: Backend) -> None:
        """Adding a user who is not there is told from one that was made."""
        needs_ops(backend.users.holds, Op.DELETE)
        one, two, group = self.world(backend)
        backend.users.delete(one)
        with pytest.raises(NotFound):
            backend.members.change(group, [one], [])
        assert list(backend.members.read()) == [Member(group, two)]

    def test_a_deleted_group_takes_its_memberships_along(self, backend: Backend) -> None:
        """Its users stay."""
        needs_ops(backend.groups.holds, Op.DELETE)
        one, two, group = self.world(backend)
        backend.groups.delete(group)
        assert list(backend.members.read()) == []
        assert set(seen(backend.users)) == {one, two}

    def test_a_big_group_is_read_whole(self, backend: Backend) -> None:
        """No member is lost between pages."""
        needs(Op.ADD in backend.members.ops, "members")
        group = create(backend.groups, "g1", self.group(1))
        with backend.batch():
            refs = [create(backend.users, f"u{n}", self.user(n)) for n in range(self.many)]
            backend.members.change(group, refs, [])
        assert sorted(backend.members.read()) == sorted(Member(group, ref) for ref in refs)
        backend.members.change(group, [], refs[1:])
        assert list(backend.members.read()) == [Member(group, refs[0])]

    def test_a_few_groups_are_asked_for_without_the_rest(self, backend: Backend) -> None:
        """Where a backend offers it: those that have members, all of theirs, each once."""
        needs(hasattr(backend.members, "of"), "members of a few groups")
        one, two, group = self.world(backend)
        other, empty = (create(backend.groups, f"g{n}", self.group(n)) for n in (2, 3))
        backend.members.change(other, [two], [])
        asked = [group, empty, group]
        assert list(members_of(backend.members, asked) or ()) == [
            Members(group, tuple(sorted((one, two))))
        ]
        assert list(members_of(backend.members, []) or ()) == []

    def world(self, backend: Backend) -> tuple[Ref, Ref, Ref]:
        """Two users who are members of one group."""
        needs(backend.members.ops >= {Op.ADD, Op.REMOVE}, "members")
        one, two = (create(backend.users, f"u{n}", self.user(n)) for n in (1, 2))
        group = create(backend.groups, "g1", self.group(1))
        backend.members.change(group, [one, two], [])
        return one, two, group
