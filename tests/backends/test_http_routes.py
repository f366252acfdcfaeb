"""How an HTTP target is reached: TLS that is always checked, proxies, and what a URL may be."""

import base64
import contextlib
import os
import socket
import ssl
import threading
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr, TypeAdapter, ValidationError

from syncd.backends.http import Dialect, Server, ServerConfig, Session
from syncd.errors import ConfigError, Rejected, Unavailable
from tests.servers.http_server import Close, answer, serving

QUICK = Dialect(pauses=())


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    """Whoever runs the tests may need a proxy."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def ca_file(authority, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


def context(authority, *names):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(made)
    return made


def asked(server, base=Path()):
    """How a POST ends."""
    session = Session("target wiki", server, QUICK, base)
    try:
        return session.post("/users").status
    finally:
        session.close()


def test_a_certificate_of_a_trusted_authority_is_enough(authority, ca_file):
    """The file stands where the configuration does, or anywhere."""
    with serving(tls=context(authority, "127.0.0.1")) as server:
        assert asked(ServerConfig(url=server.url, ca_file=ca_file)) == 200
        assert asked(ServerConfig(url=server.url, ca_file=Path("ca.pem")), ca_file.parent) == 200


def test_an_unknown_certificate_ends_it_before_anything_is_sent(authority, ca_file):
    """Nor one for another host; and nothing was done, so that it counts as refused."""
    for names, trusted, why in (
        (("127.0.0.1",), None, "unable to get local issuer certificate"),
        (("wiki.example",), ca_file, "IP address mismatch"),
    ):
        with serving(tls=context(authority, *names)) as server:
            with pytest.raises(Unavailable, match="its certificate cannot be trusted") as caught:
                asked(ServerConfig(url=server.url, ca_file=trusted))
            assert caught.value.refused
            assert why in str(caught.value)
            assert server.requests == []


def test_a_certificate_is_not_looked_at_where_somebody_said_so(authority):
    """For this one server."""
    with serving(tls=context(authority, "wiki.example")) as server:
        assert asked(ServerConfig(url=server.url, verify=False)) == 200


def test_a_server_that_asks_who_syncd_is_gets_its_certificate(authority, ca_file, tmp_path):
    """And refuses it without."""
    issued = authority.issue_cert("syncd@example.org")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")
    asking = context(authority, "127.0.0.1")
    asking.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(asking)
    with serving(tls=asking) as server:
        told = {"url": server.url, "ca_file": ca_file}
        own = ServerConfig(**told, certificate_file=Path("own.pem"))
        assert asked(own, tmp_path) == 200
        with pytest.raises(Unavailable):
            asked(ServerConfig(**told))


def test_a_server_without_tls_at_an_https_url_did_nothing(ca_file):
    """The handshake fails, and no request was sent."""
    with serving(usual=Close(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(Unavailable) as caught:
            asked(ServerConfig(url=url, ca_file=ca_file, read_timeout=2, connect_timeout=2))
        assert caught.value.refused


def test_a_tls_answer_that_is_cut_is_no_answer(authority, ca_file):
    """Without a goodbye from TLS, an end may be anybody's."""
    half = Close(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    with serving(half, tls=context(authority, "127.0.0.1")) as server:
        with pytest.raises(Unavailable) as caught:
            asked(ServerConfig(url=server.url, ca_file=ca_file))
        assert not caught.value.refused


def test_a_missing_or_wrong_file_is_an_error_of_the_configuration(tmp_path):
    """Told when it is read, with its name."""
    (tmp_path / "no.pem").write_text("no certificate")
    for name in ("absent.pem", "no.pem"):
        server = ServerConfig(url="https://wiki.example", ca_file=Path(name))
        with pytest.raises(ConfigError, match="ca_file, certificate_file or key_file"):
            Session("target wiki", server, QUICK, tmp_path)


def test_a_proxy_reads_what_is_not_encrypted():
    """It is asked for the whole URL, and told who asks; only on the way is its password shown."""
    with serving() as proxy:
        server = ServerConfig(
            url="http://127.0.0.1:9/api",
            proxy=proxy.url,
            proxy_user="syncd",
            proxy_password=SecretStr("pr0xy-pw"),
        )
        assert asked(server) == 200
        (request,) = proxy.requests
        assert request.line == "POST http://127.0.0.1:9/api/users HTTP/1.1"
        assert request.headers["host"] == "127.0.0.1:9"
        assert request.headers["proxy-authorization"] == basic("syncd:pr0xy-pw")
        assert "pr0xy-pw" not in repr(server)


class Tunnel:
    """A proxy that connects to wherever it is asked to, or refuses."""

    def __init__(self, reply=b"HTTP/1.1 200 Connected\r\n\r\n"):
        self.reply, self.heads = reply, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        client, _ = self.listener.accept()
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.heads.append(head.decode())
            client.sendall(self.reply)
            host, _, port = head.split()[1].decode().partition(":")
            if b" 200 " in self.reply:
                with socket.create_connection((host, int(port))) as server:
                    back = threading.Thread(target=passing, args=(server, client))
                    back.start()
                    passing(client, server)
                    back.join()

    def close(self):
        self.thread.join(10)
        self.listener.close()


def passing(one, other):
    with contextlib.suppress(OSError):
        while octets := one.recv(4096):
            other.sendall(octets)
        other.shutdown(socket.SHUT_WR)


def basic(text):
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def test_what_is_encrypted_goes_through_a_proxy_unread(authority, ca_file, monkeypatch):
    """As the environment says; its name and password are for the proxy, and not for the server."""
    proxy = Tunnel()
    monkeypatch.setenv("https_proxy", f"http://syncd:pr%40xy@127.0.0.1:{proxy.port}")
    with serving(tls=context(authority, "127.0.0.1")) as server:
        assert asked(ServerConfig(url=server.url, ca_file=ca_file)) == 200
        proxy.close()
        (request,) = server.requests
        assert request.line == "POST /users HTTP/1.1"
        assert "proxy-authorization" not in request.headers
        (head,) = proxy.heads
        assert head.startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.")
        assert f"Proxy-Authorization: {basic('syncd:pr@xy')}" in head


def test_a_proxy_that_refuses_has_done_nothing(ca_file):
    """No request was sent yet."""
    proxy = Tunnel(b"HTTP/1.1 407 Who are you\r\n\r\n")
    server = ServerConfig(
        url="https://127.0.0.1:9", ca_file=ca_file, proxy=f"http://127.0.0.1:{proxy.port}"
    )
    with pytest.raises(Unavailable, match="407 Who are you") as caught:
        asked(server)
    proxy.close()
    assert caught.value.refused


@pytest.mark.parametrize(
    ("environment", "configured", "proxied"),
    [
        ({}, None, False),
        ({"http_proxy": "PROXY"}, None, True),
        ({"all_proxy": "PROXY"}, None, True),
        ({"https_proxy": "PROXY"}, None, False),
        ({"http_proxy": "PROXY", "no_proxy": "127.0.0.1"}, None, False),
        ({"http_proxy": "PROXY"}, "direct", False),
        ({"http_proxy": "http://127.0.0.1:9"}, "PROXY", True),
        ({"http_proxy": "http://127.0.0.1:9", "no_proxy": "*"}, "PROXY", True),
    ],
)
def test_the_configuration_goes_before_the_environment(
    monkeypatch, environment, configured, proxied
):
    """And both are looked at once: what changes later changes nothing."""
    with serving() as proxy, serving() as server:

        def meant(text):
            return proxy.url if text == "PROXY" else text

        for name, value in environment.items():
            monkeypatch.setenv(name, meant(value))
        session = Session(
            "target wiki", ServerConfig(url=server.url, proxy=meant(configured)), QUICK
        )
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        session.post("/users")
        session.close()
        assert (len(proxy.requests), len(server.requests)) == ((1, 0) if proxied else (0, 1))


def test_a_proxy_that_cannot_be_one_is_an_error_of_the_configuration(monkeypatch):
    """Its password is not told."""
    monkeypatch.setenv("http_proxy", "socks5://me:pr0xy-pw@127.0.0.1:9")
    with pytest.raises(ConfigError) as caught:
        Session("target wiki", ServerConfig(url="http://127.0.0.1:9"), QUICK)
    assert str(caught.value) == "target wiki: the environment's proxy must be http://HOST:PORT"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"url": "ftp://wiki.example"}, "must begin with https:// or http://"),
        ({"url": "https://"}, "names no host"),
        ({"url": "https://me:pw@wiki.example"}, "holds no name or password"),
        ({"url": "https://wiki.example/?a=b"}, "goes beyond the path"),
        ({"url": "https://wiki.example:0"}, "has no usable port"),
        ({"url": "http://wiki.example"}, "is not encrypted"),
        ({"url": "http://10.0.0.1"}, "is not encrypted"),
        ({"url": "https://wiki.example", "key_file": "a"}, "key_file needs certificate_file"),
        ({"url": "https://wiki.example", "proxy_user": "a"}, "go together"),
        ({"url": "https://wiki.example", "proxy": "http://a:b@c"}, "belong in proxy_user"),
        ({"url": "https://wiki.example", "read_timeout": 0}, "greater than 0"),
        ({"url": "https://wiki.example", "surprise": 1}, "Extra inputs are not permitted"),
    ],
)
def test_a_server_that_cannot_be_is_told_of_when_the_configuration_is_read(given, why):
    """In words, and without the secrets that it may hold."""
    with pytest.raises(ValidationError, match=why):
        ServerConfig.model_validate(given)


