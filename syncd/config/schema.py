"""The configuration's JSON Schema, for editors: each plug-in's part is chosen by its type."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from syncd.config import running, settings, trust
from syncd.config.settings import Settings
from syncd.plugins import BACKENDS, SOURCES, plugin, types

_PARTS = {"sources": ("source", SOURCES), "targets": ("target", BACKENDS)}


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the whole file. Raises `ConfigError` where a plug-in is unusable."""
    whole = Settings.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = whole.pop("$defs")
    for name in ("Part", "BaseModel"):
        definitions.pop(name, None)
    _describe({"Settings": whole, **definitions})
    for section, (what, group) in _PARTS.items():
        choices = []
        for type_ in types(group):
            part, inner = _part(f"{what}.{type_}", type_, plugin(group, type_).Config)
            definitions |= {**inner, f"{what}.{type_}": part}
            choices.append({"$ref": f"#/$defs/{what}.{type_}"})
        whole["properties"][section]["additionalProperties"] = {"oneOf": choices}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **whole,
        "title": "syncd configuration",
        "$defs": dict(sorted(definitions.items())),
    }


def _part(
    prefix: str, type_: str, model: type[BaseModel]
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """The plug-in's schema with its `type`, and its definitions under names of its own."""
    part = model.model_json_schema(by_alias=True, ref_template=f"#/$defs/{prefix}.{{model}}")
    inner = {f"{prefix}.{name}": value for name, value in part.pop("$defs", {}).items()}
    part.setdefault("properties", {})["type"] = {"const": type_}
    part["required"] = sorted({*part.get("required", ()), "type"})
    return part, inner


def _describe(definitions: Mapping[str, dict[str, Any]]) -> None:
    """Gives the fields the docstrings below them.

    pydantic's `use_attribute_docstrings` would find them whenever the models are imported, and
    read their source once for each: no run but this one has a use for them.
    """
    for model, field, text in _docstrings():
        if model in definitions:
            properties = definitions[model]["properties"]
            name = getattr(settings, model).model_fields[field].alias or field
            properties[name] = dict(sorted({**properties[name], "description": text}.items()))


def _docstrings() -> Iterator[tuple[str, str, str]]:
    """Each model, its field, and the text."""
    parsed = [ast.parse(inspect.getsource(module)).body for module in (settings, running, trust)]
    for model in (one for body in parsed for one in body if isinstance(one, ast.ClassDef)):
        for statement, after in pairwise(model.body):
            match statement, after:
                case (
                    ast.AnnAssign(target=ast.Name(id=field)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    yield model.name, field, inspect.cleandoc(text)
