"""BER as a tree, so that an answer can be bent and still be BER."""

from dataclasses import dataclass

from tests.fuzz.reference import elements

CONSTRUCTED = 0x20


@dataclass
class Node:
    """An element; what is in it is more of them where its tag says so."""

    tag: int
    content: "bytes | list[Node]"


def parse(octets: bytes) -> list[Node]:
    return [
        Node(tag, parse(inner) if tag & CONSTRUCTED else inner) for tag, inner in elements(octets)
    ]


def encode(node: Node, forms: list[int]) -> bytes:
    """With lengths as `forms` say in turn: 0 for the shortest, else of at least so many octets."""
    inner = node.content
    if isinstance(inner, list):
        inner = b"".join(encode(each, forms) for each in inner)
    form, size = forms.pop(0), len(inner)
    forms.append(form)
    if form == 0 and size < 0x80:
        return bytes([node.tag, size]) + inner
    count = max(form, (size.bit_length() + 7) // 8)
    return bytes([node.tag, 0x80 + count]) + size.to_bytes(count, "big") + inner


def places(nodes: list[Node]) -> list[tuple[list[Node], int]]:
    """Of each node, the list that it is in and where."""
    found = []
    for at, node in enumerate(nodes):
        found.append((nodes, at))
        if isinstance(node.content, list):
            found += places(node.content)
    return found
