"""A bar on the terminal for what takes longer than a second; elsewhere, nothing."""

from threading import Lock, Timer
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

_PATIENCE = 1.0
"""Seconds without a bar."""


class Waiting:
    """Call it as the engine's `Watch`. While paused, the terminal is somebody else's."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._turn = Lock()
        self._timer: Timer | None = None
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._last: tuple[str, int, int | None] = ("working", 0, None)

    def __call__(self, what: str, done: int, total: int | None) -> None:
        self._last = (what, done, total)
        with self._turn:
            if self._bar is not None:
                self._draw(self._bar)

    def __enter__(self) -> Self:
        self.resume()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        self.pause()

    def resume(self) -> None:
        if self._console.is_terminal:
            self._timer = Timer(_PATIENCE, self._begin)
            self._timer.daemon = True
            self._timer.start()

    def pause(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._turn:
            self._timer = None
            if self._bar is not None:
                self._bar.stop()
                self._bar = None

    def _begin(self) -> None:
        with self._turn:
            if self._timer is None:
                return
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=30),
                TextColumn("{task.fields[count]}", markup=False),
                TimeElapsedColumn(),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task("", total=None, count="")
            self._draw(self._bar)
            self._bar.start()

    def _draw(self, bar: Progress) -> None:
        what, done, total = self._last
        count = f"{done:,} of {total:,}" if total else f"{done:,}" if done else ""
        bar.update(self._task, description=what, completed=done, total=total, count=count)
