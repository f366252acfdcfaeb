# ruff: noqa: S101  these are tests, shipped for others to run
"""Laws for users and groups, each by itself: what is written is what is read."""

import pytest

from syncd.core.model import Op, Ref, Update, Value, changed
from syncd.errors import NotFound
from syncd.ports import Backend
from syncd.testing.sample import Sample, create, held, needs, needs_ops, only, seen


class EntityLaws(Sample):
    def test_an_empty_target_reads_as_empty(self, backend: Backend) -> None:
        """Nothing is there before the first write."""
        assert seen(backend.users) == {}
        assert seen(backend.groups) == {}
        assert list(backend.members.read()) == []

    def test_every_declared_field_of_a_user_comes_back(self, backend: Backend) -> None:
        """What a backend says it holds, it holds."""
        ada = self.full(backend.users.holds)
        ref = create(backend.users, "ada", ada)
        assert seen(backend.users) == {ref: held(backend.users.holds, ada)}

    def test_every_declared_field_of_a_group_comes_back(self, backend: Backend) -> None:
        """What a backend says it holds, it holds."""
        holds = backend.groups.holds
        group = changed(self.group(1), only(holds, {"attributes.room": "12"}))
        ref = create(backend.groups, "group", group)
        assert seen(backend.groups) == {ref: held(holds, group)}

    def test_text_beyond_ascii_comes_back(self, backend: Backend) -> None:
        """People's names are of any script, and come back letter by letter."""
        names: dict[str, Value] = {
            "display_name": "Zoë Иванова 王小明 🦉",
            "given_name": "Zoë",
            "attributes.Büro": "½",
        }
        zoe = changed(self.user(1), only(backend.users.holds, names))
        ref = create(backend.users, "zoe", zoe)
        assert seen(backend.users) == {ref: held(backend.users.holds, zoe)}

    def test_one_thing_by_its_ref_is_as_read(self, backend: Backend) -> None:
        """`get` and `read` tell the same."""
        ref = create(backend.users, "u1", self.full(backend.users.holds))
        create(backend.users, "u2", self.user(2))
        assert [backend.users.get(one.ref) for one in backend.users.read()] == list(
            backend.users.read()
        )
        found = backend.users.get(ref)
        assert found is not None
        assert found.ref == ref

    def test_the_key_is_kept(self, backend: Backend) -> None:
        """A creation in doubt is settled by the key, where the target says that it keeps keys."""
        users, groups = backend.users, backend.groups
        needs(users.holds.keeps_keys or groups.holds.keeps_keys, "that keys are kept")
        if users.holds.keeps_keys:
            create(users, "KEY-1", self.user(1))
            assert [one.key for one in users.read()] == ["KEY-1"]
        if groups.holds.keeps_keys:
            create(groups, "KEY-2", self.group(1))
            assert [one.key for one in groups.read()] == ["KEY-2"]

    def test_an_update_sets_exactly_its_fields(self, backend: Backend) -> None:
        """What an update does not name stays, and so does everybody else."""
        holds = backend.users.holds
        needs_ops(holds, Op.CREATE, Op.UPDATE)
        ada, other = self.full(holds), self.user(2)
        one, two = create(backend.users, "u1", ada), create(backend.users, "u2", other)
        wanted = only(holds, {"user_name": "renamed", "title": "Dr", "attributes.room": "7"})
        change = {name: wanted[name] for name in wanted.keys() - holds.immutable}
        backend.users.update(one, Update({}, change))
        assert seen(backend.users) == {
            one: held(holds, changed(ada, change)),
            two: held(holds, other),
        }

    def test_a_cleared_field_has_no_value(self, backend: Backend) -> None:
        """None takes a value away."""
        holds = backend.users.holds
        needs_ops(holds, Op.CREATE, Op.UPDATE)
        ada = self.full(holds)
        ref = create(backend.users, "ada", ada)
        stays = holds.required | holds.immutable | {"user_name", "active", "admin"}
        change: dict[str, Value] = dict.fromkeys(held(holds, ada).keys() - stays)
        backend.users.update(ref, Update({}, change))
        assert seen(backend.users) == {ref: held(holds, changed(ada, change))}

    def test_a_renamed_group_is_the_same_group(self, backend: Backend) -> None:
        """A changed name is an update, never another group."""
        needs_ops(backend.groups.holds, Op.CREATE, Op.UPDATE)
        ref = create(backend.groups, "g1", self.group(1))
        name = self.group(2).display_name
        backend.groups.update(ref, Update({}, {"display_name": name}))
        assert seen(backend.groups) == {ref: {"display_name": name}}

    def test_a_suspended_user_is_restored_as_they_were(self, backend: Backend) -> None:
        """Suspending and restoring change `active` and nothing else."""
        needs_ops(backend.users.holds, Op.CREATE, Op.SUSPEND, Op.RESTORE)
        ref = create(backend.users, "u1", self.full(backend.users.holds))
        before = seen(backend.users)
        backend.users.update(ref, Update({"active": True}, {"active": False}))
        assert seen(backend.users) == {ref: {**before[ref], "active": False}}
        backend.users.update(ref, Update({"active": False}, {"active": True}))
        assert seen(backend.users) == before

    def test_a_deleted_user_is_gone(self, backend: Backend) -> None:
        """It is gone by any way of asking, and everybody else is there."""
        needs_ops(backend.users.holds, Op.CREATE, Op.DELETE)
        one = create(backend.users, "u1", self.user(1))
        two = create(backend.users, "u2", self.user(2))
        backend.users.delete(one)
        assert set(seen(backend.users)) == {two}
        assert backend.users.get(one) is None

    def test_what_is_gone_is_not_found(self, backend: Backend) -> None:
        """A write to a ref that nothing has is an error of its own, and changes nothing."""
        needs_ops(backend.users.holds, Op.CREATE, Op.UPDATE, Op.DELETE)
        gone = create(backend.users, "u1", self.user(1))
        backend.users.delete(gone)
        create(backend.users, "u2", self.user(2))
        before = seen(backend.users)
        with pytest.raises(NotFound):
            backend.users.update(gone, Update({}, {"user_name": "anybody"}))
        with pytest.raises(NotFound):
            backend.users.update(gone, Update({"active": True}, {"active": False}))
        with pytest.raises(NotFound):
            backend.users.delete(gone)
        assert seen(backend.users) == before

    def test_a_reading_has_everybody_once(self, backend: Backend) -> None:
        """More than one page, chunk or buffer is read to its end."""
        refs: set[Ref] = set()
        for start in range(0, self.many, 100):
            with backend.batch():
                for number in range(start, min(start + 100, self.many)):
                    refs.add(create(backend.users, f"u{number}", self.user(number)))
        assert len(refs) == self.many
        assert seen(backend.users).keys() == refs

    def test_what_is_stored_outlives_the_connection(self, backend: Backend) -> None:
        """Another connection reads what this one wrote."""
        create(backend.users, "u1", self.full(backend.users.holds))
        before = list(backend.users.read())
        again = self.reopen(backend)
        if again is None:
            pytest.skip("the target cannot be opened twice")
        try:
            assert list(again.users.read()) == before
        finally:
            again.close()
