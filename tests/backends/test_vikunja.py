"""What the Vikunja of 2018 does otherwise than one would think, and what syncd makes of it."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from syncd.backends.vikunja import VikunjaBackend, VikunjaConfig
from syncd.core.model import Key, Op, Ref, Update, User, changed
from syncd.errors import BackendError, Conflict, Denied, Incomplete, NotFound, Rejected, Unavailable
from syncd.report import Exit
from tests.servers.vikunja import Vikunja
from tests.servers.web import Cut, Fails, Garbled, by
from tests.world import office, person

ADA = User(user_name="ada", email="ada@example.org", display_name="Ada Lovelace")
USERS, LOGIN, PASSWORD = "/api/v1/users", "/api/v1/login", r"/api/v1/users/\d+/password"
OFF, ON = Update({"active": True}, {"active": False}), Update({"active": False}, {"active": True})


@pytest.fixture
def vikunja():
    with Vikunja() as server:
        yield server


@pytest.fixture
def opened(vikunja):
    """Backends on it, closed at the end."""
    made = []

    def open_(**settings):
        settings = {"user": "admin", "password": vikunja.password} | settings
        config = VikunjaConfig(server=vikunja.url, **settings)
        made.append(VikunjaBackend("tasks", config, Path()))
        return made[-1]

    yield open_
    for one in made:
        one.close()


@pytest.fixture
def backend(opened):
    return opened()


def made(backend, **fields):
    return backend.users.create(Key("k"), changed(ADA, fields))


# -- who syncd is there ------------------------------------------------------------------------


def test_the_token_tells_whose_it_is(vikunja, backend):
    """No call is made for that besides the log-in."""
    assert backend.whoami() == "1"
    assert [call.path for call in vikunja.calls] == [LOGIN]


def test_a_wrong_password_is_denied_in_one_call(vikunja, opened):
    """And so is nobody's name."""
    for wrong in ({"password": "another"}, {"user": "nobody"}):
        with pytest.raises(Denied, match="Wrong username or password"):
            opened(**wrong).whoami()
    assert vikunja.count("POST", LOGIN) == 2


def test_who_is_no_administrator_is_denied(vikunja, opened):
    """The token says so; with an older one rights would last for three days."""
    vikunja.add_user("kim", email="kim@example.org", password="kim's")
    with pytest.raises(Denied, match="kim is not an administrator"):
        opened(user="kim", password="kim's").whoami()


def test_a_token_that_is_not_taken_is_denied(vikunja, backend):
    """Where it is missing on the way, that is a 400 here."""
    words = b'{"message":"Missing or invalid jwt in the request header"}'
    vikunja.faults.add(Fails(400, body=words), when=by("GET"))
    with pytest.raises(Denied):
        list(backend.users.read())


# -- reading -----------------------------------------------------------------------------------


def test_a_list_without_ones_own_account_is_incomplete(vikunja, backend):
    """An empty list is `null`, and who reads it has an account that is not in it."""
    for body in (b"null", b"[]", b'[{"id":7,"username":"kim"}]'):
        fault = Fails(200, body=body)
        vikunja.faults.add(
            lambda request, _handle, fault=fault: _json(fault, request),
            times=1,
            when=by("GET", USERS),
        )
        with pytest.raises(Incomplete):
            list(backend.users.read())


def _json(fault, request):
    answer = fault(request, None)
    return replace(answer, headers={"Content-Type": "application/json"})


def test_an_answer_that_is_no_json_is_not_believed(vikunja, backend):
    """Nor is half a list."""
    vikunja.faults.add(Garbled(), when=by("GET", USERS))
    with pytest.raises(BackendError):
        list(backend.users.read())


def test_who_is_not_found_by_a_failure_is_looked_for_in_the_list(vikunja, backend):
    """The first commit fails where the page says 404; who is in the list is there all the same."""
    vikunja.absent = 500
    ref = made(backend)
    assert backend.users.get(Ref("99")) is None
    vikunja.faults.add(Fails(500), when=by("GET", f"{USERS}/{ref}"))
    found = backend.users.get(ref)
    assert (found.ref, found.entity.user_name) == (ref, "ada")


