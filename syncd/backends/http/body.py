"""Reads the body of an answer, up to so many octets: by its length, in chunks, or to the end."""

import re
import zlib
from collections.abc import Iterator
from http.client import HTTPException

from syncd.backends.http.head import Head
from syncd.backends.http.stream import Stream, cut

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_TRAILERS = 200
_GZIP = 16 + zlib.MAX_WBITS
_ANY = 1 << 62


class TooLarge(Exception):
    """More octets than anybody wants to hold."""


def read_body(stream: Stream, head: Head, largest: int) -> bytes:
    """As it was before it was compressed. Raises OSError, HTTPException or `TooLarge`."""
    if head.length is not None and head.length > largest:
        raise TooLarge
    coding = head.headers.get("content-encoding", "").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise HTTPException("it is compressed in a way that nobody asked for")
    pieces, room = [], largest
    for piece in _pieces(stream, head):
        pieces.append(piece)
        room -= len(piece)
        if room < 0:
            raise TooLarge
    body = b"".join(pieces)
    return _unzipped(body, largest) if "gzip" in coding else body


def _pieces(stream: Stream, head: Head) -> Iterator[bytes]:
    if head.chunked:
        yield from _chunks(stream)
    elif head.length is not None:
        yield from _so_many(stream, head.length)
    else:
        while piece := stream.some(_ANY):
            yield piece


def _so_many(stream: Stream, octets: int) -> Iterator[bytes]:
    while octets:
        piece = stream.some(octets)
        if not piece:
            raise cut()
        octets -= len(piece)
        yield piece


def _chunks(stream: Stream) -> Iterator[bytes]:
    """RFC 9112, section 7.1; extensions and trailers mean nothing to anybody."""
    while size := _size(stream.line()):
        yield from _so_many(stream, size)
        if stream.line():
            raise HTTPException("a chunk does not end where it says")
    for _ in range(_TRAILERS):
        if not stream.line():
            return
    raise HTTPException(f"it has more than {_TRAILERS} trailers")


def _size(line: bytes) -> int:
    found = _SIZE.fullmatch(line)
    if found is None:
        raise HTTPException("a chunk does not say how long it is")
    return int(found[1], 16)


def _unzipped(body: bytes, largest: int) -> bytes:
    """Several members in a row are one text (RFC 1952, section 2.2)."""
    text = b""
    try:
        while body:
            member = zlib.decompressobj(_GZIP)
            text += member.decompress(body, largest + 1 - len(text))
            if len(text) > largest:
                raise TooLarge
            if not member.eof:
                raise cut()
            body = member.unused_data
    except zlib.error:
        raise HTTPException("what it compressed cannot be read") from None
    return text
