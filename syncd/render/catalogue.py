"""What is installed: the types of sources and targets, and what each target holds and does."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from syncd.core.model import Kind
from syncd.render.listing import pairs
from syncd.render.words import NOTHING, safe

Catalogue = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""`sources` and `targets`, by type: `settings` and `declares`, or why it is `unusable`."""


def render_catalogue(found: Catalogue) -> Group:
    return Group(*_page(found))


def catalogue_markdown(found: Catalogue) -> str:
    """The targets, a row each."""
    rows = [_COLUMNS, ["---"] * len(_COLUMNS)]
    for type_, told in found["targets"].items():
        if "declares" in told:
            rows.append([f"`{type_}`", *_cells(told["declares"])])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _cells(declares: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[str]:
    users, groups, members = (declares.get(kind.value, {}) for kind in Kind)
    yield ", ".join(users["ops"])
    yield _code(users["fields"])
    yield _code(users.get("immutable", ()))
    emulated = "".join(users.get("emulated", ()))
    yield f"emulated: {emulated}" if emulated else "native" if "suspend" in users["ops"] else "none"
    yield ", ".join(groups.get("ops", ())) or "none"
    yield ", ".join(members.get("ops", ())) or "none"
    yield "yes" if "keys" in users else "no"


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or NOTHING


_COLUMNS = [
    "target",
    "users",
    "fields",
    "given once",
    "suspension",
    "groups",
    "members",
    "keeps keys",
]


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
            if name == "emulated":
                yield f"{kind} suspension", f"emulated: {''.join(some)}"
            else:
                yield f"{kind} {name}", ", ".join(some) or "none"
