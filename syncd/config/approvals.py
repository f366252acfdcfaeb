"""Approvals as files, in git beside the people: read whole, each mistake with its place.

digest: 3f2a9c0d41be          # of the plan, or its first 8 letters or more
approved_by: [ann, bob]
expires: 2026-12-01T18:00:00Z # or a day, until whose end it holds
comment: the sales team moves
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

from syncd.core.approval import Filed, person_of
from syncd.errors import ConfigError
from syncd.located.places import Items, Mistake, Node, Table, Text, mistake, place
from syncd.located.suggest import did_you_mean, quoted
from syncd.located.yamlfile import load

_DIGEST = re.compile("[0-9a-f]{8,64}")
_NAMES = ("digest", "approved_by", "expires", "comment")
_NEEDED = _NAMES[:3]
_LONGEST_NAME = 200


def filed_approvals(directory: Path | None, base: Path) -> tuple[Filed, ...]:
    """Of all .yaml and .yml files there; none where there is no such directory, for git keeps no
    empty ones. `base` is what the files' names are relative to. Raises `ConfigError`."""
    if directory is None or not directory.exists():
        return ()
    try:
        paths = sorted(one for one in directory.iterdir() if one.suffix in {".yaml", ".yml"})
    except OSError as error:
        raise ConfigError(f"approvals: {directory} cannot be read: {error.strerror}") from error
    found: list[Filed] = []
    mistakes: list[Mistake] = []
    for path in paths:
        shown = str(path.relative_to(base)) if path.is_relative_to(base) else str(path)
        document = load(path, shown)
        reader = _Reader(shown)
        filed = None if document.broken else reader.read(document.root)
        mistakes += [*document.mistakes, *reader.mistakes]
        if filed is not None and not document.mistakes:
            found.append(filed)
    if mistakes:
        raise ConfigError(*(str(one) for one in sorted(mistakes)))
    return tuple(found)


class _Reader:
    def __init__(self, shown: str) -> None:
        self._shown = shown
        self.mistakes: list[Mistake] = []

    def read(self, root: Node | None) -> Filed | None:
        """None where something is wrong, which is in `mistakes` then."""
        if not isinstance(root, Table):
            words = f"an approval is a mapping of {', '.join(_NAMES)}"
            self.mistakes.append(mistake(root, words) if root else self._of_file(words))
            return None
        for name in root.entries:
            if name not in _NAMES:
                words = f"{quoted(name)} is nothing that an approval says"
                self.mistakes.append(mistake(root.name(name), words + did_you_mean(name, _NAMES)))
        for name in _NEEDED:
            if root.value(name) is None:
                self.mistakes.append(mistake(root, f"{name} is missing"))
        digest, by = self._digest(root.value("digest")), self._people(root.value("approved_by"))
        expires, comment = self._time(root.value("expires")), self._text(root.value("comment"))
        if self.mistakes or expires is None:
            return None
        return Filed(digest, by, expires, self._shown, comment)

    def _of_file(self, words: str) -> Mistake:
        return Mistake(self._shown, 0, 0, words)

    def _text(self, node: Node | None) -> str:
        if node is None:
            return ""
        if not isinstance(node, Text):
            self.mistakes.append(mistake(node, "should be a text"))
            return ""
        return node.value.strip()

    def _digest(self, node: Node | None) -> str:
        digest = self._text(node).lower()
        if isinstance(node, Text) and not _DIGEST.fullmatch(digest):
            words = (
                "should be a plan's digest: 64 hexadecimal letters, of which the first 8 will do"
            )
            self.mistakes.append(mistake(node, words))
        return digest

    def _people(self, node: Node | None) -> tuple[str, ...]:
        return tuple(self._each(node))

    def _each(self, node: Node | None) -> Iterator[str]:
        seen: dict[str, Node] = {}
        items = node.items if isinstance(node, Items) else [node] if node is not None else []
        if isinstance(node, Items) and not items:
            self.mistakes.append(mistake(node, "should name who approves"))
        for item in items:
            name = self._text(item)
            if not isinstance(item, Text):
                continue
            if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
                words = f"should be a name of at most {_LONGEST_NAME} letters"
                self.mistakes.append(mistake(item, words))
            elif (first := seen.setdefault(person_of(name), item)) is not item:
                words = f"{quoted(name)} stands here twice, first at {place(first)}"
                self.mistakes.append(mistake(item, words))
            else:
                yield name

    def _time(self, node: Node | None) -> datetime | None:
        text = self._text(node)
        if not isinstance(node, Text):
            return None
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                return datetime.combine(date.fromisoformat(text), time.max, UTC)
            at = datetime.fromisoformat(text)
            if at.tzinfo is not None:
                return at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        words = "should be a day such as 2026-12-01, or a time in UTC such as 2026-12-01T18:00:00Z"
        self.mistakes.append(mistake(node, words))
        return None
