"""Results go to standard output, all else to standard error; only a terminal is drawn on."""

import os
import sys
from collections.abc import Iterable
from typing import TextIO

import msgspec
from rich.console import Console, RenderableType

from syncd.journald import ERROR, journal_reads
from syncd.redact import Redactor
from syncd.render.listing import Page


class Screen:
    def __init__(self, redact: Redactor) -> None:
        for stream in (sys.stdout, sys.stderr):
            # A name that the terminal's encoding does not have is no reason to stop.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        self.redact = redact
        self.out = Console(highlight=False, markup=False, emoji=False)
        self.err = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._error = ERROR if journal_reads(sys.stderr, os.environ) else ""

    def show(self, what: RenderableType | Page) -> None:
        """A result, for people. In a pipe, without the spaces that fill a terminal's lines."""
        for part in what if isinstance(what, Page) else [what]:
            self._show(part)

    def _show(self, what: RenderableType) -> None:
        if self.out.is_terminal:
            self.out.print(what)
            return
        with self.out.capture() as captured:
            self.out.print(what)
        self.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))

    def write(self, text: str) -> None:
        """A result, for programs: as it is."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def write_lines(self, lines: Iterable[bytes]) -> None:
        """A result that may be too long to be held at once. It is JSON and so UTF-8, whatever the
        terminal's encoding is (RFC 8259, section 8.1)."""
        octets = getattr(sys.stdout, "buffer", None)
        if octets is None:
            sys.stdout.writelines(line.decode() for line in lines)
        else:
            sys.stdout.flush()
            octets.writelines(lines)
        sys.stdout.flush()

    def write_json(self, what: object) -> None:
        encoded = msgspec.json.encode(what)
        self.write_lines([msgspec.json.format(encoded, indent=2), b"\n"])

    def say(self, text: str, style: str = "") -> None:
        """A word beside the result; long lines are the terminal's to break."""
        self.err.print(self.redact(text), style=style or None, soft_wrap=True)

    def say_error(self, line: str, style: str = "red") -> None:
        """One line of what went wrong."""
        self.say(f"{self._error}{line}", style)


def asks(stream: TextIO | None = None) -> bool:
    """Whether somebody is there to answer."""
    stream = stream or sys.stdin
    return stream is not None and not stream.closed and stream.isatty()
