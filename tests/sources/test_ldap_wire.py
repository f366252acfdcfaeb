"""Laws of the wire reader, message by message: each is taken for what RFC 4511 says it is."""

import pytest

from syncd.sources.ldap.entries import RawEntry, opened
from syncd.sources.ldap.search import WireSearch
from syncd.sources.ldap.wire import Wire
from tests.fuzz.line import QUERY, Line, pieces_of, search
from tests.servers.fake_ldap import (
    DONE,
    ENTRY,
    EXTENDED_RESPONSE,
    PAGED_RESULTS,
    REFERENCE,
    octets,
    tlv,
)

NOTICE = b"1.3.6.1.4.1.1466.20036"
INTERMEDIATE = 0x79
UNKNOWN = tlv(0x85, b"from a later RFC")


def message(tag, *parts, number=b"\2", more=b""):
    return tlv(0x30, tlv(0x02, number), tlv(tag, *parts), more)


def attribute(name, *values, more=b""):
    return tlv(0x30, octets(name), tlv(0x31, *map(octets, values)), more)


def entry(dn="cn=ada", *attributes, number=b"\2", controls=b"", more=b""):
    listed = attributes or (attribute("cn", "ada"),)
    return message(ENTRY, octets(dn), tlv(0x30, *listed), more, number=number, more=controls)


def result(code=0, matched="", words="", more=b""):
    return tlv(0x0A, bytes([code])), octets(matched), octets(words), more


def paged(cookie=b"", more=b""):
    value = octets(tlv(0x30, tlv(0x02, b"\0"), octets(cookie), more))
    return tlv(0xA0, tlv(0x30, octets(PAGED_RESULTS), tlv(0x01, b"\0"), value))


def notice(name=NOTICE, code=52, words="for maintenance"):
    return message(EXTENDED_RESPONSE, *result(code, words=words), tlv(0x8A, name), number=b"\0")


END = message(DONE, *result(), more=paged())
ADA = RawEntry("cn=ada", {"cn": [b"ada"]})


def read(*answer, page_size=1000):
    """What is in the entries, and the search at its end."""
    entries, found = search([b"".join(answer)], 2, page_size)
    return [opened(each) for each in entries], found


@pytest.mark.parametrize(
    "answer",
    [
        [entry(), END],
        [entry(controls=paged()), END],
        [entry(number=b"\0\0\0\2"), END],
        [entry(controls=UNKNOWN), END],
        [entry(more=UNKNOWN), END],
        [entry("cn=ada", attribute("cn", "ada", more=UNKNOWN)), END],
        [entry("cn=ada", attribute("CN", "ada"), attribute("sn")), END],
        [entry("cn=ada", attribute("cn", "ada"), attribute("CN", "ada")), END],
        [entry(), message(DONE, *result(more=UNKNOWN), more=paged() + UNKNOWN)],
        [entry(), message(DONE, *result(), more=paged(more=UNKNOWN))],
        [notice(b"1.2.3"), entry(), notice(b"1.2.4"), END],
    ],
)
def test_an_entry_is_read_however_it_may_be_sent(answer):
    """Controls, long numbers, what a later RFC adds at the end, notices of something else: all is well."""
    entries, found = read(*answer)

    assert (entries, found.failure, found.lost) == ([ADA], "", False)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([entry(number=b"\3"), END], "an answer to request 3 came to 2"),
        ([message(DONE, *result(), number=b"\0")], "tag 0x65 where 0x78 should be"),
        ([message(INTERMEDIATE), END], "tag 0x79 in the answer to a search"),
        ([message(REFERENCE, tlv(0x02, b"\0")), END], "tag 0x02 where 0x04 should be"),
        ([message(REFERENCE, octets(b"\xff")), END], "UnicodeDecodeError"),
        ([tlv(0x31, b""), END], "a message that begins with 0x31"),
        ([tlv(0x30, tlv(0x02, b"\2")), END], "an element is cut short"),
        ([tlv(0x30, tlv(0x02, b""), tlv(ENTRY)), END], "an integer of 0 octets"),
        ([tlv(0x30, tlv(0x02, b"\2"), tlv(ENTRY), b"\4\5"), END], "an element is cut short"),
        ([b"\x30\x80"], "a length of indefinitely many octets"),
        ([b"\x30\x85\0\0\0\0\0"], "a length of 5 octets"),
        ([b"\x30\x84\x7f\xff\xff\xff"], "an element of 2147483647 octets"),
        ([message(DONE, *result(), more=tlv(0xA0, tlv(0x30, octets(PAGED_RESULTS))))], "cut short"),
        ([message(DONE, octets(""), *result()[1:])], "tag 0x04 where 0x0a should be"),
    ],
)
def test_what_is_out_of_order_is_refused(answer, said):
    """The connection is of no more use, and why is told."""
    entries, found = read(*answer)

    assert (entries, found.lost) == ([], True)
    assert found.failure.startswith("what the server sent is no LDAP message (")
    assert said in found.failure


