"""What `make mutants` does beside mutmut.

python -m tests.mutation ready    has mutants that lived tried again where there are other tests
python -m tests.mutation living   names those, for mutmut, that live and are not argued for
python -m tests.mutation check    prints the figures; fails where a mutant lives that is not listed
                                  in docs/mutants.md, or too many do
python -m tests.mutation show     prints those that live, as docs/mutants.md has them
"""

import sys
from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from tests.mutation.found import UNTRIED, Fate, fates, forget_the_living
from tests.mutation.listed import PAGE, complaints, listed

MOST = 0.05
"""Of all mutants so many may live."""


_say = Console(highlight=False, soft_wrap=True, markup=False).print
_complain = Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print


def main(verb: str = "check") -> int:
    match verb:
        case "ready":
            if forgotten := forget_the_living():
                _say(f"other tests than last time: {forgotten} mutants that lived are tried again")
        case "living":
            argued = set(listed(PAGE.read_text()))
            _say(*(one.number for one in fates() if one.lives and one.mutant() not in argued))
        case "check":
            return _check(list(fates()))
        case "show":
            _say(*(str(one.mutant()) for one in fates() if one.lives), sep="\n")
        case _:
            _complain(f"there is no verb {verb!r}: ready, living, check or show")
            return 2
    return 0


def _check(all_of_them: Sequence[Fate]) -> int:
    counts = Counter(one.status for one in all_of_them)
    for status, count in sorted(counts.items()):
        _say(f"{count:7,} {status}")
    living = {one.mutant() for one in all_of_them if one.lives}
    share = sum(one.lives for one in all_of_them) / max(1, len(all_of_them))
    _say(f"{len(all_of_them):7,} mutants, of which {share:.2%} live")
    wrong = list(complaints(living, set(listed(PAGE.read_text()))))
    if share > MOST:
        wrong.append(f"more than {MOST:.0%} live")
    if not all_of_them or counts.keys() & UNTRIED:
        wrong.append("not all were tried: run `make mutants` to the end")
    _complain(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
