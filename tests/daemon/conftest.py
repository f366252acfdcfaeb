"""A place with two people, and daemons that are ended with the test; a company and its page."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import process_time

import httpx
import pytest

from syncd.ledger import Ledger
from tests.daemon import observed
from tests.daemon.company import Company, Shown, month
from tests.daemon.site import served
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


@pytest.fixture(scope="session")
def company(tmp_path_factory) -> Iterator[Company]:
    """Nobody may change it."""
    made = month(tmp_path_factory.mktemp("company"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(company) -> Iterator[str]:
    """The company's page, served as a daemon serves it; where it begins."""
    with served(Shown(company), clock=lambda: company.now) as url:
        yield url


@pytest.fixture
def client(live) -> Iterator[httpx.Client]:
    """Of the status endpoint of that module's `live` daemon."""
    with observed.served(live) as made:
        yield made


@pytest.fixture
def seconds() -> Callable[[float], AbstractContextManager[None]]:
    """What is done within takes no longer, by the processor's time of this process."""

    @contextmanager
    def within(most: float) -> Iterator[None]:
        before = process_time()
        yield
        assert process_time() - before < most

    return within


@pytest.fixture
def empty():
    """A ledger that nothing has been done with."""
    made = Ledger.in_memory()
    yield made
    made.close()
