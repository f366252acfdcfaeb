"""The YAML reader: places of values, and what a text may not do."""

import pytest

from syncd.located.places import Items, Table, Text
from syncd.located.yamlfile import ALIASED, parse


def words(text: str) -> list[str]:
    return [str(mistake) for mistake in parse(text, "f").mistakes]


def test_every_value_has_its_place():
    """Lines and columns count from one, columns in letters and not in bytes."""
    assert parse("é: [ü, 'x']\n", "f").root == Table(
        "f",
        1,
        1,
        {
            "é": (
                Text("f", 1, 1, "é", plain=True),
                Items(
                    "f",
                    1,
                    4,
                    [Text("f", 1, 5, "ü", plain=True), Text("f", 1, 8, "x", plain=False)],
                ),
            )
        },
    )


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
        ("a: \ud800", "f:1:4: half of a surrogate pair is no text"),
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
    root = parse("a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], y: 3}", "f").root
    merged = root.entries["c"][1].entries
    assert {name: value.value for name, (_, value) in merged.items()} == {
        "y": "3",
        "x": "1",
        "z": "2",
    }


def test_aliases_of_aliases_cannot_grow_without_end():
    """Ten levels of ten would be ten thousand million values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    found = words("\n".join(lines))
    assert found == [f"f:5:45: aliases stand for more than {ALIASED} values"]


def test_a_streamed_list_is_handed_over_and_not_kept():
    """The rest of the document is as it would be."""
    taken = []
    document = parse("a: [x, y]\nb: [z]", "f", {"a": taken.append})
    assert [item.value for item in taken] == ["x", "y"]
    assert document.root == Table(
        "f",
        1,
        1,
        {
            "a": (Text("f", 1, 1, "a", plain=True), Items("f", 1, 4, [])),
            "b": (
                Text("f", 2, 1, "b", plain=True),
                Items("f", 2, 4, [Text("f", 2, 5, "z", plain=True)]),
            ),
        },
    )
