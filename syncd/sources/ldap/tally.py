"""Counts things of one kind and keeps a few as examples, so that a thousand make one line."""

_SHOWN = 3


class Tally:
    """`text` says what is counted."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._count = 0
        self._examples: list[str] = []

    def add(self, example: str) -> None:
        self._count += 1
        if len(self._examples) < _SHOWN and example not in self._examples:
            self._examples.append(example)

    def lines(self) -> list[str]:
        """Nothing, or the one line."""
        if not self._count:
            return []
        examples = "; ".join(self._examples) + ("; …" if self._count > len(self._examples) else "")
        return [f"{self._text} ({self._count}): {examples}"]
