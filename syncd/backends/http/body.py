"""Reads the body of an answer, up to so many octets."""

import zlib
from gzip import BadGzipFile, GzipFile
from http.client import HTTPException, HTTPResponse, IncompleteRead
from io import BytesIO


class TooLarge(Exception):
    """More octets than anybody wants to hold."""


def read_body(response: HTTPResponse, largest: int) -> bytes:
    """As it was before it was compressed. Raises OSError, HTTPException or `TooLarge`."""
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise HTTPException("it is compressed in a way that nobody asked for")
    body = _as_it_came(response, largest)
    if "gzip" in coding:
        body = _unzipped(body, largest)
    if len(body) > largest:
        raise TooLarge
    return body


def _as_it_came(response: HTTPResponse, largest: int) -> bytes:
    if response.length == 0:  # a 204 has no body, though it may say that one comes in chunks
        return b""
    if response.length is None:
        return response.read(largest + 1)
    if response.length > largest:
        raise TooLarge
    return response.read()  # all of it, or it raises: with a size it would not


def _unzipped(body: bytes, largest: int) -> bytes:
    try:
        with GzipFile(fileobj=BytesIO(body)) as packed:
            return packed.read(largest + 1)
    except EOFError:
        raise IncompleteRead(body) from None
    except (BadGzipFile, zlib.error):
        raise HTTPException("what it compressed cannot be read") from None
