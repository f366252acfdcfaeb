"""The frame of the products' servers: what it routes and records, and what goes wrong on demand."""

import contextlib
import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest

from tests.servers.plain import Caller
from tests.servers.web import (
    Answer,
    Cut,
    Fails,
    Garbled,
    Half,
    Meanwhile,
    Midway,
    OneOf,
    Request,
    Routes,
    Slow,
    WebServer,
    answer,
    by,
)

ROUTES = Routes("/things")


class Shop(WebServer):
    """Holds names, and stores one in two steps."""

    routes: ClassVar[Routes] = ROUTES

    def __init__(self) -> None:
        super().__init__()
        self.things: list[str] = []
        self.prices: list[str] = []


@ROUTES.on("GET", "")
def index(shop: Shop, _request: Request) -> Answer:
    return answer(200, shop.things)


@ROUTES.on("PUT", "/{name}")
def put(shop: Shop, request: Request, name: str) -> Answer:
    shop.things.append(name)
    request.midway()
    shop.prices.append(name)
    return answer(201, {"name": name}, Location=f"/things/{name}")


@ROUTES.on("GET", "/wrong/{name}")
def wrong(_shop: Shop, _request: Request, _name: str) -> Answer:
    raise ZeroDivisionError


@pytest.fixture
def shop():
    with Shop() as server:
        yield server


@pytest.fixture
def call(shop):
    with Caller(shop.url) as caller:
        yield caller


LOST = (http.client.HTTPException, OSError)


def test_a_path_finds_its_function_and_braces_are_unquoted(call):
    """Paths and methods are told apart; what stands for a brace is unquoted."""
    made = call("PUT", "/things/a%2Fb%20c")
    assert (made.told, made.headers["location"]) == ((201, {"name": "a/b c"}), "/things/a/b c")
    assert call("GET", "/things").told == (200, ["a/b c"])
    assert call("POST", "/things").status == 405
    assert call("GET", "/nothing").status == 404


def test_calls_are_recorded_in_order(shop, call):
    """Method, path and query of each call can be looked at, and counted by a pattern."""
    call("GET", "/things", page=2)
    call("PUT", "/things/x")
    told = [(one.method, one.path, one.query) for one in shop.calls]
    assert told == [("GET", "/things", {"page": "2"}), ("PUT", "/things/x", {})]
    assert (shop.count("PUT"), shop.count("GET", "/thing"), shop.count("GET", "/thing.*")) == (
        1,
        0,
        1,
    )


def test_a_failure_comes_before_the_effect_or_after_it(shop, call):
    """A status may stand in for the whole call, or only for its answer."""
    shop.faults.add(Fails(500), times=1)
    shop.faults.add(Fails(502, after=True), times=1, when=by("PUT", "/things/b"))
    assert [call("PUT", f"/things/{name}").status for name in "abc"] == [500, 502, 201]
    assert shop.things == ["b", "c"]


@pytest.mark.parametrize("wait", [None, 7, "Fri, 31 Dec 1999 23:59:59 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_may_say_for_how_long(shop, call, status, wait):
    """Retry-After is there if the test says so, in either form."""
    shop.faults.add(Fails(status, retry_after=wait), times=1)
    got = call("PUT", "/things/a")
    assert (got.status, got.headers.get("retry-after")) == (status, wait and str(wait))
    assert shop.things == []


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("after", [False, True])
def test_a_connection_is_cut_before_the_effect_or_after_it(shop, call, after, reset):
    """The answer is lost either way; whether the thing is there is what nobody knows."""
    shop.faults.add(Cut(after, reset), times=1)
    with pytest.raises(LOST):
        call("PUT", "/things/a")
    assert shop.things == (["a"] if after else [])


def test_half_an_answer_is_sent_and_then_the_end(shop, call):
    """The effect is whole, its answer is not."""
    shop.faults.add(Half(0.9), times=1)
    with pytest.raises(LOST):
        call("PUT", "/things/a")
    assert shop.things == ["a"]


def test_a_garbled_answer_is_whole_and_no_json(shop, call):
    """Length and type are as ever."""
    shop.faults.add(Garbled(), times=1)
    with pytest.raises(UnicodeDecodeError):
        call("PUT", "/things/a")
    assert shop.things == ["a"]


def test_a_slow_answer_keeps_nobody_else_waiting(shop, call):
    """The effect is there at once, and others are answered meanwhile."""
    shop.faults.add(Slow(30), times=1)
    with Caller(shop.url) as slow:
        slow._connection.request("PUT", "/things/a")
        while not shop.things:
            time.sleep(0.001)
        assert call("GET", "/things").body == ["a"]


def test_somebody_does_something_between_two_calls(shop, call):
    """An act by hand comes just before the call that the test names."""
    shop.faults.add(Meanwhile(lambda: shop.things.append("theirs")), when=by("GET", page="2"))
    read = [call("GET", "/things", page=page).body for page in (1, 2, 3)]
    assert read == [[], ["theirs"], ["theirs"]]


@pytest.mark.parametrize("cut", [False, True])
def test_a_call_ends_between_two_of_its_steps(shop, call, cut):
    """Where there is no transaction, half of the effect stays."""
    shop.faults.add(Midway(cut=cut), times=1)
    if cut:
        with pytest.raises(LOST):
            call("PUT", "/things/a")
    else:
        assert call("PUT", "/things/a").status == 500
    assert (shop.things, shop.prices) == (["a"], [])


def test_a_share_of_the_calls_is_drawn_by_the_seed(shop, call):
    """The same calls fail whatever their order, and others under another seed."""

    def failed(names, seed):
        shop.faults.clear()
        shop.faults.add(Fails(), share=0.5, seed=seed)
        return {name for name in names if call("PUT", f"/things/{name}").status == 500}

    names = [f"n{number}" for number in range(40)]
    first = failed(names, seed=1)
    assert 10 < len(first) < 30
    assert failed(reversed(names), seed=1) == first
    assert failed(names, seed=2) != first


def test_one_of_several_faults_is_drawn_by_the_seed(shop, call):
    """Each of them comes, and to the same calls the same."""

    def told(seed):
        shop.faults.clear()
        shop.faults.add(OneOf([Fails(500), Fails(502), Fails(429)], seed))
        return [call("PUT", f"/things/{number}").status for number in range(30)]

    first = told(1)
    assert set(first) == {500, 502, 429}
    assert told(1) == first
    assert told(2) != first


def test_one_call_at_a_time_reaches_the_store(shop):
    """Whoever calls at once, both steps of one call come before the next one's."""

    def put_all(letter):
        with Caller(shop.url) as call:
            return [call("PUT", f"/things/{letter}{number}").status for number in range(30)]

    with ThreadPoolExecutor(8) as pool:
        statuses = [status for each in pool.map(put_all, "abcdefgh") for status in each]
    assert statuses == [201] * 240
    assert (len(set(shop.things)), shop.prices) == (240, shop.things)
    assert shop.count("PUT") == 240


def test_a_bug_in_a_server_fails_its_test():
    """What a handler did not expect is raised where the server ends, and is no quirk."""

    def visit():
        with Shop() as server, Caller(server.url) as call, contextlib.suppress(*LOST):
            call("GET", "/things/wrong/a")

    with pytest.raises(ZeroDivisionError):
        visit()
