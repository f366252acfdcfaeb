"""A mail server in plain SMTP (RFC 5321) that keeps what it is given, or refuses to log in."""

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class SmtpServer:
    """`passwords` are those by which users may log in; with none, nobody has to."""

    passwords: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=[client], daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rwb") as stream, contextlib.suppress(OSError):
            _say(stream, "220 mail.test ready")
            while (line := stream.readline().decode().strip()) and line.upper() != "QUIT":
                self._answer(stream, line)
            _say(stream, "221 bye")

    def _answer(self, stream, line: str) -> None:
        match line.split(" ", maxsplit=1)[0].upper():
            case "EHLO":
                _say(
                    stream,
                    "250-mail.test",
                    *(["250-AUTH PLAIN"] if self.passwords else []),
                    "250 8BITMIME",
                )
            case "AUTH":
                _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
                good = self.passwords.get(user) == password
                _say(stream, "235 welcome" if good else f"535 {user} is not who has {password}")
            case "RCPT":
                self.recipients.append(line.partition(" ")[2])
                _say(stream, "250 yes")
            case "DATA":
                _say(stream, "354 go on")
                lines = []
                while (line_ := stream.readline()) != b".\r\n":
                    lines.append(line_.removeprefix(b"."))
                self.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
                _say(stream, "250 kept")
            case _:
                _say(stream, "250 yes")


def _say(stream, *lines: str) -> None:
    stream.write("".join(f"{line}\r\n" for line in lines).encode())
    stream.flush()


@contextmanager
def mail_server(**passwords: str) -> Iterator[SmtpServer]:
    server = SmtpServer(passwords)
    try:
        yield server
    finally:
        server.close()
