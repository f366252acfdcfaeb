"""What the LDAP source does when the line is cut or falls silent: it never calls that whole."""

import socket
import ssl
from contextlib import ExitStack

import pytest
from ldap3.core.exceptions import LDAPSessionTerminatedByServerError

from syncd.core.model import State
from syncd.errors import SourceError
from syncd.sources.ldap import failures
from tests.servers.slapd import STAFF
from tests.sources.ldap_reading import by_name, read, settled, source

ACTIVE = dict.fromkeys(STAFF, State.ACTIVE)


def whatever(config):
    """Users' states and the gaps, where a failure of the whole counts as a gap."""
    try:
        return settled(config)
    except SourceError as error:
        return {}, error.problems


def through(proxy, slapd, **settings):
    """The server's configuration, by way of a proxy, and the proxy."""
    line = proxy(slapd.port)
    settings = {"page_size": 4, "read_timeout": 1} | settings
    return line, slapd.config(servers=[f"ldap://127.0.0.1:{line.port}"], **settings)


def test_a_line_cut_anywhere_is_never_whole(staffed, proxy):
    """Wherever in the conversation the line is cut, the reading fails or says that it is incomplete."""
    line, config = through(proxy, staffed)
    assert settled(config) == (ACTIVE, [])
    whole = line.passed

    for octets in range(0, whole, whole // 25):
        line.cut_after(octets)
        users, gaps = whatever(config)

        assert users.items() <= ACTIVE.items()
        if users != ACTIVE or gaps:  # a second connection is made where the first is cut early
            assert "the server closed the connection" in gaps[0], f"after {octets} of {whole}"


def test_a_cut_mid_page_keeps_the_pages_before_it(staffed, proxy):
    """Pages that ended well are read; the gap names the cut, and the groups that were not asked for."""
    line, config = through(proxy, staffed)
    settled(config)
    line.cut_after(line.passed // 3)

    users, groups, reading = by_name(config)

    assert 0 < len(users) < len(STAFF)
    assert len(users) % 4 == 0
    assert groups == {}
    assert reading.gaps == [
        f"users under '{staffed.people}' are incomplete: the server closed the connection",
        f"groups under '{staffed.groups}' are incomplete: the connection was lost before",
    ]


def test_a_stall_is_never_whole(staffed, proxy):
    """A server that falls silent is given up after `read_timeout`."""
    line, config = through(proxy, staffed)
    settled(config)
    line.stall_after(line.passed * 3 // 4)  # in the first half it is asked what it can

    users, gaps = settled(config)

    assert 0 < len(users) < len(STAFF)
    assert gaps[0] == (
        f"users under '{staffed.people}' are incomplete: no sign of life from the server for 1 s"
    )


def test_a_server_that_stalls_at_login_is_passed_over(staffed, proxy):
    """The next server is used when the first accepts a connection and says nothing."""
    line, config = through(proxy, staffed, connect_timeout=1)
    line.stall_after(0)
    (silent,) = config["servers"]

    users, _, reading = read(config | {"servers": [silent, staffed.url]})

    assert (len(users), reading.gaps) == (20, [])
    waited = "connect_timeout 1 s, read_timeout 1 s"
    assert reading.notes == [f"{silent}: no answer in time ({waited}); using {staffed.url} instead"]


def test_a_connection_that_is_never_accepted_is_given_up(slapd):
    """A host that does not answer at all is given up after `connect_timeout`."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as callers:
        address = full.getsockname()
        for _ in range(3):  # more than the backlog holds
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(address)
        url = f"ldap://127.0.0.1:{address[1]}"

        with pytest.raises(SourceError) as caught:
            source(slapd.config(servers=[url], connect_timeout=1)).read()

    assert caught.value.problems == (
        f"source staff: {url}: no answer in time (connect_timeout 1 s, read_timeout 5 s)",
    )


def test_a_stalled_tls_handshake_is_told(staffed, proxy):
    """LDAPS to a port that takes the connection and never answers."""
    line = proxy(staffed.tls_port)
    line.stall_after(0)
    server = {"url": f"ldaps://localhost:{line.port}", "ca_file": str(staffed.ca_file)}

    with pytest.raises(SourceError, match="no answer to the TLS handshake"):
        source(staffed.config(servers=[server], read_timeout=1)).read()


def wrong_version():
    """OpenSSL's error for an answer that begins like no TLS record."""
    error = ssl.SSLError(1, "wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (failures.of_wire(ConnectionResetError("reset"), 1), "the connection broke (reset)"),
        (failures.of_connect(OSError("no route"), ""), "no route"),
        (
            failures.of_connect(LDAPSessionTerminatedByServerError(), ""),
            "the server closed the connection: does this port want TLS?",
        ),
        (
            failures.of_handshake(wrong_version(), "x", "y"),
            "what answers does not speak TLS: is this a TLS port?",
        ),
        (failures.of_handshake(OSError("eof"), "x", "y"), "the TLS handshake failed: eof"),
        (
            failures.of_result({"result": 123, "description": "odd", "message": None, "dn": ""}),
            "the server answers odd (123)",
        ),
    ],
)
def test_what_is_rare_has_words_too(words, expected):
    """Failures for which there is no better word are told in the system's."""
    assert words == expected
