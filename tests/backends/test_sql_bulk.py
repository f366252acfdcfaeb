"""Many writes of the SQL store at once: always the outcome of the same writes one by one."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import RFC_4122, UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from sqlalchemy import event

from syncd.backends.sql import SqlBackend, SqlConfig
from syncd.backends.sql.refs import new_ref
from syncd.bulk import Delta, Write
from syncd.core.model import Group, Key, Op, Ref, Update, User
from syncd.errors import Conflict, NotFound, Rejected, Unavailable
from tests.servers.postgres import Postgresql

ON_ONE_STORE = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def store(place):
    store = SqlBackend("wiki", SqlConfig(url=place.url, password=place.password), Path())
    yield store
    store.close()


class Step(Struct, frozen=True):
    """What is done to the user made by the so-many-th creation."""

    op: Op
    whom: int
    fields: dict[str, Any]


NAMES = st.sampled_from(["ada", "Ada", "bob", "Zoë", "ZOË", "eve", "ed", "flo"])
VALUES = {
    "user_name": NAMES,
    "email": st.one_of(st.none(), st.just(""), NAMES),
    "title": st.sampled_from([None, "", "Dr", "tab\tand \\N", "nul\0", "half \ud800", "'\""]),
    "phone": st.sampled_from([None, "1", "2"]),
    "active": st.booleans(),
    "admin": st.sampled_from([None, True, False]),
    "attributes.room": st.sampled_from([None, "", "7", "\ud800", '{"a":"\\n"}']),
    "attributes.Büro": st.sampled_from([None, "½ \u2028\x7f"]),
}
FIELDS = st.lists(st.sampled_from(sorted(VALUES)), max_size=3).flatmap(
    lambda names: st.fixed_dictionaries({name: VALUES[name] for name in names})
)
STEPS = st.builds(
    Step,
    op=st.sampled_from([Op.CREATE, Op.CREATE, Op.UPDATE, Op.UPDATE, Op.SUSPEND, Op.DELETE]),
    whom=st.integers(0, 9),
    fields=FIELDS,
)
CALLS = st.lists(
    st.lists(STEPS, max_size=8, unique_by=lambda step: (step.op is Op.CREATE, step.whom)),
    max_size=3,
)


def as_write(step: Step, refs: Sequence[Ref]) -> Write[User]:
    if step.op is Op.CREATE:
        plain = {name: value for name, value in step.fields.items() if "." not in name}
        plain["user_name"] = plain.get("user_name") or f"new{step.whom}"
        plain["active"] = plain.get("active", True)
        given_ = {
            name.removeprefix("attributes."): value
            for name, value in step.fields.items()
            if "." in name and value is not None
        }
        return Write(Op.CREATE, Key(f"k{step.whom}"), entity=User(**plain, attributes=given_))
    ref = refs[step.whom] if step.whom < len(refs) else Ref(f"nobody {step.whom}")
    if step.op is Op.DELETE:
        return Write(Op.DELETE, Key("k"), ref)
    after = {"active": False} if step.op is Op.SUSPEND else step.fields
    return Write(step.op, Key("k"), ref, change=Update({}, after))


def alone(store: SqlBackend, write: Write[User]) -> Ref | Rejected:
    try:
        if write.entity is not None:
            return store.users.create(write.key, write.entity)
        assert write.ref is not None
        if write.change is not None:
            store.users.update(write.ref, write.change)
        else:
            store.users.delete(write.ref)
    except Rejected as error:
        return error
    return write.ref


def one_by_one(store: SqlBackend, writes: Sequence[Write[User]]) -> list[Ref | Rejected]:
    return [alone(store, write) for write in writes]


def played(
    store: SqlBackend,
    calls: Sequence[Sequence[Step]],
    write: Callable[[Sequence[Write[User]]], list[Ref | Rejected]],
) -> tuple[list[Any], list[Any]]:
    """What became of each write, and what the store holds then; it is empty afterwards."""
    refs: list[Ref] = []
    answers: list[Any] = []
    for call in calls:
        writes = [as_write(step, refs) for step in call]
        with store.batch():
            found = write(writes)
        for made, answer in zip(writes, found, strict=True):
            if made.op is Op.CREATE and isinstance(answer, str):
                refs.append(answer)
            answers.append(type(answer))
    held = sorted((refs.index(one.ref), one.key, one.entity) for one in store.users.read())
    with store.batch():
        store.users.write([Write(Op.DELETE, Key("k"), refs[at]) for at, _, _ in held])
    return answers, held


ADA, BOB, EVE = ({"user_name": name} for name in ("Ada", "BOB", "eve"))
TWO = [Step(Op.CREATE, 0, {"user_name": "ada"}), Step(Op.CREATE, 1, {"user_name": "bob"})]


# One wants the name that another gives up: who comes first counts.
@ON_ONE_STORE
@given(calls=CALLS)
@example(
    calls=[TWO, [Step(Op.UPDATE, 0, BOB), Step(Op.UPDATE, 1, {**EVE, "attributes.room": "7"})]]
)
@example(calls=[TWO, [Step(Op.UPDATE, 1, ADA), Step(Op.UPDATE, 0, EVE)]])
@example(calls=[TWO, [Step(Op.UPDATE, 1, EVE), Step(Op.UPDATE, 0, BOB)]])
@example(calls=[TWO, [Step(Op.UPDATE, 0, BOB), Step(Op.DELETE, 1, {})]])
@example(calls=[TWO, [Step(Op.DELETE, 0, {}), Step(Op.CREATE, 2, ADA)]])
@example(calls=[TWO, [Step(Op.CREATE, 2, BOB), Step(Op.UPDATE, 1, EVE), Step(Op.CREATE, 3, BOB)]])
def test_many_users_at_once_are_many_users_one_by_one(store, calls):
    """Whatever is refused among them: names that are taken, refs that are gone, octets that are no text."""
    expected = played(store, calls, lambda writes: one_by_one(store, writes))
    assert played(store, calls, store.users.write) == expected


PEOPLE = st.lists(st.integers(0, 5), max_size=6).map(tuple)
DELTAS = st.lists(
    st.lists(st.tuples(st.integers(0, 3), PEOPLE, PEOPLE), max_size=5), min_size=1, max_size=3
)


@ON_ONE_STORE
@given(calls=DELTAS)
def test_many_groups_at_once_are_many_groups_one_by_one(store, calls):
    """Also where one group comes twice, or a user or a group is not there."""
    users = [store.users.create(Key(f"k{n}"), User(user_name=f"u{n}")) for n in range(5)]
    users.append(Ref("nobody"))
    outcomes = []
    for together in (False, True):
        groups = [store.groups.create(Key(f"k{n}"), Group(display_name=f"g{n}")) for n in range(3)]
        groups.append(Ref("none"))
        answers = [
            joined(store, [delta(groups, users, one) for one in call], together) for call in calls
        ]
        members = sorted((groups.index(m.group), users.index(m.user)) for m in store.members.read())
        outcomes.append((answers, members))
        for group in groups[:3]:
            store.groups.delete(group)
    for user in users[:5]:
        store.users.delete(user)
    assert outcomes[0] == outcomes[1]


def delta(groups: list[Ref], users: list[Ref], one: tuple[int, tuple[int, ...], tuple[int, ...]]):
    group, add, remove = one
    return Delta(groups[group], tuple(users[n] for n in add), tuple(users[n] for n in remove))


def joined(store: SqlBackend, deltas: list[Delta], together: bool) -> list[Any]:
    answers: list[Any] = []
    with store.batch():
        if together:
            return [type(answer) for answer in store.members.write(deltas)]
        for one in deltas:
            try:
                answers.append(type(store.members.change(one.group, one.add, one.remove)))
            except Rejected as error:
                answers.append(type(error))
    return answers


def creations(count: int) -> list[Write[User]]:
    return [
        Write(Op.CREATE, Key(f"k{n}"), entity=User(user_name=f"u{n}", title="x"))
        for n in range(count)
    ]


def test_a_culprit_is_rejected_alone_and_names_who_is_in_its_way(store):
    """Of a thousand others, all are stored."""
    with store.batch():
        holder = store.users.create(Key("first"), User(user_name="U500"))
        answers = store.users.write(creations(1000))
    rejected = [(at, answer) for at, answer in enumerate(answers) if isinstance(answer, Rejected)]
    [(at, conflict)] = rejected
    assert (at, type(conflict)) == (500, Conflict)
    assert f"'u500' is taken by the user 'U500' ({holder}, key first)" in str(conflict)
    assert len(list(store.users.read())) == 1000


def test_who_is_gone_is_not_found_and_the_rest_is_changed(store):
    """Neither an update nor a deletion of nobody stops the others'."""
    with store.batch():
        refs = [ref for ref in store.users.write(creations(100)) if isinstance(ref, str)]
        store.users.delete(refs[42])
        update = Update({}, {"title": "Dr"})
        changed = store.users.write(
            [Write(Op.UPDATE, Key("k"), ref, change=update) for ref in refs]
        )
        deleted = store.users.write([Write(Op.DELETE, Key("k"), ref) for ref in refs[40:50]])
    assert [at for at, answer in enumerate(changed) if isinstance(answer, NotFound)] == [42]
    assert [at for at, answer in enumerate(deleted) if isinstance(answer, NotFound)] == [2]
    assert {(one.ref, one.entity.title) for one in store.users.read()} == {
        (ref, "Dr") for ref in refs[:40] + refs[50:]
    }