@pytest.mark.parametrize(
    "broken",
    [
        entry("cn=ada", tlv(0x31, b"")),
        entry("cn=ada", attribute("cn", "a"), attribute("cn", "b")),
        entry("cn=ada", attribute("cn", more=b"\4\1")),
        entry(more=b"\4\1"),
        entry(b"\xff"),
        entry("cn=ada", attribute("ĸn", "x")),
        message(ENTRY),
        message(ENTRY, octets("cn=ada"), tlv(0x30), b"\4"),
    ],
)
def test_an_entry_that_is_none_does_not_end_the_search(broken):
    """Each entry stands for itself: the others are read, and this one raises ValueError."""
    entries, found = search([broken + entry() + END], 2)

    assert found.failure == ""
    assert opened(entries[1]) == ADA
    with pytest.raises(ValueError, match=r"tag|twice|cut short|codec|element"):
        opened(entries[0])


def test_a_notice_of_disconnection_is_told_with_its_reason():
    """The server says why it goes."""
    _, found = read(entry(), notice())

    assert found.lost
    assert found.failure == (
        "the server closed the connection: the server is unavailable; it says 'for maintenance'"
    )


def test_references_are_collected():
    """Wherever they stand among the entries."""
    urls = ["ldap://a/dc=a", "ldap://b/dc=b", "ldap://c/dc=c"]
    both = message(REFERENCE, octets(urls[0]), octets(urls[1]))

    entries, found = read(both, entry(), message(REFERENCE, octets(urls[2])), END)

    assert (entries, found.referrals, found.failure) == ([ADA], urls, "")


@pytest.mark.parametrize(
    ("done", "page_size", "said"),
    [
        (
            message(DONE, *result(4, words="5 at most")),
            0,
            "size limit was exceeded: ask for a higher",
        ),
        (
            message(DONE, *result(32, "dc=test"), more=paged()),
            1,
            "nearest entry that exists is 'dc=test'",
        ),
        (message(DONE, *result(10, more=tlv(0xA3, octets("ldap://x")))), 0, "(ldap://x)"),
        (message(DONE, *result()), 1, "ignores the page size"),
        (message(DONE, *result(66)), 0, "the server answers notAllowedOnNonLeaf (66)"),
    ],
)
def test_an_end_that_is_none_is_told(done, page_size, said):
    """Result codes, referrals and missing controls, with the entries that came before."""
    entries, found = read(entry(), done, page_size=page_size)

    assert (entries, found.lost) == ([ADA], False)
    assert said in found.failure


def test_the_next_page_is_asked_for_until_the_cookie_is_empty():
    """The answers to all requests make one search."""
    second = [entry("cn=ben", number=b"\3"), message(DONE, *result(), number=b"\3", more=paged())]

    entries, found = read(entry(), message(DONE, *result(), more=paged(b"more")), *second)

    assert ([each.dn for each in entries], found.failure) == (["cn=ada", "cn=ben"], "")


def test_a_page_that_is_not_answered_is_told():
    """The first page is read; that the second never came is the failure."""
    entries, found = read(entry(), message(DONE, *result(), more=paged(b"more")))

    assert (entries, found.lost) == ([ADA], True)
    assert found.failure == "the server closed the connection"


def test_many_entries_without_pages_are_handed_on_as_they_come():
    """Where the server makes no pages, memory does not grow with the answer."""
    answer = b"".join([*[entry()] * 5000, message(DONE, *result())])
    line = Line(pieces_of(answer, [65_536]), 2)

    sizes = [len(page) for page in WireSearch(Wire(line), QUERY, 0)]

    assert sum(sizes) == 5000
    assert max(sizes) < 5000
