"""A timed backend is the backend, and whoever counts is told of each call."""

import time
from collections import Counter
from pathlib import Path

import pytest

from syncd.backends.memory import MemoryBackend
from syncd.backends.sql import SqlBackend, SqlConfig
from syncd.bulk import Write
from syncd.core.model import Key, Op, Ref, Update, User
from syncd.daemon.timed import TimedBackend, timed
from syncd.errors import Conflict, Incomplete, NotFound, Unavailable
from syncd.testing import BackendContract
from tests.daemon.standin import StandIn, scraped
from tests.world import ADA, ENGINEERING, KIM, ZOE, office

COUNT = "syncd_target_call_duration_seconds_count"


def ignored(_verb, _seconds, _error):
    pass


class TestTimedMemory(BackendContract):
    @pytest.fixture
    def backend(self):
        return TimedBackend(MemoryBackend(), ignored)


class TestTimedSql(BackendContract):
    def reopen(self, backend):
        inner = SqlBackend("store", backend.config, backend.base)
        return TimedBackend(inner, ignored)

    @pytest.fixture
    def backend(self, tmp_path: Path):
        backend = SqlBackend("store", SqlConfig(), tmp_path)
        yield TimedBackend(backend, ignored)
        backend.close()


class Told:
    def __init__(self):
        self.calls = []

    def __call__(self, verb, seconds, error):
        assert seconds >= 0
        self.calls.append((verb, error))


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def memory(told):
    return TimedBackend(MemoryBackend(), told)


def test_each_verb_is_told_with_its_error(memory, told):
    """By the name of its class, and what it raised is raised."""
    ada = memory.users.create(Key("1"), User(user_name="ada"))
    with pytest.raises(Conflict):
        memory.users.create(Key("2"), User(user_name="ada"))
    memory.users.update(ada, Update({}, {"title": "Engineer"}))
    assert memory.users.get(ada).entity.title == "Engineer"
    with pytest.raises(NotFound):
        memory.members.change(Ref("none"), [ada], [])
    memory.users.delete(ada)
    assert memory.whoami() is None

    assert told.calls == [
        ("users.create", ""),
        ("users.create", "Conflict"),
        ("users.update", ""),
        ("users.get", ""),
        ("members.change", "NotFound"),
        ("users.delete", ""),
        ("whoami", ""),
    ]


def test_bulk_writes_and_readings_by_pages_are_one_call(tmp_path, told):
    """Where a backend has them, they are there and timed."""
    backend = TimedBackend(SqlBackend("store", SqlConfig(), tmp_path), told)
    with backend.batch():
        backend.users.write([Write(Op.CREATE, Key("1"), entity=User(user_name="ada"))])
    assert len(list(backend.users.pages())) == 1
    assert list(backend.members.of([Ref("none")])) == []
    backend.close()

    whole = [("users.write", ""), ("batch", ""), ("users.read", ""), ("members.get", "")]
    assert told.calls == whole


@pytest.mark.parametrize("part", ["users", "groups", "members"])
def test_what_a_backend_does_not_offer_is_not_there(tmp_path, part):
    """The engine looks for verbs by name: none is made up, and none is lost."""
    sql = SqlBackend("store", SqlConfig(), tmp_path)
    for backend in (MemoryBackend(), sql):
        inner, outer = getattr(backend, part), getattr(TimedBackend(backend, ignored), part)
        for name in {*dir(inner), "pages", "write", "of", "get", "holds", "ops"}:
            assert hasattr(outer, name) == hasattr(inner, name), name
    sql.close()


def test_what_is_declared_is_the_backends_own(memory):
    """Its collections' data, how many writes at once, and whatever else it has."""
    inner = memory._inner

    assert memory.users.holds is inner.users.holds
    assert memory.members.ops is inner.members.ops
    assert (memory.concurrency, memory.batch_size) == (inner.concurrency, inner.batch_size)
    assert memory.snapshot() == inner.snapshot()
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = memory.nothing_such


def test_collections_are_made_when_they_are_first_looked_at():
    """A backend that asks its server what it holds is not asked before."""

    class Far(MemoryBackend):
        looked = 0

        def __getattribute__(self, name):
            if name in ("users", "groups", "members"):
                Far.looked += 1
            return super().__getattribute__(name)

    inner = Far()
    before = Far.looked
    backend = TimedBackend(inner, ignored)
    assert Far.looked == before
    assert backend.users is backend.users
    assert Far.looked == before + 1


def test_only_the_targets_part_of_a_reading_is_its_time():
    """What is done between two items is not the target's."""
    spent = []
    backend = TimedBackend(
        MemoryBackend(), lambda verb, seconds, error: spent.append((verb, seconds, error))
    )
    for number in range(3):
        backend.users.create(Key(str(number)), User(user_name=f"u{number}"))
    spent.clear()

    for _ in backend.users.read():
        time.sleep(0.05)

    [(verb, seconds, error)] = spent
    assert (verb, error) == ("users.read", "")
    assert seconds < 0.05


def test_a_reading_that_breaks_off_is_told_with_its_error(memory, told, monkeypatch):
    """Also one that fails before its first item, and one that nobody reads to its end."""

    def broken():
        yield from [1, 2]
        raise Incomplete("page 3 is missing")

    def dead():
        raise Unavailable("nobody answers")

    inner = memory._inner
    monkeypatch.setattr(inner.users, "read", broken)
    monkeypatch.setattr(inner.groups, "read", dead)
    with pytest.raises(Incomplete):
        list(memory.users.read())
    with pytest.raises(Unavailable):
        memory.groups.read()
    some = memory.users.read()
    next(some)
    some.close()

    assert told.calls == [
        ("users.read", "Incomplete"),
        ("groups.read", "Unavailable"),
        ("users.read", ""),
    ]


def test_a_batch_that_cannot_be_stored_is_told(memory, told):
    """An error of one of its writes was told of with that; one of its own is the batch's."""

    class Unstorable:
        def __enter__(self):
            pass

        def __exit__(self, *_):
            raise Unavailable("the commit was lost")

    memory._inner.batch = Unstorable
    with pytest.raises(Unavailable), memory.batch():
        pass
    del memory._inner.batch
    with pytest.raises(NotFound), memory.batch():
        memory.users.delete(Ref("none"))

    assert told.calls == [("batch", "Unavailable"), ("users.delete", "NotFound"), ("batch", "")]


def test_a_timed_sync_plans_and_applies_as_the_plain_one_does():
    """The metrics have its calls, and the target what it should."""
    here = office(ADA, ZOE, KIM, groups=[ENGINEERING])
    plain = office(ADA, ZOE, KIM, groups=[ENGINEERING])
    plain.apply()
    metrics = StandIn(here).metrics()
    inner = here.backend
    here.backend = timed(here.sync, metrics.call).backend

    assert here.apply().exit_code == 0
    assert inner.snapshot() == plain.backend.snapshot()
    told = scraped(metrics)
    calls = Counter({key[2]: value for key, value in told.items() if key[0] == COUNT})
    assert calls["users.create"] == 3
    assert calls["members.change"] == 1
    assert calls["users.read"] >= 1
    assert calls["batch"] >= 1
