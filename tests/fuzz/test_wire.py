"""Laws of the wire reader whatever comes: records that were sent, or a clear error; never anything else."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncd.sources.ldap.entries import RawEntry, opened, packed
from tests.fuzz.line import ANSWERS, number_of, pieces_of, search
from tests.fuzz.reference import by_pyasn1, entries_of
from tests.fuzz.tree import Node, encode, parse, places
from tests.servers.fake_ldap import octets as octet_string
from tests.servers.fake_ldap import tlv

SIZES = st.lists(st.integers(1, 400), min_size=1, max_size=5)
MIB = 1 << 20


@st.composite
def damaged(draw):
    """A real answer in which some octets were replaced, inserted, taken out or cut off."""
    answer = draw(st.sampled_from(sorted(ANSWERS)))
    octets = bytearray(ANSWERS[answer])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(octets)))
        end = at + draw(st.sampled_from([0, 1, 1, 1, 7]))
        octets[at:end] = draw(
            st.binary(max_size=3) | st.sampled_from([b"\x80", b"\x84\xff\xff\xff\xff"])
        )
    cut = draw(st.none() | st.integers(0, len(octets)))
    return number_of(ANSWERS[answer]), bytes(octets[:cut])


def said(entries):
    """What is in the entries; None in place of what is none."""
    found = []
    for entry in entries:
        try:
            raw = opened(entry)
        except ValueError:
            found.append(None)
        else:
            found.append((raw.dn, raw.attributes))
    return found


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_recorded_answer_says_what_another_decoder_says(name):
    """Of each product's answer, entry by entry, value by value."""
    answer = ANSWERS[name]

    entries, found = search([answer], number_of(answer))

    assert (found.failure, found.lost) == ("", False)
    assert said(entries) == entries_of(answer, number_of(answer)) == by_pyasn1(answer)
    assert len(entries) >= 3


@settings(deadline=None)
@given(st.sampled_from(sorted(ANSWERS)), SIZES)
def test_how_it_is_cut_into_pieces_is_all_one(name, sizes):
    """The same entries, the same end, octet by octet or all at once."""
    answer, number = ANSWERS[name], number_of(ANSWERS[name])
    whole, _ = search([answer], number)

    entries, found = search(pieces_of(answer, sizes), number)

    assert (entries, found.failure, found.lost) == (whole, "", False)


@settings(deadline=None)
@given(st.sampled_from(sorted(ANSWERS)), st.data(), SIZES)
def test_a_cut_is_never_whole(name, data, sizes):
    """Wherever the line is closed before the end, that is told."""
    answer = ANSWERS[name]
    cut = answer[: data.draw(st.integers(0, len(answer) - 1))]

    entries, found = search(pieces_of(cut, sizes), number_of(answer))

    assert entries == []
    assert (found.failure, found.lost) == ("the server closed the connection", True)


@settings(deadline=None, max_examples=400)
@given(damaged(), SIZES)
def test_a_damaged_answer_is_refused_or_says_what_another_decoder_says(answer, sizes):
    """No damage makes an entry that the octets do not hold, nor loses one without a word."""
    number, octets = answer

    entries, found = search(pieces_of(octets, sizes), number)

    told = said(entries)
    assert found.failure or None in told or told == entries_of(octets, number)
    assert not found.lost or found.failure


JUNK = st.builds(Node, st.sampled_from([0x01, 0x02, 0x04, 0x0A, 0x05, 0x80, 0xA3]), st.just(b"\0"))
CONTENT = st.binary(max_size=3) | st.sampled_from(
    [b"\0", b"\1", b"\4", b"\x0a", b"\0\2", b"\xff\2", b"cn", b"1.3.6.1.4.1.1466.20036"]
)
TAGS = st.sampled_from(
    [0x01, 0x02, 0x04, 0x0A, 0x24, 0x30, 0x31, 0x64, 0x65, 0x73, 0x78, 0x79, 0xA0]
)


