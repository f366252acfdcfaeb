"""The YAML reader: places of values, and what a text may not do."""

from io import BytesIO

import pytest

from syncd.located.octets import PIECE
from syncd.located.places import Items, Text
from syncd.located.yamlfile import ALIASED, Document, Take, load, parse


def parsed(text: str | bytes, streamed: dict[str, Take] | None = None) -> Document:
    return parse(BytesIO(text.encode() if isinstance(text, str) else text), "f", streamed)


def words(text: str | bytes) -> list[str]:
    return [str(mistake) for mistake in parsed(text).mistakes]


def test_every_value_has_its_place():
    """Lines and columns count from one, columns in letters and not in bytes; names too."""
    root = parsed("é: [ü, 'x']\n  # two\nb: y").root

    assert (root.line, root.column) == (1, 1)
    assert root.name("é") == Text("f", 1, 1, "é", plain=True)
    assert root.name("b") == Text("f", 3, 1, "b", plain=True)
    assert root.entries == {
        "é": Items(
            "f", 1, 4, [Text("f", 1, 5, "ü", plain=True), Text("f", 1, 8, "x", plain=False)]
        ),
        "b": Text("f", 3, 4, "y", plain=True),
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "a: [b\n",
            "f:2:1: not YAML: while parsing a flow sequence, did not find expected ',' or ']'",
        ),
        ("\ta: b", "f:1:1: a tab; YAML is indented with spaces only"),
        ("a: b\n---\nc: d", "f:2:1: a second document begins here; a file holds one"),
        ("a: é\x07", "f:1:5: a control character is not allowed in YAML"),
        (b"a: \xed\xa0\x80", "f:1:4: byte 0xed is not UTF-8; save the file as UTF-8"),
        (b"\xff\xfea\x00", "f:1:1: byte 0xff is not UTF-8; save the file as UTF-8"),
        (b"\xef\xbb\xbfa: \xc3", "f:1:4: byte 0xc3 is not UTF-8; save the file as UTF-8"),
        ("? [a]\n: b", "f:1:3: a name must be text, not a list or a mapping"),
        ("a: *b", "f:1:4: an alias of nothing before it; a text that begins with * needs quotes"),
        (
            "a: &a [*a]",
            "f:1:8: an alias of nothing before it; a text that begins with * needs quotes",
        ),
        ("a: {<<: b}", "f:1:9: << takes a mapping or a list of mappings"),
        (
            "a: !!python/name:os.system x",
            "f:1:4: a tag is not allowed; a text that begins with ! needs quotes",
        ),
        ("a: !!int 3", "f:1:4: a tag is not allowed; a text that begins with ! needs quotes"),
        ("[" * 33, "f:1:33: nested deeper than 32 levels"),
    ],
)
def test_a_text_that_is_not_understood_whole_is_refused_with_its_place(text, problem):
    """In words for who wrote the file."""
    assert words(text) == [problem]


def test_a_merge_takes_the_first_of_a_list_and_never_what_stands_there():
    """YAML 1.1's rule for `<<`."""
    root = parsed("a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], y: 3}").root
    merged = root.entries["c"]
    assert {name: value.value for name, value in merged.entries.items()} == {
        "y": "3",
        "x": "1",
        "z": "2",
    }
    assert [(merged.name(name).line, merged.name(name).column) for name in "yxz"] == [
        (3, 19),
        (1, 8),
        (2, 14),
    ]


def test_aliases_of_aliases_cannot_grow_without_end():
    """Ten levels of ten would be ten thousand million values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    found = words("\n".join(lines))
    assert found == [f"f:5:45: aliases stand for more than {ALIASED} values"]


def test_a_streamed_list_is_handed_over_and_not_kept():
    """The rest of the document is as it would be."""
    taken = []
    document = parsed("a: [x, y]\nb: [z]", {"a": taken.append})
    assert [item.value for item in taken] == ["x", "y"]
    assert document.root.entries == {
        "a": Items("f", 1, 4, []),
        "b": Items("f", 2, 4, [Text("f", 2, 5, "z", plain=True)]),
    }


ROWS, LONG = "- abcdef\n" * 50_000, "- [" + "abcdef, " * 50_000
"""As many lines as are read in several pieces, and one such line."""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (ROWS + "\t- x", "f:50001:1: a tab; YAML is indented with spaces only"),
        (LONG + "x]\n\t- x", "f:2:1: a tab; YAML is indented with spaces only"),
        (ROWS + "- é\x07", "f:50001:4: a control character is not allowed in YAML"),
        (LONG + "é\x07]", "f:1:400005: a control character is not allowed in YAML"),
        (ROWS.encode() + b"- x\xe9", "f:50001:4: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        (LONG.encode() + b"\xe9", "f:1:400004: byte 0xe9 is not UTF-8; save the file as UTF-8"),
    ],
    ids=["tab", "tab after a long line", "control", "control in a long line", "byte", "byte late"],
)
def test_a_place_far_into_a_file_is_as_exact_as_any(text, problem):
    """Of a file that is read piece by piece."""
    assert words(text)[-1] == problem


@pytest.mark.parametrize("before", range(4))
def test_a_letter_that_two_pieces_share_is_one_letter(before):
    """A piece ends wherever it ends."""
    text = "a: " + "x" * (PIECE - 3 - before) + "€uro"

    assert parsed(text).root.entries["a"].value == text[3:]
    assert words(text.encode()[: PIECE - before + 1]) == [
        f"f:1:{PIECE - before + 1}: byte 0xe2 is not UTF-8; save the file as UTF-8"
    ]


def test_what_cannot_be_read_to_its_end_is_broken(tmp_path):
    """What came before is not all."""
    document = load(tmp_path, "d")

    assert document.broken
    assert [str(mistake) for mistake in document.mistakes] == ["d: cannot be read: Is a directory"]
