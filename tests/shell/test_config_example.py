"""The example cannot rot: it loads, says everything there is to say, and is what the schema describes."""

import json
import re
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from syncd.config import load_settings
from syncd.config.assemble import assemble, chosen
from syncd.config.schema import schema
from syncd.config.settings import Part, Settings
from syncd.errors import ConfigError
from syncd.plugins import BACKENDS, SOURCES, plugin, types

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.yaml"


def models(annotation: Any) -> set[type[BaseModel]]:
    """All models that an annotation leads to."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner = (models(field.annotation) for field in annotation.model_fields.values())
        return {annotation}.union(*inner)
    if get_origin(annotation) in {Union, UnionType, Annotated, dict, tuple, list} or get_args(
        annotation
    ):
        return set().union(*map(models, get_args(annotation)))
    return set()


def own_models() -> list[type[BaseModel]]:
    configs = [
        plugin(group, type_).Config for group in (SOURCES, BACKENDS) for type_ in types(group)
    ]
    found = set().union(*map(models, [Settings, *configs])) - {Part, BaseModel}
    return sorted(found, key=lambda model: model.__qualname__)


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model.__qualname__)
def test_every_field_of_every_model_stands_in_the_example(model):
    """Set, or commented out: nobody has to read code to know what can be configured."""
    text = EXAMPLE.read_text()
    names = {field.alias or name for name, field in model.model_fields.items()}
    missing = {
        name
        for name in names
        if not re.search(rf"(?:^|[\s{{,#]){re.escape(name)}:", text, re.MULTILINE)
    }
    assert missing == set()


def test_the_example_loads_and_its_enabled_sync_is_the_samples(monkeypatch):
    """Out of the box, from any directory, and without any secret."""
    monkeypatch.chdir("/")
    settings = load_settings(EXAMPLE, {})
    assert chosen(settings) == ["staff"]
    sync = assemble(settings, "staff")
    reading = sync.sources["people"].read()
    sync.close()
    assert [user.key for user in reading.users] == [
        "ada",
        "alan",
        "edsger",
        "grace",
        "katherine",
        "zoe",
    ]


def test_the_disabled_sync_of_the_example_can_be_named():
    """It reaches no server before it is read."""
    settings = load_settings(EXAMPLE, {})
    assemble(settings, "directory").close()
    assert chosen(settings, ["directory"]) == ["directory"]


def test_what_is_commented_out_would_be_understood(tmp_path):
    """With every such line in, two ways to give one password or key, or to log in, are all that clashes."""
    text = re.sub(r"^(\s*)#(?=[\w.]+:)", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE)
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    assert [re.sub(r"^.*?: ", "", problem) for problem in caught.value.problems] == [
        "sources.corp.bind: a simple bind needs dn and one of password and password_file",
        "targets.intranet.auth: say a token, or user and password",
        "audit: private_key and private_key_file contradict each other: say one",
    ]


def test_the_committed_schema_is_current():
    """Editors use the file; `syncd schema > docs/config.schema.json` makes it anew."""
    assert json.loads((ROOT / "docs" / "config.schema.json").read_text()) == schema()


def test_every_reference_in_the_schema_leads_somewhere():
    """Plug-ins bring definitions of their own, under names of their own."""
    whole = schema()
    references = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(whole)))
    assert references <= set(whole["$defs"])
    assert whole["properties"]["sources"]["additionalProperties"] == {
        "oneOf": [{"$ref": f"#/$defs/source.{type_}"} for type_ in types(SOURCES)]
    }
    assert whole["$defs"]["source.yaml"]["required"] == ["paths", "type"]
