"""A file as libyaml takes it: piece by piece, and held to be UTF-8 on the way.

Only the last pieces are kept, for what is to be said of a place in them: the parser is never
further behind than its own buffer.
"""

import re
from codecs import getincrementaldecoder
from typing import BinaryIO

PIECE = 1 << 17
"""Octets; libyaml's buffer has an eighth of this."""


_BREAKS = "\n\x85\u2028\u2029"
"""What ends a line (YAML 1.1, section 5.4); a carriage return alone does too, and is extinct."""
_BREAK = re.compile(f"[{_BREAKS}]")


class NotText(Exception):
    """Line, column and words: the file is not UTF-8."""


class Octets:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = getincrementaldecoder("utf-8-sig")()
        self._text, self._last = "", 0
        self._line = self._column = 1

    def read(self, size: int = -1, /) -> bytes:  # noqa: ARG002  PyYAML keeps what is more than it asked for
        """The next octets. Raises `NotText` and `OSError`."""
        octets = self._file.read(PIECE)
        try:
            self._append(self._decoder.decode(octets, final=not octets))
        except UnicodeDecodeError as error:
            self._append(error.object[: error.start].decode())
            words = f"byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as UTF-8"
            raise NotText(*self._place(len(self._text)), words) from None
        return octets

    def place_of(self, letter: str) -> tuple[int, int]:
        """Where this stands first in the last pieces."""
        return self._place(max(self._text.find(letter), 0))

    def letter_at(self, line: int, column: int) -> str:
        """Empty where the last pieces have no such place."""
        rows, row = _BREAK.split(self._text), line - self._line
        first = self._column if row == 0 else 1
        known = 0 <= row < len(rows) and column >= first
        return rows[row][column - first : column - first + 1] if known else ""

    def _append(self, piece: str) -> None:
        """The piece before the last is forgotten."""
        gone = len(self._text) - self._last
        self._line, self._column = self._place(gone)
        self._text = self._text[gone:] + piece
        self._last = len(piece)

    def _place(self, position: int) -> tuple[int, int]:
        breaks = sum(self._text.count(one, 0, position) for one in _BREAKS)
        start = max(self._text.rfind(one, 0, position) for one in _BREAKS) + 1
        before = 0 if breaks else self._column - 1
        return self._line + breaks, before + position - start + 1
