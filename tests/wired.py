"""A backend on the end of a wire: readings can be cut, writes can fail before or after their effect."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from syncd.backends.memory import MemoryBackend
from syncd.core.model import Update
from syncd.errors import Incomplete

Hook = Callable[[str, str], None]
"""Told `before` or `after`, and which verb of which collection; may raise."""


def nothing(_when: str, _verb: str) -> None:
    pass


class Wired:
    """`cut` is after how many things the reading of a collection ends, by its name."""

    concurrency = 1

    def __init__(
        self, inner: MemoryBackend, hook: Hook = nothing, *, batch_size: int | None = None
    ) -> None:
        """`batch_size` 1 stands for a target that keeps each write at once, as most do."""
        self.inner, self.hook = inner, hook
        self.batch_size = batch_size or inner.batch_size
        self.cut: dict[str, int] = {}
        self.users = _Collection(self, "users")
        self.groups = _Collection(self, "groups")
        self.members = _Collection(self, "members")

    def whoami(self):
        return self.inner.whoami()

    @contextmanager
    def batch(self) -> Iterator[None]:
        with nullcontext() if self.batch_size == 1 else self.inner.batch():
            yield
            self.hook("before", "batch.end")
        self.hook("after", "batch.end")

    def close(self) -> None:
        self.inner.close()


class _Collection:
    def __init__(self, wire: Wired, name: str) -> None:
        self._wire, self._name = wire, name

    def __getattr__(self, name: str):
        if name == "of":
            raise AttributeError("most targets cannot be asked for a few groups")
        return getattr(getattr(self._wire.inner, self._name), name)

    def read(self):
        for number, item in enumerate(getattr(self._wire.inner, self._name).read()):
            if number == self._wire.cut.get(self._name):
                raise Incomplete(f"{self._name}: the answer was cut")
            yield item
        self._call("read", lambda: None)

    def get(self, ref):
        return self._call("get", ref)

    def create(self, key, entity):
        return self._call("create", key, entity)

    def update(self, ref, change):
        return self._call("update", ref, change)

    def delete(self, ref):
        return self._call("delete", ref)

    def change(self, group, add, remove):
        return self._call("change", group, add, remove)

    def _call(self, verb: str, *given):
        self._wire.hook("before", f"{self._name}.{verb}")
        result = None
        if verb != "read":
            result = getattr(getattr(self._wire.inner, self._name), verb)(*given)
        self._wire.hook("after", f"{self._name}.{verb}")
        return result


class Lying(Wired):
    """A target that stores one field in its own way and says nothing of it."""

    def __init__(self, inner: MemoryBackend, field: str, store: Callable[[object], object]) -> None:
        super().__init__(inner)
        self.users = _LyingCollection(self, field, store)


class _LyingCollection(_Collection):
    def __init__(self, wire: Wired, field: str, store: Callable[[object], object]) -> None:
        super().__init__(wire, "users")
        self._field, self._store = field, store

    def create(self, key, entity):
        ref = super().create(key, entity)
        if (value := getattr(entity, self._field)) is not None:
            self._write(ref, value)
        return ref

    def update(self, ref, change):
        super().update(ref, change)
        if self._field in change.after:
            self._write(ref, change.after[self._field])

    def _write(self, ref, value) -> None:
        self._wire.inner.users.update(ref, Update({}, {self._field: self._store(value)}))
