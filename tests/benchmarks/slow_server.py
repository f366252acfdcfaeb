"""An HTTP target that takes its time: it answers each request with a new id, so many seconds later.

    python -m tests.benchmarks.slow_server [SECONDS]

It tells its port on standard output, and ends when its standard input does. It knows as much of
HTTP as its two clients need, so that it is never what they wait for.
"""

import asyncio
import contextlib
import gc
import sys
from collections.abc import Iterator
from itertools import count
from subprocess import PIPE, Popen

from tests.benchmarks.measure import this

DELAY = 0.005

_HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
_LENGTH = b"content-length:"
_ids = count(1)


class _Line(asyncio.Protocol):
    """One connection. Nobody sends a second request before the first is answered."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._later = asyncio.get_running_loop().call_later

    def data_received(self, octets: bytes) -> None:
        self._came += octets
        head, blank, body = self._came.partition(b"\r\n\r\n")
        if blank and len(body) >= _length(head):
            self._came = b""
            self._later(self._delay, self._answer)

    def _answer(self) -> None:
        body = b'{"id":"%d"}' % next(_ids)
        self._transport.write(_HEAD % (len(body), body))


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(_LENGTH)
    return int(rest.partition(b"\r\n")[0]) if found else 0


@contextlib.contextmanager
def slow_server(delay: float = DELAY) -> Iterator[int]:
    """Its port, while it runs in a process of its own."""
    with Popen(this("slow_server", delay), stdin=PIPE, stdout=PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(10)


async def _serve(delay: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Line(delay), "127.0.0.1", 0, backlog=256)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    gc.disable()
    asyncio.run(_serve(float(sys.argv[1]) if sys.argv[1:] else DELAY))
