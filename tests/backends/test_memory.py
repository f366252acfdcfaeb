"""The memory target holds plans to what is declared."""

import pytest
from msgspec.structs import replace

from syncd.backends.memory import GROUPS, MEMBERS, USERS, MemoryBackend
from syncd.core.model import Group, Key, Kind, Member, Op, Ref, Stored, Update, User
from syncd.errors import Rejected
from syncd.ports import Holds

ADA = User(user_name="ada", email="ada@example.org")


def narrow(**holds) -> MemoryBackend:
    return MemoryBackend(holds={Kind.USER: replace(USERS, **holds)})


@pytest.mark.parametrize(
    ("holds", "after"),
    [
        ({"ops": frozenset({Op.CREATE, Op.SUSPEND, Op.RESTORE})}, {"email": "x@example.org"}),
        ({"ops": frozenset({Op.CREATE, Op.UPDATE, Op.RESTORE})}, {"active": False}),
        ({"ops": frozenset({Op.CREATE, Op.UPDATE, Op.SUSPEND})}, {"active": True}),
        ({"fields": frozenset({"user_name", "email", "active"})}, {"title": "Dr"}),
        ({"fields": USERS.fields - {"attributes.*"}}, {"attributes.room": "7"}),
        ({"immutable": frozenset({"user_name"})}, {"user_name": "lovelace"}),
        ({"required": frozenset({"email"})}, {"email": None}),
    ],
)
def test_an_update_that_is_not_declared_is_a_bug(holds, after):
    """The planner must not have planned it; nothing is stored."""
    backend = narrow(**holds)
    ref = backend.users.create(Key("ada"), ADA)
    with pytest.raises(AssertionError, match="not declared"):
        backend.users.update(ref, Update({}, after))
    assert backend.users.get(ref) == Stored(ref, ADA, Key("ada"))


def test_a_write_that_is_not_declared_is_a_bug():
    """To create, to delete, to add, to remove, and to give what cannot be held."""
    bare = MemoryBackend(holds={Kind.USER: Holds(), Kind.MEMBER: Holds()})
    for attempt in (
        lambda: bare.users.create(Key("ada"), ADA),
        lambda: bare.users.delete(Ref("u1")),
        lambda: bare.members.change(Ref("g1"), [Ref("u1")], []),
        lambda: bare.members.change(Ref("g1"), [], [Ref("u1")]),
        lambda: narrow(fields=frozenset({"user_name"})).users.create(Key("ada"), ADA),
    ):
        with pytest.raises(AssertionError, match="not declared"):
            attempt()


def test_a_creation_without_what_is_required_is_rejected():
    """A person may lack what one target wants; that is no bug."""
    backend = narrow(required=frozenset({"email", "title"}))
    with pytest.raises(Rejected, match="a user without title"):
        backend.users.create(Key("ada"), ADA)
    assert list(backend.users.read()) == []


def test_what_another_program_made_has_no_key():
    """It is foreign, whatever its name."""
    backend = MemoryBackend(own=Ref("u1"))
    ref = backend.users.plant(ADA)
    assert list(backend.users.read()) == [Stored(ref, ADA, None)]
    assert backend.whoami() == ref


def test_a_snapshot_tells_all_but_refs():
    """Two targets with the same people in another order are alike."""
    snapshots = []
    for names in (("ada", "bob"), ("bob", "ada")):
        backend = MemoryBackend()
        refs = {name: backend.users.create(Key(name), User(user_name=name)) for name in names}
        group = backend.groups.create(Key("g"), Group(display_name="Engines"))
        backend.members.change(group, list(refs.values()), [])
        assert set(backend.members.read()) == {Member(group, ref) for ref in refs.values()}
        snapshots.append(backend.snapshot())
    assert snapshots[0] == snapshots[1]
    assert snapshots[0][2] == [("Engines", "ada"), ("Engines", "bob")]


def test_what_is_declared_is_known_without_a_target():
    """It is documentation and test parameter at once."""
    assert MemoryBackend.declares == {Kind.USER: USERS, Kind.GROUP: GROUPS, Kind.MEMBER: MEMBERS}
