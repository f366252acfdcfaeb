"""Laws of how the LDAP source reaches a server: encryption, logins, fail-over, and plain refusals."""

import pytest
import trustme

from syncd.core.model import State
from syncd.errors import SourceError
from tests.servers.ports import free_port
from tests.sources.ldap_reading import read, settled, source

ADA = ({"ada": State.ACTIVE}, [])
"""What a whole reading of the one person has."""


@pytest.fixture
def ada(slapd):
    slapd.add_user("ada")
    return slapd


def refusal(config):
    """The words with which the source refuses to be read."""
    with pytest.raises(SourceError) as caught:
        source(config).read()
    return str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_ldaps_is_verified_by_name_and_by_address(ada, host):
    """A certificate for a name and an address is good for both, on every version of Python."""
    servers = [f"ldaps://{host}:{ada.tls_port}"]

    assert settled(ada.config(servers=servers, ca_file=str(ada.ca_file))) == ADA


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_start_tls_is_verified_by_name_and_by_address(ada, host):
    """StartTLS checks the certificate as LDAPS does."""
    server = {"url": f"ldap://{host}:{ada.port}", "start_tls": True, "ca_file": str(ada.ca_file)}

    assert settled(ada.config(servers=[server])) == ADA


@pytest.mark.parametrize("start_tls", [False, True])
def test_a_certificate_of_an_unknown_authority_is_refused(ada, tmp_path, start_tls):
    """Nothing is sent to a server whose certificate nobody trusted has signed; the CA file is named."""
    ca_file = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(ca_file)
    url = f"ldap://localhost:{ada.port}" if start_tls else ada.ldaps_url
    server = {"url": url, "start_tls": start_tls, "ca_file": str(ca_file)}

    words = refusal(ada.config(servers=[server]))

    assert words.startswith(f"source staff: {url}: its certificate is not good for 'localhost': ")
    assert words.endswith(f"(trusted: {ca_file})")


def test_a_certificate_for_another_host_is_refused(ada):
    """A certificate of a trusted authority is not enough: it must be this host's."""
    server = {
        "url": ada.ldaps_url,
        "server_name": "other.example.test",
        "ca_file": str(ada.ca_file),
    }

    words = refusal(ada.config(servers=[server]))

    assert "its certificate is not good for 'other.example.test': Hostname mismatch" in words


def test_without_a_ca_file_the_system_decides(ada):
    """A private authority is not trusted unless named."""
    assert "(trusted: the system's certificate authorities)" in refusal(
        ada.config(servers=[ada.ldaps_url])
    )


def test_verification_can_be_switched_off_for_one_server(ada):
    """`verify: false` is obeyed, for that server only."""
    assert settled(ada.config(servers=[{"url": ada.ldaps_url, "verify": False}])) == ADA


def test_a_server_name_may_differ_from_the_host(ada):
    """`server_name` is what the certificate is checked for, where the URL has another."""
    server = {"url": ada.ldaps_url, "server_name": "ldap.example.test", "ca_file": str(ada.ca_file)}

    assert settled(ada.config(servers=[server])) == ADA


def test_a_client_certificate_logs_in(ada):
    """SASL EXTERNAL over TLS."""
    bind = {"method": "external", "certificate_file": str(ada.client_certificate)}

    assert settled(ada.config(servers=[ada.ldaps_url], ca_file=str(ada.ca_file), bind=bind)) == ADA


def test_the_local_socket_logs_in(ada):
    """SASL EXTERNAL by the user id, over ldapi."""
    bind = {"method": "external"}

    assert settled(ada.config(servers=[ada.ldapi_url], bind=bind)) == ADA


def test_nobody_logs_in(ada):
    """An anonymous login reads what everybody may."""
    assert settled(ada.config(bind={"method": "anonymous"})) == ADA


def test_the_password_may_stand_in_a_file(ada, tmp_path):
    """Relative to the configuration; its last line end is not part of the password."""
    (tmp_path / "password").write_text(f"{ada.password}\n")
    bind = {"dn": ada.bind_dn, "password_file": str(tmp_path / "password")}

    assert settled(ada.config(bind=bind)) == ADA
    (tmp_path / "password").write_text("\n")
    assert "is empty" in refusal(ada.config(bind=bind))
    (tmp_path / "password").unlink()
    assert "cannot be read: No such file or directory" in refusal(ada.config(bind=bind))


