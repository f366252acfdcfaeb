# ruff: noqa: S101  these are tests, shipped for others to run
"""Laws for many writes as one."""

import pytest

from syncd.core.model import Member, Op, Ref, Update, Value
from syncd.errors import Conflict
from syncd.ports import Backend
from syncd.testing.sample import Sample, create, needs, needs_ops, seen


class Stop(Exception):
    """What goes wrong in the middle of a batch."""


class BatchLaws(Sample):
    def test_a_batch_is_stored_when_it_ends(self, backend: Backend) -> None:
        """What later writes of a batch stand on is there for them, and all of it after."""
        with backend.batch():
            one = create(backend.users, "u1", self.user(1))
            assert backend.users.get(one) is not None
            two = create(backend.users, "u2", self.user(2))
        assert set(seen(backend.users)) == {one, two}

    def test_a_batch_that_breaks_off_stores_nothing(self, backend: Backend) -> None:
        """All kinds of writes are undone together."""
        needs(backend.batch_size > 1, "batches")
        one = create(backend.users, "u1", self.user(1))
        two = create(backend.users, "u2", self.user(2))
        group = create(backend.groups, "g1", self.group(1))
        backend.members.change(group, [one], [])
        before = seen(backend.users), seen(backend.groups), list(backend.members.read())
        with pytest.raises(Stop):
            self.break_off(backend, one, two, group)
        after = seen(backend.users), seen(backend.groups), list(backend.members.read())
        assert after == before
        assert before[2] == [Member(group, one)]

    def break_off(self, backend: Backend, one: Ref, two: Ref, group: Ref) -> None:
        with backend.batch():
            create(backend.users, "u3", self.user(3))
            backend.users.update(two, Update({}, {"user_name": "renamed"}))
            backend.members.change(group, [two], [])
            backend.users.delete(one)
            raise Stop

    def test_a_rejected_write_undoes_itself_only(self, backend: Backend) -> None:
        """The rest of its batch is stored."""
        holds = backend.users.holds
        needs_ops(holds, Op.CREATE, Op.UPDATE)
        needs("user_name" in holds.unique, "a unique user_name")
        taken: dict[str, Value] = {"user_name": self.user(1).user_name}
        with backend.batch():
            one = create(backend.users, "u1", self.user(1))
            two = create(backend.users, "u2", self.user(2))
            with pytest.raises(Conflict):
                backend.users.update(two, Update({}, taken))
            with pytest.raises(Conflict):
                create(backend.users, "u3", self.user(1))
            three = create(backend.users, "u4", self.user(4))
        assert set(seen(backend.users)) == {one, two, three}
        assert seen(backend.users)[two]["user_name"] == self.user(2).user_name
