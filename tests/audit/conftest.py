"""A book for each test, closed at its end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.audit.book import Book
from tests.servers.databases import Place


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Callable[..., Book]]:
    """Makes them on SQLite, unless a place is named."""
    made: list[Book] = []

    def book(place: Place | None = None, **how: object) -> Book:
        where = place or Place(f"sqlite:///{tmp_path}/ledger.db")
        made.append(Book(where, tmp_path / "audit", **how))
        return made[-1]

    yield book
    for one in made:
        one.close()


@pytest.fixture
def book(books: Callable[..., Book]) -> Book:
    return books()
