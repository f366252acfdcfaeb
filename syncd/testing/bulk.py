# ruff: noqa: S101  these are tests, shipped for others to run
"""Laws for many writes at once, where a backend offers them: each has the outcome that it would
have alone, and an answer at its own place."""

from collections.abc import Sequence
from typing import Any

import pytest

from syncd.bulk import Delta, Write
from syncd.core.model import E, Key, Member, Op, Ref, Update, Value
from syncd.errors import Conflict, NotFound, Rejected
from syncd.ports import Backend, Collection, Memberships
from syncd.testing.batches import Stop
from syncd.testing.sample import Sample, create, held, needs, needs_ops, seen


class BulkLaws(Sample):
    def test_many_are_created_at_once(self, backend: Backend) -> None:
        """Each answer is the ref of what stands at its place, and all of it is stored."""
        needs_ops(backend.users.holds, Op.CREATE)
        people = [self.full(backend.users.holds), *(self.user(n) for n in range(2, 301))]
        refs = all_done(backend, backend.users, [creation(one) for one in people])
        wanted = [held(backend.users.holds, one) for one in people]
        assert seen(backend.users) == dict(zip(refs, wanted, strict=True))

    def test_all_kinds_of_writes_go_at_once(self, backend: Backend) -> None:
        """What the others do leaves each as it is."""
        holds = backend.users.holds
        needs_ops(holds, Op.CREATE, Op.UPDATE, Op.SUSPEND, Op.DELETE)
        one, two, three = (create(backend.users, f"u{n}", self.user(n)) for n in (1, 2, 3))
        name: dict[str, Value] = {"user_name": self.user(4).user_name}
        off: dict[str, Value] = {"active": False}
        writes = [
            Write(Op.SUSPEND, Key("u2"), two, change=Update({"active": True}, off)),
            Write(Op.UPDATE, Key("u1"), one, change=Update({}, name)),
            creation(self.user(5)),
            Write(Op.DELETE, Key("u3"), three),
        ]
        refs = all_done(backend, backend.users, writes)
        assert [refs[0], refs[1], refs[3]] == [two, one, three]
        assert seen(backend.users) == {
            one: {**held(holds, self.user(1)), **name},
            two: {**held(holds, self.user(2)), **off},
            refs[2]: held(holds, self.user(5)),
        }

    def test_one_that_is_rejected_stops_no_other(self, backend: Backend) -> None:
        """A name that is taken and a ref that is gone are each told where they stand."""
        holds = backend.users.holds
        needs_ops(holds, Op.CREATE, Op.UPDATE, Op.DELETE)
        needs("user_name" in holds.unique, "a unique user_name")
        one, gone = (create(backend.users, f"u{n}", self.user(n)) for n in (1, 2))
        backend.users.delete(gone)
        other: dict[str, Value] = {"user_name": self.user(6).user_name}
        writes = [
            creation(self.user(3)),
            creation(self.user(1)),
            creation(self.user(4)),
            Write(Op.UPDATE, Key("u2"), gone, change=Update({}, other)),
            Write(Op.DELETE, Key("u2"), gone),
            creation(self.user(5)),
        ]
        answers = written(backend, backend.users, writes)
        rejected = {at: type(answer) for at, answer in enumerate(answers) if refused(answer)}
        assert rejected == {1: Conflict, 3: NotFound, 4: NotFound}
        assert seen(backend.users).keys() == {one, answers[0], answers[2], answers[5]}

    def test_many_groups_change_at_once(self, backend: Backend) -> None:
        """Who is added twice is a member once; a group that is gone stops no other."""
        needs(backend.members.ops >= {Op.ADD, Op.REMOVE}, "members")
        needs(hasattr(backend.members, "write"), "bulk writes")
        needs_ops(backend.groups.holds, Op.CREATE, Op.DELETE)
        one, two = (create(backend.users, f"u{n}", self.user(n)) for n in (1, 2))
        first, second, gone = (create(backend.groups, f"g{n}", self.group(n)) for n in (1, 2, 3))
        backend.members.change(first, [one], [])
        backend.groups.delete(gone)
        deltas = [
            Delta(first, add=(two,), remove=(one,)),
            Delta(gone, add=(one,)),
            Delta(second, add=(one, two, one), remove=()),
        ]
        answers = joined(backend, backend.members, deltas)
        assert [type(answer) for answer in answers] == [type(None), NotFound, type(None)]
        assert sorted(backend.members.read()) == sorted(
            [Member(first, two), Member(second, one), Member(second, two)]
        )

    def test_many_writes_of_a_batch_that_breaks_off_are_undone(self, backend: Backend) -> None:
        """As single ones are."""
        needs(backend.batch_size > 1, "batches")
        ref = create(backend.users, "u1", self.user(1))
        before = seen(backend.users)
        with pytest.raises(Stop):
            self.break_off_many(backend)
        assert seen(backend.users) == before
        assert set(before) == {ref}

    def break_off_many(self, backend: Backend) -> None:
        write = writer(backend.users)
        with backend.batch():
            write([creation(self.user(number)) for number in range(2, 10)])
            raise Stop


def creation(entity: E) -> Write[E]:
    return Write(Op.CREATE, Key(f"key of {entity}"), entity=entity)


def writer(offered: Collection[Any] | Memberships) -> Any:
    needs(hasattr(offered, "write"), "bulk writes")
    return getattr(offered, "write", None)


def written(
    backend: Backend, collection: Collection[E], writes: Sequence[Write[E]]
) -> list[Ref | Rejected]:
    """The answers, stored."""
    write = writer(collection)
    with backend.batch():
        answers: list[Ref | Rejected] = write(writes)
    assert len(answers) == len(writes)
    return answers


def all_done(backend: Backend, collection: Collection[E], writes: Sequence[Write[E]]) -> list[Ref]:
    answers = written(backend, collection, writes)
    assert not [answer for answer in answers if refused(answer)]
    return [Ref(str(answer)) for answer in answers]


def joined(
    backend: Backend, memberships: Memberships, deltas: Sequence[Delta]
) -> list[Rejected | None]:
    write = writer(memberships)
    with backend.batch():
        answers: list[Rejected | None] = write(deltas)
    assert len(answers) == len(deltas)
    return answers


def refused(answer: object) -> bool:
    return isinstance(answer, Rejected)