@pytest.mark.parametrize(
    "given",
    [
        "https://wiki.example/api",
        "http://localhost:8080",
        "http://[::1]:8080",
        {"url": "http://wiki.example", "allow_cleartext": True},
    ],
)
def test_a_server_is_a_url_or_a_mapping(given):
    """Without TLS on this host, or where somebody allowed it."""
    server = TypeAdapter(Server).validate_python(given)
    assert server.url == (given if isinstance(given, str) else given["url"])


def test_a_header_that_would_end_its_line_is_refused_without_its_value():
    """A token from a file often has a line feed."""
    session = Session("target wiki", ServerConfig(url="https://wiki.example"), QUICK)
    with pytest.raises(ConfigError) as caught:
        session.authorize("Bearer t0ken\n")
    assert str(caught.value) == (
        "target wiki: 'Authorization' holds what no header can, such as a line feed"
    )
    with pytest.raises(ConfigError):
        Session(
            "target wiki", ServerConfig(url="https://wiki.example"), Dialect(headers={"a b": "c"})
        )


def test_a_host_is_written_as_http_does():
    """The port only where it is not the usual one; names in ASCII; addresses in brackets."""
    for url, host in (
        ("https://wiki.example:443/", "wiki.example"),
        ("https://wiki.example:80/", "wiki.example:80"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://[::1]:8443/", "[::1]:8443"),
    ):
        session = Session("target wiki", ServerConfig(url=url), QUICK)
        assert session._route.origin.authority == host


def test_an_early_answer_counts_though_the_request_was_not_read():
    """Who is sent too much says so and closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse():
        client, _ = listener.accept()
        with client:
            client.recv(1000)
            client.sendall(answer(413, b"too much", kind="text/plain"))
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass

    thread = threading.Thread(target=refuse)
    thread.start()
    server = ServerConfig(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
    session = Session("target wiki", server, QUICK)
    with pytest.raises(Rejected, match=r"answered 413 .*: too much"):
        session.post("/users", body=b"x" * 10_000_000)
    session.close()
    thread.join()
    listener.close()