def test_many_writes_are_few_statements(store):
    """However many there are: that is what they are together for."""
    counted: list[str] = []
    with store.batch():
        pass
    engine = store._session._database.engine
    event.listen(engine, "before_cursor_execute", lambda *call: counted.append(call[2]))
    with store.batch():
        refs = [ref for ref in store.users.write(creations(900)) if isinstance(ref, str)]
        fields = [{"title": "Dr"}, {"attributes.room": "7"}, {"phone": "1", "active": False}]
        store.users.write(
            [
                Write(Op.UPDATE, Key("k"), ref, change=Update({}, fields[number % 3]))
                for number, ref in enumerate(refs)
            ]
        )
        groups = [store.groups.create(Key(f"g{n}"), Group(display_name=f"g{n}")) for n in range(9)]
        store.members.write([Delta(group, add=tuple(refs)) for group in groups])
        store.members.write([Delta(group, remove=tuple(refs[9:])) for group in groups])
        store.users.write([Write(Op.DELETE, Key("k"), ref) for ref in refs])
    assert len(counted) < 60, counted


def test_the_single_and_the_bulk_write_store_the_same_octets(store):
    """A print tells what is stored, and not how it was written."""
    attributes = {"a/b": '\x7f\x01"\\é\u2028', "e": ""}
    people = [User(user_name=name, attributes=attributes) for name in ("ada", "bob", "eve")]
    store.users.create(Key("k0"), people[0])
    with store.batch():
        store.users.write([Write(Op.CREATE, Key(f"k{n}"), entity=people[n]) for n in (1, 2)])
    with store._session.reading() as connection:
        texts = connection.exec_driver_sql("SELECT CAST(attributes AS TEXT) FROM users").fetchall()
    assert len(texts) == 3
    assert len(set(texts)) == 1


