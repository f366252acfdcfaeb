"""A process that makes runs in a ledger whose audit others write too, until it is killed.

python -m tests.audit.writer FILE DIRECTORY SYNC RUNS
"""

import sys
from pathlib import Path

from tests.audit.book import Book
from tests.servers.databases import Place


def main(file: str, directory: str, sync: str, runs: str) -> None:
    book = Book(Place(f"sqlite:///{file}"), Path(directory))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for number in range(int(runs)):
        run = book.begin(sync)
        book.ledger.settle(sync, run, book.now)
        for chunk in range(4):
            book.do(run, *(f"{sync}-{number}-{chunk}-{one}" for one in range(25)))
        book.end(run)
    book.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
