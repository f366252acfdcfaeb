"""The controls of RFC 4533 and the cursor, as octets: what they say, and that nothing else does."""

import contextlib
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import tag, univ

from syncd.core.model import Kind
from syncd.ports import Cursor
from syncd.sources.ldap import dirsync, syncrepl
from syncd.sources.ldap.cursor import (
    DirSync,
    Due,
    Expiries,
    Modified,
    Position,
    Syncrepl,
    Usn,
    decoded,
    encoded,
)
from syncd.sources.ldap.delta_search import Answer, Unusable
from syncd.sources.ldap.delta_touched import Extent, Extents
from syncd.sources.ldap.entries import RawEntry
from syncd.sources.ldap.server import Server
from syncd.sources.ldap.sync_controls import (
    DONE,
    INFO,
    STATE,
    Ending,
    Presence,
    State,
    done_of,
    gone_by,
    request_value,
    state_of,
)

ADA, BEN = bytes(range(16)), bytes(range(16, 32))
COOKIE = b"rid=000,csn=20261121233017.120851Z#000000#000#000000"
LATER = b"rid=000,csn=20261121233018.000000Z#000000#000#000000"


def sequence(*parts, number=None):
    """As pyasn1 encodes it; with a context tag of that number."""
    found = univ.Sequence()
    if number is not None:
        context = tag.Tag(tag.tagClassContext, tag.tagFormatConstructed, number)
        found = univ.Sequence().subtype(implicitTag=context)
    for at, part in enumerate(parts):
        found.setComponentByPosition(at, part)
    return encoder.encode(found)


def uuids(*values):
    found = univ.SetOf(componentType=univ.OctetString())
    for at, value in enumerate(values):
        found.setComponentByPosition(at, univ.OctetString(value))
    return found


def done(cookie=LATER, *, deletes=True):
    return sequence(univ.OctetString(cookie), univ.Boolean(deletes))


def answer(*, told=(), messages=(), ending=None, code=0):
    controls = {} if ending is None else {DONE: {"value": ending}}
    return Answer({"result": code, "controls": controls}, list(told), list(messages), [])


def told(state=1, uuid=ADA, **attributes):
    control = sequence(univ.Enumerated(state), univ.OctetString(uuid))
    return RawEntry("uid=ada,dc=x", attributes), {STATE: control}


@pytest.mark.parametrize("cookie", [b"", COOKIE, b"c" * 70_000])
def test_a_request_asks_for_a_poll(cookie):
    """Any BER decoder reads the mode and the cookie, if there is one."""
    value, rest = decoder.decode(request_value(cookie))

    assert rest == b""
    assert int(value[0]) == 1
    assert [bytes(value[at]) for at in range(1, len(value))] == ([cookie] if cookie else [])


def test_states_and_endings_are_read():
    """With and without what is optional."""
    assert state_of(sequence(univ.Enumerated(3), univ.OctetString(ADA))) == State(3, ADA)
    with_cookie = sequence(univ.Enumerated(1), univ.OctetString(ADA), univ.OctetString(b"c"))
    assert state_of(with_cookie) == State(1, ADA)
    assert done_of(sequence()) == Ending(b"", False)
    assert done_of(sequence(univ.Boolean(True))) == Ending(b"", True)
    assert done_of(done()) == Ending(LATER, True)


def test_who_is_gone_is_read_from_a_delete_phase_only():
    """The same set in a present phase says who is there."""
    ids = uuids(ADA, BEN)
    deletes = sequence(univ.OctetString(b"c"), univ.Boolean(True), ids, number=3)
    assert gone_by(deletes) == {ADA, BEN}
    assert gone_by(sequence(univ.Boolean(True), ids, number=3)) == {ADA, BEN}
    assert gone_by(sequence(univ.OctetString(b"c"), number=1)) == set()
    assert gone_by(b"\x80\x01c") == set()
    for present in (
        sequence(ids, number=3),
        sequence(univ.Boolean(False), ids, number=3),
        sequence(univ.OctetString(b"c"), number=2),
    ):
        with pytest.raises(Presence):
            gone_by(present)


@pytest.mark.parametrize("read", [state_of, done_of, gone_by])
@given(octets=st.binary(max_size=60))
def test_any_octets_say_something_or_are_refused(read, octets):
    """They never lead to another error, nor to an entryUUID that is none."""
    try:
        found = read(octets)
    except (ValueError, Presence):
        return
    if read is gone_by:
        assert all(len(uuid) == 16 for uuid in found)


@given(octets=st.binary(max_size=60), at=st.integers(0, 200))
def test_a_damaged_set_is_refused_or_says_less(octets, at):
    """Octets put over a good message do not make other people gone than it names, or other ones
    of that length."""
    good = sequence(univ.Boolean(True), uuids(ADA, BEN), number=3)
    damaged = good[:at] + octets + good[at + len(octets) :]
    with contextlib.suppress(ValueError, Presence):
        assert all(len(uuid) == 16 for uuid in gone_by(damaged))


def test_an_answer_is_read_whole():
    """Entries that were added or changed, and keys of those that are gone either way."""
    gone = sequence(univ.Boolean(True), uuids(BEN), number=3)
    refresh = syncrepl.refresh_of(
        answer(
            told=[told(1), told(2), told(3, ADA)],
            messages=[(INFO, gone), ("1.2.3", b"of another kind")],
            ending=done(),
        ),
        COOKIE,
    )

    assert [entry.dn for entry in refresh.told] == ["uid=ada,dc=x"] * 2
    assert (refresh.gone, refresh.cookie, refresh.deletes) == ({ADA, BEN}, LATER, True)
    nothing = syncrepl.refresh_of(answer(ending=sequence(univ.Boolean(True))), COOKIE)
    assert (nothing.told, nothing.gone, nothing.cookie) == ([], set(), COOKIE)


@pytest.mark.parametrize(
    "given_answer",
    [
        answer(),
        answer(told=[told()], ending=sequence(univ.Boolean(True))),
        answer(told=[(RawEntry("uid=ada,dc=x", {}), {})], ending=done()),
        answer(told=[told(7)], ending=done()),
        answer(told=[told(0)], ending=done()),
        answer(messages=[(INFO, b"")], ending=done()),
        answer(ending=b"\x30\x80"),
    ],
    ids=["no control", "no cookie", "no state", "odd state", "present", "no message", "no ending"],
)
def test_an_answer_that_is_none_is_refused(given_answer):
    """What a server should not send proves nothing."""
    with pytest.raises((Unusable, ValueError, Presence)):
        syncrepl.refresh_of(given_answer, COOKIE)


class Answering:
    """Searches that have one answer."""

    def __init__(self, given_answer):
        self._answer = given_answer

    def ask(self, *_):
        return self._answer


EVERYBODY = Extents((Extent(Kind.USER, "dc=x", "subtree", "(uid=*)"),), ())
NOTHING_NEW = Syncrepl(((COOKIE, COOKIE),))
NO_ATTRIBUTES = {Kind.USER: [], Kind.GROUP: []}


@pytest.mark.parametrize(
    "given_answer",
    [
        answer(ending=done(deletes=False)),
        answer(ending=done(), told=[told(0)]),
        answer(code=4096),
    ],
    ids=["present phase", "present entry", "refresh required"],
)
def test_without_a_delete_phase_there_is_no_log(given_answer):
    """Who is not mentioned may be gone, and that may be anybody."""
    with pytest.raises(syncrepl.NoLog):
        syncrepl.touched(Answering(given_answer), EVERYBODY, NOTHING_NEW, NO_ATTRIBUTES)


@pytest.mark.parametrize(
    "given_answer",
    [
        answer(code=4),
        answer(ending=done(b"another's cookie")),
        replace(answer(ending=done()), referrals=["ldap://other/"]),
        answer(ending=done(), messages=[(INFO, b"nonsense")]),
    ],
    ids=["size limit", "another cookie", "referral", "nonsense"],
)
def test_what_proves_nothing_is_not_used(given_answer):
    """Everything is to be read instead."""
    with pytest.raises(Unusable):
        syncrepl.touched(Answering(given_answer), EVERYBODY, NOTHING_NEW, NO_ATTRIBUTES)