def test_a_connection_that_breaks_in_a_bulk_write_stores_nothing_of_its_batch(
    postgresql: Postgresql,
):
    """Neither what came before in the batch nor what its caller tries after that."""
    url = postgresql.url.replace("@", f":{postgresql.password}@")
    store = SqlBackend("wiki", SqlConfig(url=url), Path())
    store.users.create(Key("before"), User(user_name="before"))
    with pytest.raises(Unavailable):
        break_off(store, postgresql)
    assert [one.entity.user_name for one in store.users.read()] == ["before"]
    store.close()


def break_off(store: SqlBackend, postgresql: Postgresql) -> None:
    others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
    with store.batch():
        store.users.create(Key("lost"), User(user_name="lost"))
        with postgresql.connect() as connection:
            connection.execute(f"{others} AND pid <> pg_backend_pid()", [postgresql.database])
        for _ in range(2):
            with pytest.raises(Unavailable):
                store.users.write(creations(10))


def test_new_refs_are_uuids_of_version_7_that_sort_as_they_are_made():
    """RFC 9562, section 5.7; as far as the clock tells them apart."""
    begun = time.time_ns() // 1_000_000
    refs = [new_ref() for _ in range(1000)]
    ended = time.time_ns() // 1_000_000
    parsed = [UUID(ref) for ref in refs]
    assert [str(one) for one in parsed] == refs
    assert {(one.version, one.variant) for one in parsed} == {(7, RFC_4122)}
    assert all(begun <= one.int >> 80 <= ended for one in parsed)
    moments = [ref[:18] for ref in refs]
    assert moments == sorted(moments)
    assert len(set(refs)) == 1000
