"""A place with two people, and daemons that are ended with the test."""

from collections.abc import Callable, Iterator

import pytest

from tests.daemon.supervised import ADA, BOB, Place, Supervised


@pytest.fixture
def place(tmp_path) -> Place:
    made = Place(tmp_path)
    made.people(ADA, BOB)
    made.configure()
    return made


@pytest.fixture
def start(place) -> Iterator[Callable[..., Supervised]]:
    """Starts one more daemon there."""
    started: list[Supervised] = []

    def begin(**environ: str) -> Supervised:
        started.append(Supervised(place, **environ))
        return started[-1]

    yield begin
    for one in started:
        one.close()
