"""A configuration, with all that stands beside it, as a revision of its git repository has it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from syncd.errors import ConfigError

_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_INDEX_FILE")
"""What git tells its hooks of the repository (githooks(5)): it is asked about the one here."""


class Revised(NamedTuple):
    """A configuration as a revision has it, None where it was not there; and the repository's own
    directory, where all is as it is now."""

    config: Path | None
    top: Path


@contextmanager
def as_of(revision: str, config: Path) -> Iterator[Revised]:
    """The file as it was, in a directory that is gone afterwards; none where the repository has no
    commit yet. Nothing in the repository is changed.

    Raises `ConfigError` where there is no repository, or no such revision.
    """
    with TemporaryDirectory(prefix="syncd-") as directory:
        there = Path(directory) / "files"
        git = _Git(config.absolute().parent, Path(directory) / "index")
        top = Path(git("rev-parse", "--show-toplevel"))
        commit = git.commit(revision)
        if commit is None:
            yield Revised(None, top)
            return
        git("read-tree", commit)
        git("-C", str(top), "checkout-index", "--all", f"--prefix={there}/")
        was = there / config.resolve().relative_to(top.resolve())
        yield Revised(was if was.is_file() else None, top)


class _Git:
    """Asks about the repository of a directory, with an index of its own."""

    def __init__(self, directory: Path, index: Path) -> None:
        found = shutil.which("git")
        if found is None:
            raise ConfigError("git is not installed: install it, or say --base DIRECTORY")
        self._git, self._directory = found, directory
        rest = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
        self._environ = {**rest, "GIT_INDEX_FILE": str(index)}

    def __call__(self, *arguments: str) -> str:
        ended = self._run(*arguments)
        if ended.returncode:
            said = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
            raise ConfigError(f"git {arguments[0]} in {self._directory}: {said[-1]}")
        return ended.stdout.strip()

    def commit(self, revision: str) -> str | None:
        """None where there is none at all yet."""
        if revision.startswith("-"):
            raise ConfigError(f"{revision!r} is no revision")
        found = self._run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if found.returncode == 0:
            return found.stdout.strip()
        if revision == "HEAD":
            return None
        raise ConfigError(
            f"{self._directory} has no revision {revision!r}: fetch it first, such as by "
            f"`git fetch origin {revision.removeprefix('origin/')}`"
        )

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603  git as it was found, and no shell
            [self._git, *arguments],
            cwd=self._directory,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )
