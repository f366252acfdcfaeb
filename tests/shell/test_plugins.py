"""Sources and backends are found by type, and what cannot be used is told by name."""

import sys

import pytest

from syncd.backends.memory import MemoryBackend
from syncd.config import load_settings
from syncd.config.schema import schema
from syncd.errors import ConfigError
from syncd.plugins import BACKENDS, SOURCES, backend_plugin, installed, source_plugin, types
from syncd.sources.yaml import YamlSource

MODULE = """
from pydantic import BaseModel, field_validator
from syncd.errors import ConfigError

class Good:
    class Config(BaseModel):
        flavour: str

class Picky:
    class Config(BaseModel):
        flavour: str

        @field_validator("flavour")
        @classmethod
        def mild(cls, value):
            raise ConfigError(f"{value} is too strong; take another")

class Bare:
    pass

class Undeclared:
    class Config(BaseModel):
        pass
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts distributions with these entry points of one group where Python finds them."""
    (tmp_path / "herbs.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "herbs", raising=False)

    def put(group: str, *points: str, name: str = "herbs") -> None:
        info = tmp_path / f"{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *points, ""]))
        installed.cache_clear()

    yield put
    installed.cache_clear()


def refusal(find, type_: str) -> str:
    with pytest.raises(ConfigError) as caught:
        find(type_)
    return str(caught.value)


def test_the_built_in_ones_are_found_like_any_other():
    """They have no way in of their own."""
    assert source_plugin("yaml") is YamlSource
    assert backend_plugin("memory") is MemoryBackend
    assert {"yaml", "ldap"} <= set(types(SOURCES))
    assert {"sql", "memory"} <= set(types(BACKENDS))


def test_one_of_another_package_is_found(install):
    """One entry point and one class is all it takes."""
    install(SOURCES, "thyme = herbs:Good")
    assert source_plugin("thyme").Config.__name__ == "Config"
    assert "thyme" in types(SOURCES)


def test_an_unknown_type_is_told_with_what_was_probably_meant():
    """For sources and targets alike."""
    assert refusal(source_plugin, "ymal") == (
        'there is no source type "ymal"; did you mean "yaml"?'
    )
    assert refusal(backend_plugin, "sqll") == 'there is no target type "sqll"; did you mean "sql"?'


@pytest.mark.parametrize(
    ("point", "words"),
    [
        (
            "parsley:Good",
            (
                "cannot be imported: ModuleNotFoundError: No module named 'parsley'; "
                "reinstall that package or remove it"
            ),
        ),
        (
            "herbs:Sage",
            (
                "cannot be imported: AttributeError: module 'herbs' has no attribute 'Sage'; "
                "reinstall that package or remove it"
            ),
        ),
        ("herbs:Bare", "has no pydantic model `Config`; see syncd.ports"),
        ("herbs:Undeclared", "does not declare what its users hold; see syncd.ports"),
    ],
)
def test_one_that_cannot_be_used_is_told_with_its_package(install, point, words):
    """The operator must know which package to mend, and why."""
    install(BACKENDS, f"thyme = {point}")
    assert refusal(backend_plugin, "thyme") == (
        f'the target type "thyme", {point} of herbs 1.2, {words}'
    )


def test_a_type_that_two_packages_bring_is_nobodys(install):
    """Which one would be used must not depend on the order of a path."""
    install(SOURCES, "thyme = herbs:Good")
    install(SOURCES, "thyme = herbs:Bare", name="spices")
    assert refusal(source_plugin, "thyme") == (
        'more than one package brings the source type "thyme": herbs:Bare, herbs:Good; '
        "remove all but one"
    )


def test_a_package_that_is_seen_twice_is_one(install):
    """From its checkout and from its installation."""
    install(SOURCES, "thyme = herbs:Good")
    install(SOURCES, "thyme = herbs:Good", name="herbs-again")
    assert source_plugin("thyme").Config.__name__ == "Config"


def test_a_plug_in_need_not_know_its_own_type(install, tmp_path):
    """`type` chooses it; the rest is checked by its `Config`, and stands in the schema."""
    install(SOURCES, "thyme = herbs:Good")
    path = tmp_path / "config.yaml"
    path.write_text("sources: {a: {type: thyme, flavour: mild}}")
    part = load_settings(path, {}).sources["a"]
    assert (part.type, part.config.model_dump()) == ("thyme", {"flavour": "mild"})
    assert schema()["$defs"]["source.thyme"]["required"] == ["flavour", "type"]


def test_a_plug_in_may_refuse_its_configuration_in_its_own_words(install, tmp_path):
    """They are shown at the part's place."""
    install(SOURCES, "thyme = herbs:Picky")
    path = tmp_path / "config.yaml"
    path.write_text("sources: {a: {type: thyme, flavour: hot}}")
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    assert caught.value.problems == (f"{path}:1:11: sources.a: hot is too strong; take another",)
