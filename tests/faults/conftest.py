"""Installations for the tests that break things."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.installation import Installation
from tests.faults.stores import SQLITE, Stores


@pytest.fixture(scope="session")
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    def port() -> int:
        return int(request.getfixturevalue("postgresql_server"))

    return Stores(tmp_path_factory.mktemp("stores"), port)


@pytest.fixture
def place() -> Iterator[Path]:
    """In memory where the system has such a place: to be killed is no reason to wait for a disk."""
    memory = Path("/dev/shm")
    where = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="syncd-crash-", dir=where) as made:
        yield Path(made)


@pytest.fixture
def one(stores: Stores, store: str, ledger: str, tmp_path: Path) -> Installation:
    """One department before its change, on the databases that the test's parameters name."""
    return stores.copy(stores.settled(store, ledger, 1), tmp_path / "one", batch_size=4)


@pytest.fixture(scope="session")
def small_end(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Where one department ends if nothing goes wrong, on whatever databases."""
    small = stores.settled(SQLITE, SQLITE, 1)
    whole = stores.copy(small, tmp_path_factory.mktemp("end") / "whole", batch_size=4)
    code, _, err = whole.run()
    assert (code, err) == (0, "")
    assert "Nothing to change" in whole.run()[1]
    return whole.state()
