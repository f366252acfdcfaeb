"""Find sources and backends by type: entry points, the built-in ones registered like any other."""

from functools import cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Any, cast

from pydantic import BaseModel

from syncd.core.model import Kind
from syncd.errors import ConfigError
from syncd.located.suggest import did_you_mean, quoted
from syncd.ports import BackendPlugin, SourcePlugin

SOURCES = "syncd.sources"
BACKENDS = "syncd.backends"

_WHAT = {SOURCES: "source", BACKENDS: "target"}


def types(group: str) -> list[str]:
    """The types that are installed for `SOURCES` or `BACKENDS`."""
    return sorted({point.name for point in installed(group)})


@cache
def installed(group: str) -> EntryPoints:
    """Read once: the lookup goes through every installed package's files."""
    return entry_points(group=group)


def source_plugin(type_: str) -> SourcePlugin:
    """Raises `ConfigError`."""
    return cast("SourcePlugin", plugin(SOURCES, type_))


def backend_plugin(type_: str) -> BackendPlugin:
    """Raises `ConfigError`."""
    return cast("BackendPlugin", plugin(BACKENDS, type_))


def plugin(group: str, type_: str) -> Any:
    """What is installed for the type. Raises `ConfigError`, without a place."""
    point = _point(group, type_)
    try:
        found = point.load()
    except Exception as error:
        raise ConfigError(
            f"{_told(point)} cannot be imported: {type(error).__name__}: {error}; "
            "reinstall that package or remove it"
        ) from error
    if not _is_model(getattr(found, "Config", None)):
        raise ConfigError(f"{_told(point)} has no pydantic model `Config`; see syncd.ports")
    if group == BACKENDS and not _declares(found):
        raise ConfigError(f"{_told(point)} does not declare what its users hold; see syncd.ports")
    return found


def _point(group: str, type_: str) -> EntryPoint:
    # One package can be seen twice, from its checkout and from its installation.
    points = {point.value: point for point in installed(group).select(name=type_)}
    if not points:
        known = types(group)
        raise ConfigError(
            f"there is no {_WHAT[group]} type {quoted(type_)}{did_you_mean(type_, known)}"
        )
    if len(points) > 1:
        raise ConfigError(
            f"more than one package brings the {_WHAT[group]} type {quoted(type_)}: "
            f"{', '.join(sorted(points))}; remove all but one"
        )
    return next(iter(points.values()))


def _told(point: EntryPoint) -> str:
    """A plug-in and the package that it is from."""
    package = f" of {point.dist.name} {point.dist.version}" if point.dist else ""
    return f"the {_WHAT[point.group]} type {quoted(point.name)}, {point.value}{package},"


def _is_model(config: object) -> bool:
    return isinstance(config, type) and issubclass(config, BaseModel)


def _declares(found: object) -> bool:
    declares = getattr(found, "declares", None)
    return isinstance(declares, dict) and Kind.USER in declares
