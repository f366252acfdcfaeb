"""Attributes that are made when they are first asked for."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Late(Generic[T]):
    """As `functools.cached_property`; to a type checker, though, it is an attribute like any other,
    which can be set, as the ports want it."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> T:
        if instance is None:
            raise AttributeError(self._name)
        made: dict[str, T] = vars(instance)
        if self._name not in made:
            made[self._name] = self._make(instance)
        return made[self._name]

    def __set__(self, instance: Any, value: T) -> None:
        vars(instance)[self._name] = value
