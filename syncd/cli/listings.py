"""`syncd schema` and `syncd backends`: what can be written, and what is installed."""

from collections.abc import Iterator, Mapping
from typing import Any

from syncd.cli.screen import Screen
from syncd.cli.words import Format
from syncd.config.schema import schema as schema_of_everything
from syncd.core.model import Op
from syncd.errors import ConfigError
from syncd.plugins import BACKENDS, SOURCES, backend_plugin, source_plugin, types
from syncd.ports import Holds
from syncd.render.catalogue import catalogue_markdown, render_catalogue
from syncd.render.changes import in_order
from syncd.report import Exit


def schema(screen: Screen) -> int:
    screen.write_json(schema_of_everything())
    return Exit.DONE


def backends(screen: Screen, format_: Format) -> int:
    """Every installed type, also those that cannot be used, and why."""
    found = {"sources": dict(_sources()), "targets": dict(_targets())}
    if format_ is Format.JSON:
        screen.write_json(found)
    elif format_ is Format.MARKDOWN:
        screen.write(catalogue_markdown(found))
    else:
        screen.show(render_catalogue(found))
    return Exit.DONE


def _sources() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for type_ in types(SOURCES):
        try:
            settings = [name for name in source_plugin(type_).Config.model_fields if name != "type"]
            yield type_, {"settings": settings}
        except ConfigError as error:
            yield type_, {"unusable": str(error)}


def _targets() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for type_ in types(BACKENDS):
        try:
            plugin = backend_plugin(type_)
            settings = [name for name in plugin.Config.model_fields if name != "type"]
            declares = {kind.value: _declared(holds) for kind, holds in plugin.declares.items()}
            yield type_, {"settings": settings, "declares": declares}
        except ConfigError as error:
            yield type_, {"unusable": str(error)}


def _declared(holds: Holds) -> dict[str, list[str]]:
    sets = ("fields", "immutable", "caseless", "unique", "required")
    found = {name: in_order(getattr(holds, name)) for name in sets}
    found["keys"] = ["kept"] if holds.keeps_keys else []
    found["emulated"] = [holds.emulated] if holds.emulated else []
    return {name: some for name, some in found.items() if some} | {
        "ops": [op.value for op in Op if op in holds.ops]
    }
