"""What the LDAP source does when a directory fails: never is a broken reading called whole."""

import socket
import ssl
from contextlib import ExitStack
from uuid import UUID

import pytest
from ldap3.core.exceptions import LDAPSessionTerminatedByServerError

from syncd.core.model import State
from syncd.errors import SourceError
from syncd.sources.ldap import failures
from tests.servers.slapd import BASE, PASSWORD
from tests.sources.ldap_reading import by_name, read, settled, source

NAMES = [f"user{n:02}" for n in range(20)]
ALL = dict.fromkeys(NAMES, State.ACTIVE)


@pytest.fixture
def staffed(slapd):
    """Twenty people and one group of them all."""
    slapd.add_group("all", [slapd.add_user(name, description="x" * 500) for name in NAMES])
    return slapd


def account(name):
    return {"dn": f"cn={name},{BASE}", "password": PASSWORD}


def problems(config):
    """Why the source could not be read at all."""
    with pytest.raises(SourceError) as caught:
        read(config)
    return caught.value.problems


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


def test_a_size_limit_is_never_whole(staffed):
    """What came before the limit is read, and the limit is a gap, although ldap3 reports success."""
    for page_size in (0, 3):
        users, gaps = settled(staffed.config(bind=account("few"), page_size=page_size, groups=None))

        assert len(users) == 5
        assert gaps == [
            (
                f"users under '{staffed.people}' are incomplete: the server's size limit was exceeded: "
                "ask for a higher one for syncd's account"
            )
        ]


def test_an_administrative_limit_is_never_whole(staffed):
    """A search that the server finds too costly is refused with what to do."""
    (problem,) = problems(staffed.config(bind=account("narrow"), groups=None))

    assert "the server's administrative limit was exceeded: use a smaller page_size" in problem


def test_refused_paging_is_told(staffed):
    """An account that may not page is told of the setting that asks for all at once."""
    (problem,) = problems(staffed.config(bind=account("unpaged"), groups=None))

    assert problem.startswith(f"source staff: users under '{staffed.people}' are incomplete: ")
    assert "page" in problem


def test_ignored_paging_is_never_whole(fake_ldap, slapd):
    """A server that answers without the page control may have more; without paging it is believed."""
    fake_ldap.entries = {f"uid=ada,{slapd.people}": {"entryUUID": [b"0" * 32], "uid": [b"ada"]}}
    fake_ldap.ignores_pages = True

    users, gaps = settled(slapd.config(servers=[fake_ldap.url], groups=None))
    assert (list(users), len(gaps)) == (["ada"], 1)
    assert "page_size: 0 asks for all at once" in gaps[0]
    _, gaps = settled(slapd.config(servers=[fake_ldap.url], groups=None, page_size=0))
    assert gaps == []


