"""Targets that take many writes at once: as few statements, or as calls side by side."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from syncd.backends.memory import MemoryBackend
from syncd.bulk import Delta, Write
from syncd.core.model import Op
from syncd.core.normal import normal
from syncd.errors import Rejected
from tests.wired import Hook, Wired, _Collection, nothing


class Bulked(Wired):
    """Takes bulk writes, and nothing that their contract forbids. `calls` are what it was given."""

    def __init__(self, inner: MemoryBackend, hook: Hook = nothing, *, batch_size=None) -> None:
        super().__init__(inner, hook, batch_size=batch_size)
        self.calls: list[Sequence[Write | Delta]] = []
        self.users = _BulkCollection(self, "users")
        self.groups = _BulkCollection(self, "groups")
        self.members = _BulkMembers(self, "members")


class _BulkCollection(_Collection):
    def write(self, writes):
        self._wire.calls.append(writes)
        self._check(writes)
        return [self._one(write) for write in writes]

    def _check(self, writes) -> None:
        assert writes
        assert len({write.key for write in writes}) == len(writes), "one thing twice"
        wanted = [name for write in writes for name in self._names(write)]
        assert len(set(wanted)) == len(wanted), "two want one name"

    def _names(self, write: Write) -> Iterator[tuple[str, str]]:
        for field in self.holds.unique:
            if write.op is Op.CREATE:
                value = getattr(write.entity, field)
            else:
                value = write.change.after.get(field) if write.change else None
            if value:
                yield field, normal(value, caseless=field in self.holds.caseless)

    def _one(self, write: Write):
        try:
            match write.op:
                case Op.CREATE:
                    return self.create(write.key, write.entity)
                case Op.DELETE:
                    self.delete(write.ref)
                case _:
                    self.update(write.ref, write.change)
        except Rejected as error:
            return error
        return write.ref


class _BulkMembers(_Collection):
    def write(self, deltas):
        self._wire.calls.append(deltas)
        assert len({delta.group for delta in deltas}) == len(deltas), "one group twice"
        return [self._one(delta) for delta in deltas]

    def _one(self, delta: Delta):
        try:
            self.change(delta.group, delta.add, delta.remove)
        except Rejected as error:
            return error
        return None


class Abreast(Wired):
    """Takes calls from several threads. The hook is told outside of any lock, and may wait.

    `most` is how many calls were ever under way together.
    """

    def __init__(self, inner: MemoryBackend, hook: Hook = nothing, *, concurrency: int) -> None:
        super().__init__(inner, hook, batch_size=1)
        self.concurrency = concurrency
        self.most = self._under_way = 0
        self._turn = Lock()
        for name in ("users", "groups", "members"):
            setattr(self, name, _OneOfMany(self, name))

    @contextmanager
    def batch(self) -> Iterator[None]:
        raise AssertionError("a batch is one thread's affair")
        yield

    @contextmanager
    def counted(self) -> Iterator[None]:
        with self._turn:
            self._under_way += 1
            self.most = max(self.most, self._under_way)
        try:
            yield
        finally:
            with self._turn:
                self._under_way -= 1

    @contextmanager
    def turn(self) -> Iterator[None]:
        with self._turn:
            yield


class _OneOfMany(_Collection):
    def _call(self, verb: str, *given):
        if verb in {"read", "get"}:
            return super()._call(verb, *given)
        with self._wire.counted():
            self._wire.hook("before", f"{self._name}.{verb}")
            with self._wire.turn():
                result = getattr(getattr(self._wire.inner, self._name), verb)(*given)
            self._wire.hook("after", f"{self._name}.{verb}")
        return result