@pytest.mark.parametrize("absent", [404, 500])
def test_who_is_gone_is_not_found_whatever_the_status(vikunja, backend, absent):
    """By every verb; and nobody is made in their place."""
    vikunja.absent = absent
    gone = Ref("99")
    for change in (OFF, ON, Update({}, {"email": "x@example.org"})):
        with pytest.raises(NotFound):
            backend.users.update(gone, change)
    with pytest.raises(NotFound):
        backend.users.delete(gone)
    assert list(vikunja.users) == [1]


# -- writing -----------------------------------------------------------------------------------


def test_a_taken_name_is_a_conflict(vikunja, backend):
    """A 400 where somebody is made, a 500 where a user name is changed, and nothing at all where an
    e-mail is."""
    vikunja.add_user("Zoe", email="Zoe@example.org")
    for taken in ({"user_name": "zoe"}, {"email": "zoe@EXAMPLE.org"}):
        with pytest.raises(Conflict):
            made(backend, **taken)
    ref = made(backend)
    for taken in ({"user_name": "zoe"}, {"email": "zoe@EXAMPLE.org"}):
        with pytest.raises(Conflict):
            backend.users.update(ref, Update({}, taken))
    assert (vikunja.find("ada").username, vikunja.find("ada").email) == ("ada", "ada@example.org")


def test_a_name_that_only_looks_taken_is_no_conflict(vikunja, backend):
    """What is looked for is a pattern of SQL: `_` finds any letter. The failure stays a failure."""
    vikunja.add_user("aXb", email="x@example.org")
    ref = made(backend)
    vikunja.faults.add(Fails(500), when=by("POST", f"{USERS}/{ref}"))
    with pytest.raises(Unavailable):
        backend.users.update(ref, Update({}, {"user_name": "a_b"}))


def test_an_email_may_go_from_one_to_another(vikunja, backend):
    """Who gave it up is asked, once."""
    one = made(backend)
    two = made(backend, user_name="zoe", email="zoe@example.org")
    list(backend.users.read())
    backend.users.update(one, Update({}, {"email": "other@example.org"}))
    backend.users.update(two, Update({}, {"email": "ada@example.org"}))
    assert vikunja.find("zoe").email == "ada@example.org"


def test_what_the_database_cannot_hold_is_never_sent(vikunja, backend):
    """It would be a failure of the server, and a creation in doubt, in each run."""
    for bad in ({"display_name": "🦉"}, {"user_name": "a" * 251}):
        with pytest.raises(Rejected):
            made(backend, **bad)
    assert vikunja.count("PUT", USERS) == 0
    ref = made(backend, display_name="n" * 245)
    with pytest.raises(Rejected):  # with the mark it is too long
        backend.users.update(ref, OFF)
    assert vikunja.count("POST", PASSWORD) == 0


def test_an_administrator_is_made_and_never_changed(vikunja, backend):
    """Updates pass over all that is true or false: so it is declared, and not tried."""
    made(backend, admin=True)
    assert vikunja.find("ada").is_admin
    assert "admin" in backend.users.holds.immutable


def test_the_last_user_of_all_is_not_deleted(vikunja, backend):
    """In the server's words; of anybody else it deletes whom it is told."""
    with pytest.raises(Rejected, match="Cannot delete last user"):
        backend.users.delete(Ref("1"))
    backend.users.delete(made(backend))
    assert list(vikunja.users) == [1]


# -- suspension --------------------------------------------------------------------------------


def test_a_suspension_is_a_mark_and_a_password_that_nobody_knows(vikunja, backend):
    """It shows in the name, and is undone by the name and another password."""
    ref = made(backend)
    first = vikunja.find("ada").password
    backend.users.update(ref, OFF)
    ada = vikunja.find("ada")
    assert ada.name == "[suspended] Ada Lovelace"
    assert ada.password not in {"", first}
    assert backend.users.get(ref).entity == changed(ADA, {"active": False, "admin": False})
    second = ada.password
    backend.users.update(ref, Update({}, {"display_name": "Ada King"}))
    assert vikunja.find("ada").name == "[suspended] Ada King"
    backend.users.update(ref, ON)
    assert vikunja.find("ada").name == "Ada King"
    assert vikunja.find("ada").password not in {first, second}