def test_a_line_cut_anywhere_is_never_whole(staffed, proxy):
    """Wherever in the conversation the line is cut, the reading fails or says that it is incomplete."""
    line, config = through(proxy, staffed)
    assert settled(config) == (ALL, [])
    whole = line.passed

    for octets in range(0, whole, whole // 25):
        line.cut_after(octets)
        users, gaps = whatever(config)

        assert users.items() <= ALL.items()
        assert "the server closed the connection" in gaps[0], f"after {octets} of {whole} octets"


def test_a_cut_mid_page_keeps_the_pages_before_it(staffed, proxy):
    """Pages that ended well are read; the gap names the cut, and the groups that were not asked for."""
    line, config = through(proxy, staffed)
    settled(config)
    line.cut_after(line.passed // 3)

    users, groups, reading = by_name(config)

    assert 0 < len(users) < len(NAMES)
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
    line.stall_after(line.passed // 2)

    users, gaps = settled(config)

    assert 0 < len(users) < len(NAMES)
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


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("busy", "the server is busy; it says 'come back later'"),
        ("unavailable", "the server is unavailable"),
        ("time", "the server's time limit was exceeded: ask for a higher one for syncd's account"),
        ("forbidden", "the account that syncd logs in with may not read there"),
        ("unwilling", "the server is unwilling to do it"),
        ("gone", "the server closed the connection"),
    ],
)
def test_a_base_that_fails_is_a_gap_and_the_others_are_read(staffed, item, said):
    """Whatever the server answers for one base, the reading goes on and is not whole."""
    failing = f"cn={item},ou=retcodes,{BASE}"
    config = staffed.config(users={"bases": [staffed.people, failing]}, groups=None)

    users, gaps = settled(config)

    assert users == ALL
    assert len(gaps) == 1
    assert gaps[0].startswith(f"users under '{failing}' are incomplete: {said}")


def test_where_nobody_was_read_the_failure_is_an_error(staffed):
    """A source of which nothing was read fails, rather than being empty with a gap."""
    failing = f"cn=busy,ou=retcodes,{BASE}"
    reading = source(staffed.config(users={"bases": [failing]})).read()

    with pytest.raises(SourceError):
        list(reading.users)
    assert list(reading.groups) == []
    assert problems(staffed.config(users={"bases": [failing]})) == (
        (
            f"source staff: users under '{failing}' are incomplete: "
            "the server is busy; it says 'come back later'"
        ),
    )


def test_a_missing_base_is_told_with_the_nearest_that_exists(staffed):
    """A mistyped base shows how far the server could follow it."""
    missing = f"ou=poeple,{BASE}"

    assert problems(staffed.config(users={"bases": [missing]}, groups=None)) == (
        (
            f"source staff: users under '{missing}' are incomplete: "
            f"there is no such entry; the nearest entry that exists is '{BASE}'"
        ),
    )


def test_a_failed_filter_for_the_disabled_restores_nobody(staffed):
    """Where it cannot be asked who is disabled, of nobody it is said that he is active."""
    rules = {"bases": [staffed.people, f"cn=busy,ou=retcodes,{BASE}"]}
    rules["disabled"] = [{"filter": "(employeeType=former)"}]

    users, gaps = settled(staffed.config(users=rules, groups=None))

    assert users == dict.fromkeys(NAMES)
    assert [gap.partition(" under ")[0] for gap in gaps] == ["disabled users", "users"]


def test_a_referral_in_the_answer_is_never_whole(staffed):
    """It is not followed, wherever it leads: counted, and told with its URL."""
    elsewhere = "ldap://127.0.0.1:9/ou=abroad,dc=example,dc=test"
    entry = {"objectClass": ["referral", "extensibleObject"], "ou": "abroad", "ref": elsewhere}
    staffed.add(f"ou=abroad,{staffed.people}", entry)

    users, gaps = settled(staffed.config())

    assert users == ALL
    assert gaps == [
        (
            f"users under '{staffed.people}' are incomplete: referrals, which are not followed (1): "
            f"{elsewhere}??sub"
        )
    ]


def test_a_base_that_is_a_referral_is_told(staffed):
    """A search that is referred as a whole names where to."""
    entry = {"objectClass": ["referral", "extensibleObject"], "ou": "abroad"}
    base = f"ou=abroad,{staffed.base}"
    staffed.add(base, entry | {"ref": "ldap://127.0.0.1:9/dc=other"})

    (problem,) = problems(staffed.config(users={"bases": [base]}, groups=None))

    assert "the server refers to another one, which is not followed" in problem
    assert "ldap://127.0.0.1:9/dc=other" in problem


def ranged(fake_ldap, slapd, members):
    """A server with one group of so many people, whose members come three at a time."""
    fake_ldap.range_size = 3
    people = [f"uid=u{n},{slapd.people}" for n in range(members)]
    for n, dn in enumerate(people):
        key = f"00000000-0000-0000-0000-{n:012}".encode()
        fake_ldap.entries[dn] = {"entryUUID": [key], "uid": [f"u{n}".encode()]}
    fake_ldap.entries[f"cn=all,{slapd.groups}"] = {
        "entryUUID": [b"00000000-0000-0000-0000-999999999999"],
        "cn": [b"all"],
        "member": [dn.encode() for dn in people],
    }
    return slapd.config(servers=[fake_ldap.url], page_size=2)


@pytest.mark.parametrize("members", [3, 4, 6, 10])
def test_a_member_range_is_followed_to_its_end(fake_ldap, slapd, members):
    """However the members divide into ranges, all of them are read."""
    users, (group,), reading = read(ranged(fake_ldap, slapd, members))

    assert group.members == tuple(user.key for user in users)
    assert (len(users), reading.gaps, reading.notes) == (members, [], [])


def test_an_open_member_range_is_never_whole(fake_ldap, slapd):
    """Where the rest of the members does not come, those that came stay, and the group is named."""
    config = ranged(fake_ldap, slapd, 10)
    fake_ldap.range_ends_at = 6

    users, (group,), reading = read(config)

    assert group.members == tuple(user.key for user in users[:6])
    assert reading.gaps == [
        (
            f"member of 'cn=all,{slapd.groups}' is incomplete after 6 values: "
            "no answer to member;range=6-*"
        )
    ]


@pytest.mark.parametrize(
    ("oddity", "said"),
    [
        ({"range_answer": None}, "the entry is gone"),
        ({"range_answer": {}}, "no answer to member;range=3-*"),
        (
            {"range_answer": {"member;range=3-1": [b"cn=x"]}},
            "the server answers with member;range=3-1",
        ),
        (
            {"range_answer": {"member;range=0-*": [b"cn=x"]}},
            "no answer to member;range=3-*",
        ),
        ({"range_code": 51}, "the server is busy"),
    ],
)
def test_an_odd_answer_to_a_range_is_never_whole(fake_ldap, slapd, oddity, said):
    """Whatever comes instead of the next range, the group keeps what it has, and is named."""
    config = ranged(fake_ldap, slapd, 10)
    for name, value in oddity.items():
        setattr(fake_ldap, name, value)

    _, (group,), reading = read(config)

    assert len(group.members) == 3
    assert reading.gaps == [
        f"member of 'cn=all,{slapd.groups}' is incomplete after 3 values: {said}"
    ]


def test_names_that_are_no_names_are_compared_as_they_are(fake_ldap, slapd):
    """A server's malformed DNs, as old servers quote them, cost nobody the reading."""
    config = ranged(fake_ldap, slapd, 0)
    quoted = f'uid="ada",{slapd.people}'
    fake_ldap.entries[quoted] = {"entryUUID": [str(UUID(int=1)).encode()], "uid": [b"ada"]}
    fake_ldap.entries[f'cn="lab",{slapd.groups}'] = {
        "entryUUID": [str(UUID(int=2)).encode()],
        "cn": [b"lab"],
        "member": [quoted.encode(), b"nonsense", b"\xff"],
    }
    fake_ldap.references = ["ldap://elsewhere/nonsense"]

    (ada,), groups, reading = read(config)

    assert {group.attributes["display_name"]: group.members for group in groups} == {
        "all": (),
        "lab": (ada.key,),
    }
    assert [gap.partition(" under ")[0] for gap in reading.gaps] == ["users", "groups"]
    assert reading.notes[0].startswith("members of groups that are no users of this source (2): ")


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


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        bytes([0x30, 0x05, 0x02, 0x01, 0x02, 0x65, 0x00]),
        bytes([0x30, 0x03, 0x02, 0x01, 0x02]),
        bytes([0x30, 0x0C, 0x02, 0x01, 0x63, 0x65, 0x07, 0x0A, 1, 0, 4, 0, 4, 0]),
    ],
)
def test_an_answer_that_is_no_ldap_is_never_whole(fake_ldap, slapd, answer):
    """Nonsense on the line is the source's error, not a bug of syncd."""
    fake_ldap.search_answer = answer

    assert len(problems(slapd.config(servers=[fake_ldap.url], groups=None, read_timeout=1))) == 1