def test_a_wrong_password_is_told_without_it(ada):
    """The account is named, the password is not."""
    words = refusal(ada.config(bind={"dn": ada.bind_dn, "password": "hunter2"}))

    assert words == (
        f"source staff: {ada.url}: login as {ada.bind_dn} refused: "
        "the name or the password is wrong (invalidCredentials)"
    )


def test_an_unknown_host_is_told(ada):
    """A name that does not resolve is not "invalid server address"."""
    servers = [{"url": "ldaps://ldap.invalid"}]

    assert "ldaps://ldap.invalid: the host name 'ldap.invalid' is unknown" in refusal(
        ada.config(servers=servers)
    )


def test_a_refused_connection_is_told(ada):
    """Where nothing listens, that is said."""
    url = f"ldap://localhost:{free_port()}"

    assert refusal(ada.config(servers=[url])) == (
        f"source staff: {url}: connection refused: nothing listens there"
    )


def test_a_port_that_does_not_speak_tls_is_told(ada):
    """LDAPS to the port of plain LDAP, and the other way round."""
    url = f"ldaps://localhost:{ada.port}"
    assert refusal(ada.config(servers=[url])) == (
        f"source staff: {url}: "
        "the server closed the connection in the TLS handshake: is this a TLS port?"
    )
    url = f"ldap://127.0.0.1:{ada.tls_port}"
    assert refusal(ada.config(servers=[url])) == (
        f"source staff: {url}: the server closed the connection: does this port want TLS?"
    )


def test_a_server_that_refuses_start_tls_is_told(fake_ldap, ada):
    """No fall-back to an unencrypted login."""
    server = {"url": fake_ldap.url, "start_tls": True}

    words = refusal(ada.config(servers=[server]))

    assert "the server refuses StartTLS" in words
    assert fake_ldap.searches == []


def test_a_file_that_is_no_certificate_is_told(ada, tmp_path):
    """The file is named, whichever it is."""
    (tmp_path / "ca.pem").write_text("nonsense")
    config = ada.config(servers=[ada.ldaps_url], ca_file=str(tmp_path / "ca.pem"))

    assert f"{tmp_path / 'ca.pem'} cannot be used for TLS" in refusal(config)


def test_a_missing_socket_is_told(ada):
    """LDAPI to a path where nothing is."""
    config = ada.config(servers=["ldapi://%2Fnowhere%2Fldapi"], bind={"method": "external"})

    assert "there is no such socket" in refusal(config)


def test_the_next_server_is_used_and_the_first_is_told(ada):
    """Fail-over goes in order, and leaves a note with the reason."""
    dead = f"ldap://127.0.0.1:{free_port()}"

    users, _, reading = read(ada.config(servers=[dead, ada.url]))

    assert (len(users), reading.gaps) == (1, [])
    assert reading.notes == [
        f"{dead}: connection refused: nothing listens there; using {ada.url} instead"
    ]


def test_where_no_server_answers_each_gives_its_reason(ada):
    """All reasons at once, in the order of the servers."""
    first, second = (f"ldap://127.0.0.1:{free_port()}" for _ in range(2))

    with pytest.raises(SourceError) as caught:
        source(ada.config(servers=[first, second])).read()

    assert caught.value.problems == tuple(
        f"source staff: {url}: connection refused: nothing listens there" for url in (first, second)
    )


def test_a_refused_login_is_not_tried_elsewhere(ada):
    """A wrong password is told once: each server that is tried brings the account nearer to a lock."""
    config = ada.config(
        servers=[ada.url, ada.ldapi_url], bind={"dn": ada.bind_dn, "password": "hunter2"}
    )

    with pytest.raises(SourceError) as caught:
        source(config).read()

    assert len(caught.value.problems) == 1


def test_the_password_is_in_no_repr(ada):
    """Neither the source, its reading nor anything that they hold shows the password."""
    staff = source(ada.config())
    reading = staff.read()

    seen = repr(vars(staff)) + repr(vars(reading)) + repr(vars(staff._session))
    assert ada.password not in seen
    assert "Connection" in seen
    staff.close()
