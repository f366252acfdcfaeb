"""The mutants that live and are argued for, as docs/mutants.md lists them.

Each is a part of a block of differences there: its function, what stands in it, and what the mutant
has instead. So a mutant is known by what it changes and not by a number, which moves with each
line that is added before it.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
CORE = ROOT / "syncd" / "core"
PAGE = ROOT / "docs" / "mutants.md"

_BLOCK = re.compile(r"^```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^@@ (\S+) @@$")


class Mutant(NamedTuple):
    """`where` is `module.function` or `module.Class.method`; lines are without their margin."""

    where: str
    there: tuple[str, ...]
    instead: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"@@ {self.where} @@", *(f"-{one}" for one in self.there)]
        return "\n".join([*lines, *(f"+{one}" for one in self.instead)])


def mutant(where: str, differences: Iterable[str]) -> Mutant:
    """Of a unified difference's lines, or those of our page."""
    lines = [one for one in differences if one[:3] not in {"---", "+++"}]
    there = tuple(one[1:].strip() for one in lines if one.startswith("-"))
    instead = tuple(one[1:].strip() for one in lines if one.startswith("+"))
    return Mutant(where, there, instead)


def listed(page: str) -> Iterator[Mutant]:
    """Raises `ValueError` where a block does not begin with the name of a function."""
    for block in _BLOCK.findall(page):
        where, lines = "", list[str]()
        for line in [*block.splitlines(), "@@ end @@"]:
            name = _NAME.match(line)
            if name is None:
                lines.append(line)
                continue
            if where:
                yield mutant(where, lines)
            elif lines:
                raise ValueError(f"docs/mutants.md: no `@@ function @@` is above {lines[0]!r}")
            where, lines = name[1], []


def complaints(living: AbstractSet[Mutant], argued: AbstractSet[Mutant]) -> list[str]:
    """Where the page and what was found do not agree."""
    new = "lives, and docs/mutants.md does not say why"
    old = "lives no more, and docs/mutants.md lists it still"
    return [
        *(f"{new}:\n{one}" for one in sorted(living - argued)),
        *(f"{old}:\n{one}" for one in sorted(argued - living)),
    ]


def functions(module: Path) -> dict[str, str]:
    """The source of each function of a module, by the name that the page has for it."""
    text = module.read_text()
    found: dict[str, str] = {}
    for node in ast.parse(text).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{module.stem}.{node.name}" if isinstance(node, ast.ClassDef) else module.stem
        for one in inner:
            if isinstance(one, ast.FunctionDef):
                found[f"{prefix}.{one.name}"] = ast.get_source_segment(text, one) or ""
    return found
