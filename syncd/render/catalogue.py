"""What is installed: the types of sources and targets, and what each target holds and does."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from syncd.core.model import Kind
from syncd.render.listing import pairs
from syncd.render.words import safe

Catalogue = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""`sources` and `targets`, by type: `settings` and `declares`, or why it is `unusable`."""


def render_catalogue(found: Catalogue) -> Group:
    return Group(*_page(found))


def _page(found: Catalogue) -> Iterator[RenderableType]:
    for what, types in found.items():
        for type_, told in types.items():
            yield Text.assemble((what.removesuffix("s"), "dim"), " ", (safe(type_), "bold"))
            yield pairs(_rows(told))


def _rows(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "unusable" in told:
        yield "unusable", safe(told["unusable"])
        return
    yield "settings", ", ".join(told["settings"]) or "none"
    for kind in Kind:
        for name, some in told.get("declares", {}).get(kind.value, {}).items():
            yield f"{kind} {name}", ", ".join(some) or "none"
