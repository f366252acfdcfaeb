"""Statements are compiled once for all SQLite databases of a process that runs tests.

SQLAlchemy keeps what it compiled with each engine, by the engine's dialect. A generated world has
engines of its own, and would spend half of its time on that.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.engine import URL, Engine

from syncd.database import engine as opening
from syncd.database.url import SQLITE


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    first, open_one = opening.open_engine(URL.create(SQLITE)), opening._sqlite
    first.connect().close()

    def open_alike(url: URL, options: dict[str, Any]) -> Engine:
        engine = open_one(url, options)
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_sqlite", open_alike)
        yield
    first.dispose()
