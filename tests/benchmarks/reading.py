"""Reading a directory's people, and nothing else, by syncd.

    python -m tests.benchmarks.reading records|prints CONFIG

`records` are people as a source gives them; `prints` is all that is made of people who are as they
were the last time.
"""

import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter

from syncd.config import load_settings
from syncd.config.assemble import assemble
from syncd.paging import user_pages
from syncd.ports import Source
from tests.benchmarks.telling import tell


def by_records(source: Source) -> int:
    return sum(1 for _ in source.read().users)


def by_prints(source: Source) -> int:
    return sum(len(page.prints) for page in user_pages(source.read()))


WAYS: dict[str, Callable[[Source], int]] = {"records": by_records, "prints": by_prints}


def main() -> int:
    _, way, config = sys.argv
    settings = load_settings(Path(config), os.environ)
    (name,) = settings.syncs
    with closing(assemble(settings, name)) as sync:
        (source,) = sync.sources.values()
        began = perf_counter()
        people = WAYS[way](source)
        tell("reading", perf_counter() - began, "s")
    tell("people", people, "people")
    return 0 if people else 1


if __name__ == "__main__":
    sys.exit(main())