def test_a_server_that_promises_more_for_ever_is_not_followed():
    """DirSync goes on as long as there is more; the cookie must go on with it."""
    control = {dirsync.CONTROL: {"value": {"more_results": True, "cookie": b"same"}}}
    more = Answer({"result": 0, "controls": control}, [], [], [])
    server = Server("x", frozenset(), ("dc=x",), 7, None)
    with pytest.raises(Unusable, match="does not go on"):
        dirsync.start(Answering(more), EVERYBODY, server)


def test_cookies_of_openldap_are_told_from_others():
    """One that it would not understand has no newest second."""
    newest = {
        COOKIE: "20261121233017Z",
        b"rid=001,sid=002,csn=20261121233017.120851Z#000000#000#000000": "20261121233017Z",
        b"csn=20261121233017.120851Z#000000#001#000000;20271121233017.120851Z#000000#002#000000": (
            "20271121233017Z"
        ),
    }
    for cookie, second in newest.items():
        assert syncrepl.newest_second(cookie) == second
    for other in (b"", b"garbage", COOKIE[:-1], COOKIE + b"x", b"localhost:389#cn=x:dc=x:(y=z)#7"):
        assert syncrepl.newest_second(other) == ""


@pytest.mark.parametrize(
    ("csn", "is_news"),
    [
        (b"20261121233017.120851Z#000000#000#000000", False),
        (b"20261121233017.120850Z#000000#000#000000", False),
        (b"20261121233017.120851Z#000001#000#000000", True),
        (b"20261121233017.120852Z#000000#000#000000", True),
        (b"20201121233017.120852Z#000000#001#000000", True),
        (b"nonsense", True),
    ],
)
def test_what_was_written_before_the_cookie_is_no_news(csn, is_news):
    """As far as an entry shows, and the cookie covers the server that wrote it."""
    entry = RawEntry("uid=ada,dc=x", {"entrycsn": [csn]})

    assert syncrepl.is_news(entry, COOKIE) is is_news
    assert syncrepl.is_news(RawEntry("uid=ada,dc=x", {}), COOKIE)


NOW = datetime(2026, 1, 1, tzinfo=UTC)
POSITION = Position(server="s", search="q", state=Usn(7))


@pytest.mark.parametrize(
    "state",
    [
        Syncrepl(((COOKIE, LATER), (b"", b"\0\xff"))),
        DirSync({"DC=x": b"\0\xff"}, 7),
        Usn(7),
        Modified("20260101000000Z", NOW, {"ou=x": "20260101000000Z"}, (b"\xff",)),
    ],
)
def test_a_cursor_comes_back_as_it_was(state):
    """Whatever it holds."""
    expiries = Expiries(NOW, NOW, (Due(NOW, "uid=ada,dc=x"),))
    position = Position(server="s", search="q", state=state, expiries=expiries)

    assert decoded(encoded(position)) == position


@given(octets=st.binary(max_size=200))
def test_other_octets_are_no_cursor(octets):
    """Nor are those of another form."""
    assert decoded(Cursor(octets)) is None
    assert decoded(encoded(Position(server="s", search="q", state=Usn(7), form=0))) is None


@given(at=st.integers(0, len(encoded(POSITION)) - 1), by=st.integers(1, 255))
def test_a_cursor_with_one_damaged_octet_is_none(at, by):
    """Wherever, and however it is damaged."""
    octets = bytearray(encoded(POSITION))
    octets[at] ^= by

    assert decoded(Cursor(bytes(octets))) is None


def test_entry_uuids_are_written_as_they_are_read():
    """OpenLDAP's key is text."""
    assert syncrepl.entry_uuid(ADA) == str(UUID(bytes=ADA))
