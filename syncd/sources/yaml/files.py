"""Find the files that a YAML source's `paths` stand for: files, directories and globs.

A directory is every `*.yaml` and `*.yml` file below it. Hidden names are skipped (editors and
Kubernetes keep their own things there), links are followed, and a file that is
reached twice is read once.
"""

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from syncd.located.places import Mistake

ENDINGS = (".yaml", ".yml")


class Found(NamedTuple):
    """A file and how it is called in messages: relative to the base where it is below it."""

    path: Path
    shown: str


def find(paths: Sequence[str], base: Path) -> tuple[list[Found], list[Mistake]]:
    """Each file once, in the order of `paths` and of names."""
    files: dict[tuple[int, int], Found] = {}
    mistakes: list[Mistake] = []
    for path in paths:
        try:
            for file in _meant(path, base):
                status = file.stat()
                if not stat.S_ISREG(status.st_mode):
                    mistakes.append(_whole(_shown(file, base), "is not a regular file"))
                    continue
                files.setdefault((status.st_dev, status.st_ino), Found(file, _shown(file, base)))
        except _Nothing as nothing:
            mistakes.append(_whole(path, str(nothing)))
        except OSError as error:
            where = _shown(Path(error.filename or path), base)
            mistakes.append(_whole(where, f"cannot be read: {error.strerror or error}"))
    return list(files.values()), mistakes


class _Nothing(Exception):
    """The path stands for no file; the message says why."""


def _meant(path: str, base: Path) -> Iterator[Path]:
    whole = base / path
    if os.path.lexists(whole):
        yield from _below(whole)
    elif glob.has_magic(path):
        matches = sorted(glob.glob(path, root_dir=base, recursive=True))  # noqa: PTH207  Path.glob gives hidden names too
        if not matches:
            raise _Nothing(f"matches nothing in {base}")
        for match in matches:
            yield from _below(base / match)
    else:
        raise _Nothing(f"is not in {base}; check `paths`")


def _below(path: Path) -> Iterator[Path]:
    """The file itself, or the YAML files of the directory."""
    if not path.is_dir():
        yield path
        return
    nothing = True
    for file in _walk(path, ()):
        nothing = False
        yield file
    if nothing:
        raise _Nothing(f"holds no {' or '.join('*' + ending for ending in ENDINGS)} file: {path}")


def _walk(directory: Path, above: tuple[tuple[int, int], ...]) -> Iterator[Path]:
    status = directory.stat()
    here = (status.st_dev, status.st_ino)
    if here in above:
        raise _Nothing(f"{directory} is a link to a directory that it is in; remove the link")
    for entry in sorted(directory.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(entry, (*above, here))
        elif entry.suffix in ENDINGS:
            yield entry


def _whole(shown: str, words: str) -> Mistake:
    return Mistake(shown, 0, 0, words)


def _shown(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)
