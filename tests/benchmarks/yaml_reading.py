"""Reading people files: syncd's source beside PyYAML's own loader, which makes plain dictionaries.

    python -m tests.benchmarks.yaml_reading                      both, in turn; BENCH_SIZE people
    python -m tests.benchmarks.yaml_reading prints|records|load FOLDER    one of them, once

`prints` is all that is made of people who are as they were the last time; `records` decodes them.
`load` is yaml.load with CSafeLoader: no places, no checks, and dates and numbers made of text.
"""

import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import yaml

from syncd.paging import user_pages
from syncd.sources.yaml import YamlConfig, YamlSource
from tests.benchmarks import people_files
from tests.benchmarks.measure import Subject, in_turn, this
from tests.benchmarks.telling import tell

_ROUNDS = 3
_DEFAULT = 100_000
_LOADED = 200_000
"""More people than this are not loaded by PyYAML: that would take all memory."""


def prints(folder: Path) -> int:
    return sum(len(page.prints) for page in user_pages(_source(folder).read()))


def records(folder: Path) -> int:
    return sum(1 for _ in _source(folder).read().users)


def load(folder: Path) -> int:
    files = [file.read_bytes() for file in sorted(folder.iterdir())]
    documents = [yaml.load(data, Loader=yaml.CSafeLoader) for data in files]
    return sum(len(document["users"]) for document in documents)


_WAYS: dict[str, Callable[[Path], int]] = {"prints": prints, "records": records, "load": load}


def main() -> int:
    if len(sys.argv) > 1:
        _, way, folder = sys.argv
        began = perf_counter()
        people = _WAYS[way](Path(folder))
        tell("reading", perf_counter() - began, "s")
        return 0 if people else 1
    sizes = [int(size) for size in re.findall(r"\d+", os.environ.get("BENCH_SIZE", ""))]
    return _compare(max(sizes, default=_DEFAULT))


def _compare(size: int) -> int:
    ways = ("prints", "records", "load") if size <= _LOADED else ("prints", "records")
    with tempfile.TemporaryDirectory() as folder:
        people_files.write(Path(folder), size)
        subjects = [Subject(way, this("yaml_reading", way, folder)) for way in ways]
        figures = in_turn(subjects, _ROUNDS, lambda _: None)
    tell("people", size, "people")
    for way, figure in figures.items():
        if not figure.runs or figure.why:
            sys.stderr.write(f"{way}: {figure.why}\n")
            return 1
        tell(way, round(figure.told("reading"), 2), "s")
        tell(f"{way}, peak memory", round(figure.peak / 1_000_000), "MB")
    if "load" in figures:
        ratio = figures["prints"].told("reading") / figures["load"].told("reading")
        tell("prints, of load", round(ratio, 2), "times")
    return 0


def _source(folder: Path) -> YamlSource:
    return YamlSource("people", YamlConfig(type="yaml", paths=(str(folder),)), folder)


if __name__ == "__main__":
    sys.exit(main())
