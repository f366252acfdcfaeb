"""Lists of pages are read to their end, or not believed."""

import pytest

from syncd.backends.http import ListPage, whole
from syncd.errors import Incomplete, Unavailable


class Server:
    """Gives two things a page; `meanwhile` happens before each page."""

    def __init__(self, things, meanwhile=lambda _things, _call: None):
        self.things, self.meanwhile, self.calls = list(things), meanwhile, 0

    def read(self):
        at = 0
        while True:
            self.calls += 1
            self.meanwhile(self.things, self.calls)
            yield ListPage(self.things[at : at + 2], len(self.things))
            at += 2
            if at >= len(self.things):
                return


def read(server):
    return list(whole("target wiki: /users", server.read, lambda one: one))


def test_what_does_not_move_is_read_once():
    """Everything, in three pages."""
    server = Server("abcde")
    assert read(server) == list("abcde")
    assert server.calls == 3


def test_who_is_skipped_by_a_deletion_is_found_in_a_second_pass():
    """A row went from an earlier page, and all that come after moved up by one."""
    server = Server("abcde", lambda things, call: things.remove("a") if call == 2 else None)
    assert sorted(read(server)) == list("abcde")


def test_who_comes_twice_by_an_insertion_is_told_once():
    """Newest first: all that come after moved down by one."""
    server = Server("abcde", lambda things, call: things.insert(0, "n") if call == 2 else None)
    assert sorted(read(server)) == list("abcden")


def test_a_list_that_never_stands_still_is_incomplete():
    """Three passes, and no more."""
    server = Server("abcdef", lambda things, call: things.insert(0, f"n{call}"))
    with pytest.raises(Incomplete, match="moved while it was read, in 3 readings"):
        read(server)


def test_pages_that_do_not_advance_are_incomplete():
    """A server that gives the first page for ever."""

    def stuck():
        while True:
            yield ListPage(["a", "b"], 5)

    with pytest.raises(Incomplete, match="a page came a second time, in 3 readings"):
        list(whole("target wiki: /users", stuck, lambda one: one))


def test_fewer_than_the_server_counts_are_incomplete():
    """A limit of the server's own."""
    with pytest.raises(Incomplete, match="2 things came, and 5 are said to be there"):
        list(whole("w", lambda: iter([ListPage(["a", "b"], 5)]), lambda one: one))


def test_a_reading_that_breaks_off_is_incomplete_and_one_that_never_began_is_not():
    """The first page says what is wrong with the server, a later one that the rest is missing."""

    def broken(pages):
        yield from pages
        raise Unavailable("the connection was cut")

    with pytest.raises(Incomplete, match="connection was cut"):
        list(whole("w", lambda: broken([ListPage(["a"], 2)]), lambda one: one))
    with pytest.raises(Unavailable):
        list(whole("w", lambda: broken([]), lambda one: one))
