"""What became of the mutants, as mutmut keeps it below `mutants/`."""

import filecmp
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

from tests.mutation.listed import ROOT, Mutant, mutant

COPIED = ROOT / "mutants" / "tests"
"""The tests as the last run had them."""

STATS = ROOT / "mutants" / "mutmut-stats.json"
"""Which test comes to which function."""

DEAD = {"killed", "timeout", "segfault", "caught by type check"}
"""A `segfault` is what mutmut calls one that had to be killed when its time was over."""
UNTRIED = {"not checked", "check was interrupted by user"}


class Fate(NamedTuple):
    """`number` is mutmut's name for the mutant; `status` mutmut's word for what became of it."""

    path: Path
    number: str
    status: str

    @property
    def lives(self) -> bool:
        return self.status not in DEAD | UNTRIED

    def mutant(self) -> Mutant:
        function, owner = orig_function_and_class_names_from_key(self.number)
        where = ".".join(filter(None, (self.path.stem, owner, function)))
        return mutant(where, get_diff_for_mutant(self.number, path=self.path).splitlines())


def fates() -> Iterator[Fate]:
    for path in sorted(walk_mutatable_files()):
        for number, code in _kept(path).exit_code_by_key.items():
            yield Fate(path, number, status_by_exit_code[code])


def forget_the_living() -> int:
    """Has those tried again that lived, if there are other tests by now; says how many.

    Of themselves only functions that have changed are.
    """
    if not COPIED.exists() or not _differ(ROOT / "tests" / "core", COPIED / "core"):
        return 0
    shutil.rmtree(COPIED)
    STATS.unlink(missing_ok=True)
    forgotten = 0
    for path in walk_mutatable_files():
        kept = _kept(path)
        living = [
            n
            for n, code in kept.exit_code_by_key.items()
            if Fate(path, n, status_by_exit_code[code]).lives
        ]
        kept.exit_code_by_key |= dict.fromkeys(living)
        kept.save()
        forgotten += len(living)
    return forgotten


def _kept(path: Path) -> SourceFileMutationData:
    kept = SourceFileMutationData(path=path)
    kept.load()
    return kept


def _differ(one: Path, other: Path) -> bool:
    ours = {file.name for file in one.glob("*.py")}
    same, _, _ = filecmp.cmpfiles(one, other, ours, shallow=False)
    return set(same) != ours | {file.name for file in other.glob("*.py")}
