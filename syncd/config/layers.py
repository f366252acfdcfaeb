"""Lay the environment over systemd credentials over the file, and remember where a value is from.

pydantic-settings reads the two upper layers. Their values stay text until the model says
otherwise, and a name in them must stand in the file already: `SYNCD_TARGETS__STROE__PASSWORD` is a
slip and not a new target. Values of the upper layers are shown in no message.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from syncd.config.naming import DELIMITER, NAMED, TOP, ours
from syncd.located.places import Items, Mistake, Node, Table, Text, mistake
from syncd.located.suggest import did_you_mean, quoted

Path_ = Sequence[str | int]


class _Given(NamedTuple):
    """One value of an upper layer."""

    where: str
    value: str

    def hidden(self, words: str) -> str:
        """The words without the value."""
        shown = rf"(?<!\w){re.escape(self.value)}(?!\w)"
        return re.sub(shown, "…", words) if self.value else words


class Layers:
    """`tree` is all layers as one; `mistakes` are names in upper layers that mean nothing."""

    def __init__(self, root: Table, environ: Mapping[str, str]) -> None:
        self.mistakes: list[Mistake] = []
        self.tree: dict[str, Any] = _plain(root)
        self._root = root
        self._given: dict[tuple[str, ...], _Given] = {}
        if directory := environ.get("CREDENTIALS_DIRECTORY"):
            self._lay_credentials(directory)
        if names := ours(environ):
            self._lay_environment(names, {name: environ[name] for name in names})

    def mistake(self, path: Path_, words: str, *, name: bool = False) -> Mistake:
        """A mistake at the value under `path`, or its name, or at what is nearest to it."""
        words = f"{'.'.join(map(str, path))}: {words}" if path else words
        lower = tuple(str(part).lower() for part in path)
        for end in range(len(lower), 0, -1):
            given = self._given.get(lower[:end])
            if given:
                return Mistake(given.where, 0, 0, given.hidden(words))
        inside = [given for at, given in self._given.items() if at[: len(lower)] == lower and lower]
        for given in inside:
            words = given.hidden(words)
        if inside:
            words += f" (some of it by {', '.join(given.where for given in inside)})"
        return mistake(self._nearest(path, name=name), words)

    def place(self, path: Path_) -> str:
        """Where the value under `path` was written, or what is nearest to it: file, line and
        column, or the upper layer's name."""
        found = self.mistake(path, "", name=True)
        file = Path(found.file).name if found.line else found.file
        return f"{file}:{found.line}:{found.column}" if found.line else file

    def _nearest(self, path: Path_, *, name: bool) -> Node:
        """What is not in the file (a missing name, a tag of a union) is passed over."""
        node, nearest = self._root, self._root  # type: tuple[Node, Node]
        for part in path:
            if isinstance(node, Table) and str(part) in node.entries:
                key, node = node.name(str(part)), node.entries[str(part)]
                nearest = key if name or not _written(node) else node
            elif isinstance(node, Items) and isinstance(part, int) and part < len(node.items):
                node = nearest = node.items[part]
        return nearest

    def _lay_credentials(self, directory: str) -> None:
        from syncd.config.environment import Unreadable, from_credentials  # noqa: PLC0415  as below

        try:
            layer, values = from_credentials(directory)
        except Unreadable as error:
            self.mistakes.append(Mistake(directory, 0, 0, f"credentials cannot be read: {error}"))
            return
        self._lay("credential", layer, {name: name for name in values}, values)

    def _lay_environment(self, names: Mapping[str, str], values: Mapping[str, str]) -> None:
        from syncd.config.environment import from_environment  # noqa: PLC0415  slow; mostly for nothing

        self._lay("environment variable", from_environment(values), names, values)

    def _lay(
        self,
        what: str,
        layer: dict[str, Any],
        names: Mapping[str, str],
        values: Mapping[str, str],
    ) -> None:
        for name, setting in names.items():
            given = _Given(f"{what} {name}", values[name])
            path = self._path(setting.lower().split(DELIMITER), given)
            if path:
                self._given[path] = given
        _merge(self.tree, {top: self._renamed(top, inner) for top, inner in layer.items()})

    def _path(self, parts: list[str], given: _Given) -> tuple[str, ...] | None:
        """The path that a name means; None where it means nothing."""
        top, *rest = parts
        if top not in TOP:
            words = f"there is no setting {quoted(top)}{did_you_mean(top, TOP)}"
            self.mistakes.append(Mistake(given.where, 0, 0, words))
            return None
        if top not in NAMED or not rest:
            return (top, *rest)
        known = self._known(top)
        if rest[0] not in known:
            words = f"there is no {NAMED[top]} {quoted(rest[0])} in {self._root.file}"
            words += did_you_mean(rest[0], known.values())
            self.mistakes.append(Mistake(given.where, 0, 0, words))
            return None
        return (top, known[rest[0]], *rest[1:])

    def _renamed(self, top: str, layer: Any) -> Any:
        if top not in NAMED or not isinstance(layer, dict):
            return layer
        known = self._known(top)
        return {known[name]: value for name, value in layer.items() if name in known}

    def _known(self, top: str) -> dict[str, str]:
        """The names in the file as the environment can write them."""
        inner = self.tree.get(top)
        names: Iterator[str] = iter(inner) if isinstance(inner, dict) else iter(())
        return {name.lower().replace("-", "_"): name for name in names}


def _written(node: Node) -> bool:
    return isinstance(node, Text) and not node.absent


def _plain(node: Node) -> Any:
    """Without places; text stays text, and what is absent is None."""
    if isinstance(node, Text):
        return None if node.absent else node.value
    if isinstance(node, Items):
        return [_plain(item) for item in node.items]
    return {name: _plain(value) for name, value in node.entries.items()}


def _merge(tree: dict[str, Any], layer: Mapping[str, Any]) -> None:
    for name, value in layer.items():
        inner = tree.get(name)
        if isinstance(inner, dict) and isinstance(value, Mapping):
            _merge(inner, value)
        elif inner is None or value != {}:
            tree[name] = value
