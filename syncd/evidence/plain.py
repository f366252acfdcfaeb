"""Values as plain JSON, where keys may be tuples, and back."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_PAIRS = "pairs"
"""What stands for a mapping whose keys are no texts: a list of its keys and values."""


def plain(value: object, *, in_order: bool = True) -> Any:
    """With sets in order; names too, unless their own order means something."""
    return _to_json(msgspec.to_builtins(value, order="deterministic" if in_order else None))


def back(value: Any, to: type[T]) -> T:
    """Raises `msgspec.ValidationError`."""
    return msgspec.convert(_from_json(value), to)


def _to_json(value: Any) -> Any:
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: _to_json(inner) for key, inner in value.items()}
        return {_PAIRS: [[key, _to_json(inner)] for key, inner in value.items()]}
    return [_to_json(inner) for inner in value] if isinstance(value, list | tuple) else value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        pairs = value.get(_PAIRS)
        if len(value) == 1 and isinstance(pairs, list):
            return {tuple(key): _from_json(inner) for key, inner in pairs}
        return {key: _from_json(inner) for key, inner in value.items()}
    return [_from_json(inner) for inner in value] if isinstance(value, list) else value
