# ruff: noqa: S101  these are tests, shipped for others to run
"""Laws for what only one may have: logins, e-mails, the names of groups."""

from typing import Any

import pytest

from syncd.core.model import Key, Op, Ref, Update, Value, changed
from syncd.errors import Conflict
from syncd.ports import Backend, Collection
from syncd.testing.sample import Sample, create, needs, needs_ops, seen

FIELDS = pytest.mark.parametrize(
    ("kind", "field"), [("users", "user_name"), ("users", "email"), ("groups", "display_name")]
)


class NameLaws(Sample):
    @FIELDS
    def test_a_taken_name_is_a_conflict(self, backend: Backend, kind: str, field: str) -> None:
        """Neither a creation nor an update takes it, and nothing is stored."""
        collection, refs, names = self.two(backend, kind, field)
        self.refused(collection, refs[1], field, names[0])

    @FIELDS
    def test_case_makes_no_other_name(self, backend: Backend, kind: str, field: str) -> None:
        """Where names are caseless, the same name in capitals is taken too."""
        collection, refs, names = self.two(backend, kind, field)
        needs(field in collection.holds.caseless, f"a caseless {field}")
        self.refused(collection, refs[1], field, names[0].swapcase())

    @FIELDS
    def test_ones_own_name_may_change_its_case(
        self, backend: Backend, kind: str, field: str
    ) -> None:
        """Nobody is in their own way."""
        collection, refs, names = self.two(backend, kind, field)
        needs_ops(collection.holds, Op.UPDATE)
        collection.update(refs[0], Update({}, {field: names[0].upper()}))
        assert seen(collection)[refs[0]][field] == names[0].upper()

    @FIELDS
    def test_two_swap_names_by_way_of_a_third(
        self, backend: Backend, kind: str, field: str
    ) -> None:
        """A name that was given up can be taken at once."""
        collection, (one, two), names = self.two(backend, kind, field)
        needs_ops(collection.holds, Op.UPDATE)
        third = str(getattr(self.sample(kind, 3), field))
        with backend.batch():
            collection.update(one, Update({}, {field: third}))
            collection.update(two, Update({}, {field: names[0]}))
            collection.update(one, Update({}, {field: names[1]}))
        assert {ref: fields[field] for ref, fields in seen(collection).items()} == {
            one: names[1],
            two: names[0],
        }

    def test_a_deleted_users_names_are_free(self, backend: Backend) -> None:
        """Who leaves for good holds no name back."""
        needs_ops(backend.users.holds, Op.CREATE, Op.DELETE)
        backend.users.delete(create(backend.users, "u1", self.user(1)))
        ref = create(backend.users, "u2", self.user(1))
        assert set(seen(backend.users)) == {ref}

    def sample(self, kind: str, number: int) -> Any:
        return self.user(number) if kind == "users" else self.group(number)

    def two(
        self, backend: Backend, kind: str, field: str
    ) -> tuple[Collection[Any], list[Ref], list[str]]:
        """Two of a kind, and the names they have."""
        collection: Collection[Any] = getattr(backend, kind)
        needs(field in collection.holds.unique, f"a unique {field}")
        samples = [self.sample(kind, number) for number in (1, 2)]
        refs = [create(collection, f"k{number}", one) for number, one in enumerate(samples)]
        return collection, refs, [str(getattr(one, field)) for one in samples]

    def refused(self, collection: Collection[Any], ref: Ref, field: str, name: str) -> None:
        """Nobody gets the name: neither a third by creation, nor `ref` by update."""
        before = seen(collection)
        taken: dict[str, Value] = {field: name}
        kind = "users" if field != "display_name" else "groups"
        with pytest.raises(Conflict):
            collection.create(Key("k3"), changed(self.sample(kind, 3), taken))
        if Op.UPDATE in collection.holds.ops and field not in collection.holds.immutable:
            with pytest.raises(Conflict):
                collection.update(ref, Update({}, taken))
        assert seen(collection) == before