def test_who_comes_back_gets_a_password_out_of_band(vikunja, opened, tmp_path):
    """By the command that is told of new ones; of a suspension it is told nothing."""
    told = tmp_path / "told"
    code = f"import sys; open({str(told)!r}, 'a').write(sys.stdin.read() + chr(10))"
    backend = opened(initial_password={"hand_over": [sys.executable, "-c", code]})
    ref = made(backend)
    backend.users.update(ref, OFF)
    assert len(told.read_text().splitlines()) == 1
    backend.users.update(ref, ON)
    assert vikunja.find("ada").password in told.read_text().splitlines()[1]


def test_who_cannot_be_kept_out_is_not_marked(vikunja, backend):
    """A 401 is no token that ended: nobody logs in over and over, and nobody is deleted."""
    vikunja.own_password_only = True
    ref = made(backend)
    for change in (OFF, OFF, OFF):
        with pytest.raises(Rejected):
            backend.users.update(ref, change)
    assert vikunja.find("ada").name == "Ada Lovelace"
    assert vikunja.count("POST", LOGIN) == 1


def test_a_suspension_that_breaks_off_in_its_middle_is_in_doubt(vikunja, backend):
    """The password is another one by then; whoever is not marked yet is suspended again."""
    ref = made(backend)
    vikunja.faults.add(Fails(400), times=1, when=by("POST", f"{USERS}/{ref}"))
    with pytest.raises(Unavailable):
        backend.users.update(ref, OFF)
    assert backend.users.get(ref).entity.active
    backend.users.update(ref, OFF)
    assert not backend.users.get(ref).entity.active


def test_without_a_mark_nobody_is_suspended(opened):
    """It is not declared then, so that it is not planned."""
    holds = opened(suspend_as="nothing").users.holds
    assert not holds.ops & {Op.SUSPEND, Op.RESTORE}
    assert holds.emulated == ""


# -- faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Cut(after=True), Fails(500, after=True), Garbled()])
def test_a_create_whose_answer_is_lost_leads_to_one_account(vikunja, opened, fault):
    """It is not sent again; the next run finds what it made, by its names."""
    vikunja.faults.add(fault, times=1, when=by("PUT", USERS))
    ada = person("1", "ada", email="ada@example.org", display_name="Ada Lovelace")
    here = office(ada, backend=opened())
    assert here.apply().exit_code is not Exit.DONE
    assert here.apply().exit_code is Exit.DONE
    assert [one.username for one in vikunja.users.values()] == ["admin", "ada"]
    assert vikunja.count("PUT", USERS) == 1
    assert [link.ref for link in here.links()] == ["2"]


@pytest.mark.parametrize(
    ("fault", "refused"),
    [(Fails(429, retry_after=1), True), (Fails(500), False), (Cut(), False)],
)
def test_a_create_is_never_repeated_by_the_backend(vikunja, backend, fault, refused):
    """It says whether anything can have come of it; the executor decides."""
    vikunja.faults.add(fault, when=by("PUT", USERS))
    with pytest.raises(Unavailable) as caught:
        made(backend)
    assert caught.value.refused is refused
    assert vikunja.count("PUT", USERS) == 1


def test_a_slow_hash_is_waited_for(vikunja, backend):
    """A password takes a second of the server's processor."""
    vikunja.hash_seconds = 0.3
    assert made(backend) == "2"


def test_passwords_are_in_no_message(vikunja, backend):
    """Whatever the server quotes, and whichever of them."""
    made(backend)
    secret = vikunja.find("ada").password
    told = f'{{"message":"{secret} and {vikunja.password}"}}'.encode()
    vikunja.faults.add(Fails(400, body=told))
    with pytest.raises(Rejected) as caught:
        made(backend, user_name="zoe")
    assert secret not in str(caught.value)
    assert vikunja.password not in repr(backend.config)
