"""Which files a YAML source reads, and that one it cannot read fails the whole reading."""

import os

import pytest

from syncd.errors import SourceError
from syncd.sources.yaml import YamlConfig, YamlSource


@pytest.fixture
def people(tmp_path):
    """Writes `NAME.yaml`-like files with one user each, called as the file is."""
    base = tmp_path / "conf"
    base.mkdir()

    def write(*names: str):
        for name in names:
            (base / name).parent.mkdir(parents=True, exist_ok=True)
            key = name.replace("/", "-")
            (base / name).write_text(f"users: [{{id: '{key}'}}]\n")
        return base

    return write


def keys(base, *paths: str) -> list[str]:
    reading = YamlSource("people", YamlConfig(type="yaml", paths=paths), base).read()
    return [user.key for user in reading.users]


def problems(base, *paths: str) -> tuple[str, ...]:
    with pytest.raises(SourceError) as caught:
        keys(base, *paths)
    return caught.value.problems


def test_a_directory_is_every_yaml_file_below_it(people):
    """Both endings, any depth; hidden files and other endings are not people."""
    base = people("p/a.yaml", "p/b.yml", "p/c/d.yaml", "p/.e.yaml", "p/.git/f.yaml", "p/g.txt")
    assert keys(base, "p") == ["p-a.yaml", "p-b.yml", "p-c-d.yaml"]


def test_a_glob_may_go_through_directories(people):
    """`**` is any depth; a directory that a glob meets is read as one."""
    base = people("p/a.yaml", "p/c/d.yaml", "p/c/e/f.yaml", "q.yaml")
    assert keys(base, "p/**/[df].yaml") == ["p-c-d.yaml", "p-c-e-f.yaml"]
    assert keys(base, "?") == ["p-a.yaml", "p-c-d.yaml", "p-c-e-f.yaml"]


def test_a_file_that_is_named_like_a_glob_is_that_file(people):
    """What exists is meant."""
    assert keys(people("a[1].yaml", "a1.yaml"), "a[1].yaml") == ["a[1].yaml"]


def test_a_file_that_is_reached_twice_is_read_once(people):
    """By overlapping paths and by links, without its people being duplicates."""
    base = people("p/a.yaml")
    (base / "p" / "link.yaml").symlink_to("a.yaml")
    assert keys(base, "p", "p/a.yaml", "p/*.yaml") == ["p-a.yaml"]


def test_a_linked_directory_is_read(people):
    """As Kubernetes mounts it: the real files hidden, the names linked."""
    base = people("p/..2026/a.yaml")
    (base / "p" / "..data").symlink_to("..2026")
    (base / "p" / "a.yaml").symlink_to("..data/a.yaml")
    assert keys(base, "p") == ["p-..2026-a.yaml"]


def test_places_are_relative_to_the_base_where_they_are_below_it(people):
    """An absolute path elsewhere keeps its own."""
    base = people("p/a.yaml", "../b.yaml")
    config = YamlConfig(type="yaml", paths=(str(base / "p"), str(base.parent / "b.yaml")))
    reading = YamlSource("people", config, base).read()
    assert {user.origin for user in reading.users} == {
        "p/a.yaml:1:9",
        f"{base.parent}/b.yaml:1:9",
    }


def test_a_path_that_stands_for_nothing_is_a_mistake(people):
    """A typing mistake or an unmounted disk must not look like an empty directory of people."""
    base = people("a.yaml")
    (base / "empty").mkdir()
    assert problems(base, "people", "empty", "*.yml", "a.yaml") == (
        f"*.yml: matches nothing in {base}",
        f"empty: holds no *.yaml or *.yml file: {base}/empty",
        f"people: is not in {base}; check `paths`",
    )


def test_a_missing_path_makes_nobody_of_its_people(people):
    """A reference into what could not be found is no mistake of its own."""
    base = people("a.yaml")
    (base / "a.yaml").write_text("groups: [{id: g, members: [ada], x: y}]\n")
    assert problems(base, "a.yaml", "people") == (
        'a.yaml:1:34: a group has no "x"; known are display_name, groups, id, members',
        f"people: is not in {base}; check `paths`",
    )


def test_what_is_no_regular_file_is_refused(people):
    """Opening a pipe would wait for ever."""
    base = people("a.yaml")
    os.mkfifo(base / "pipe.yaml")
    assert problems(base, ".") == ("pipe.yaml: is not a regular file",)


def test_a_dangling_link_is_a_mistake(people):
    """The people in it were meant to be read."""
    base = people("p/a.yaml")
    (base / "p" / "b.yaml").symlink_to("nowhere.yaml")
    assert problems(base, "p") == ("p/b.yaml: cannot be read: No such file or directory",)


def test_a_link_back_up_is_a_mistake_and_no_endless_walk(people):
    """It is told by name."""
    base = people("p/q/a.yaml")
    (base / "p" / "q" / "up").symlink_to(base / "p")
    assert problems(base, "p") == (
        f"p: {base}/p/q/up is a link to a directory that it is in; remove the link",
    )


def test_a_file_that_cannot_be_read_is_a_mistake(people):
    """Here one whose reading fails for root too, as on a broken disk."""
    base = people("a.yaml")
    (base / "b.yaml").symlink_to("/proc/self/mem")
    assert problems(base, ".") == ("b.yaml: cannot be read: Input/output error",)


def test_a_file_in_another_encoding_is_told_with_the_byte_and_its_place(people):
    """Latin-1 from an old editor is the usual case."""
    base = people("a.yaml")
    (base / "a.yaml").write_bytes("users:\n  - {id: é, x: ".encode() + b"Zo\xeb}\n")
    assert problems(base, "a.yaml") == (
        "a.yaml:2:18: byte 0xeb is not UTF-8; save the file as UTF-8",
    )


def test_a_byte_order_mark_is_no_letter(people):
    """Windows editors write one."""
    base = people("a.yaml")
    (base / "a.yaml").write_bytes(b"\xef\xbb\xbfusers: [{id: ada}]\n")
    assert keys(base, "a.yaml") == ["ada"]