@st.composite
def bent(draw):
    """A real answer in which parts are doubled, missing, moved or others; its lengths are right."""
    answer = ANSWERS[draw(st.sampled_from(sorted(ANSWERS)))]
    nodes = parse(answer)
    for _ in range(draw(st.integers(0, 2))):
        siblings, at = draw(st.sampled_from(places(nodes)))
        node = siblings[at]
        match draw(st.integers(0, 6)):
            case 0:
                del siblings[at]
            case 1:
                siblings.insert(draw(st.integers(0, len(siblings))), node)
            case 2:
                siblings.insert(at + draw(st.integers(0, 1)), draw(JUNK))
            case 3:
                siblings.append(draw(JUNK))
            case 4:
                siblings[at] = Node(draw(TAGS), node.content)
            case 5 if isinstance(node.content, bytes):
                siblings[at] = Node(node.tag, draw(CONTENT))
            case _:
                siblings.append(siblings.pop(at))
    forms = draw(st.lists(st.sampled_from([0, 1, 2, 3, 4]), min_size=1, max_size=3))
    return number_of(answer), b"".join(encode(node, forms) for node in nodes)


@settings(deadline=None, max_examples=600)
@given(bent(), SIZES)
def test_a_bent_answer_is_refused_or_read_by_the_letter(answer, sizes):
    """Whatever its parts are, what is said of them is what RFC 4511 says, or that it is refused."""
    number, octets = answer
    try:
        expected = entries_of(octets, number)
    except (ValueError, LookupError):
        expected = None

    entries, found = search(pieces_of(octets, sizes), number)

    told = None if found.failure else said(entries)
    assert (None if told and None in told else told) == expected


@settings(deadline=None)
@given(st.binary(max_size=200), SIZES)
@example(b"\x30\x80\x02\x01\x02\x65\x00\x00\x00", [5])
@example(b"\x30\x84\xff\xff\xff\xff", [1])
@example(b"\x30\x85\x00\x00\x00\x00\x01", [7])
def test_any_octets_end_in_a_clear_error(octets, sizes):
    """What is no answer at all is told in words, and no entry comes of it."""
    entries, found = search(pieces_of(octets, sizes), 2)

    assert entries == []
    assert found.lost
    assert found.failure.startswith(("what the server sent is no LDAP", "the server closed the"))


@settings(deadline=None, max_examples=300)
@given(
    st.binary(max_size=120) | st.builds(lambda octets: tlv(0x64, octets), st.binary(max_size=120))
)
def test_any_octets_are_an_entry_or_a_value_error(octets):
    """`opened` raises nothing else, unless it is of what syncd packed itself."""
    if octets[:1] != b"\0":
        try:
            opened(octets)
        except ValueError:
            return


NAMES = st.text(st.characters(codec="ascii", categories=["Ll", "Nd"]), min_size=1, max_size=5)


@settings(deadline=None)
@given(
    st.text(max_size=300).filter(str.isprintable),
    st.dictionaries(NAMES, st.lists(st.binary(max_size=300), min_size=1, max_size=4), max_size=4),
)
def test_an_entry_is_what_was_encoded(dn, attributes):
    """Any DN and any values come out as they went in: from the wire, and as syncd packs them."""
    listed = [
        tlv(0x30, octet_string(name), tlv(0x31, *map(octet_string, values)))
        for name, values in attributes.items()
    ]

    assert opened(tlv(0x64, octet_string(dn), tlv(0x30, *listed))) == RawEntry(dn, attributes)
    assert opened(packed(RawEntry(dn, attributes))) == RawEntry(dn, attributes)


@pytest.mark.parametrize(("size", "is_read"), [(MIB, True), (1 << 28, False)])
def test_an_entry_may_be_large_but_not_beyond_belief(size, is_read):
    """A megabyte is read; what says that it is longer than any entry is refused before it comes."""
    entry = tlv(
        0x64,
        octet_string("cn=a"),
        tlv(0x30, tlv(0x30, octet_string("a"), tlv(0x31, octet_string(b"x" * MIB)))),
    )
    message = tlv(0x30, tlv(0x02, b"\2"), entry)
    if not is_read:
        message = message[:2] + size.to_bytes(4, "big") + message[6:]
    done = tlv(
        0x30, tlv(0x02, b"\2"), tlv(0x65, tlv(0x0A, b"\0"), octet_string(""), octet_string(""))
    )

    entries, found = search(pieces_of(message + done, [65_536]), 2, page_size=0)

    assert (len(entries), found.failure == "") == ((1, True) if is_read else (0, False))
