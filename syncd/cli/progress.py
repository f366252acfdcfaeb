"""A bar on the terminal for what takes longer than a second; elsewhere, nothing."""

from threading import Lock, Timer
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 1.0
"""Seconds without a bar."""


class Waiting:
    """Call it as the engine's `Watch`. While paused, the terminal is somebody else's."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._turn = Lock()
        self._timer: Timer | None = None
        self._bar: Progress | None = None
        self._task: TaskID
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
        bar = _bar(self._console)
        with self._turn:
            if self._timer is None:
                return
            self._bar = bar
            self._task = self._bar.add_task("", total=None, count="")
            self._draw(self._bar)
            self._bar.start()

    def _draw(self, bar: "Progress") -> None:
        what, done, total = self._last
        count = f"{done:,} of {total:,}" if total else f"{done:,}" if done else ""
        bar.update(self._task, description=what, completed=done, total=total, count=count)


def _bar(console: Console) -> "Progress":
    from rich import progress  # noqa: PLC0415  most commands are done before a bar is shown

    return progress.Progress(
        progress.SpinnerColumn(),
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=30),
        progress.TextColumn("{task.fields[count]}", markup=False),
        progress.TimeElapsedColumn(),
        console=console,
        transient=True,
    )
