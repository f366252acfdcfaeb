"""Which store a target is: its type and address, by whatever name, without a secret."""

from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import BaseModel

from syncd.config.identity import identity
from syncd.plugins import backend_plugin

HERE = Path("/etc/syncd")


@pytest.mark.parametrize(
    ("type_", "settings", "said"),
    [
        ("sql", {"url": "sqlite:///store.db"}, "sql sqlite:////etc/syncd/store.db"),
        (
            "sql",
            {"url": "postgresql://syncd:hunter2@db.example.org/people?sslpassword=hunter2"},
            "sql postgresql://db.example.org/people",
        ),
        (
            "sql",
            {"url": "postgresql://other@DB.example.org:5432/people"},
            "sql postgresql://db.example.org/people",
        ),
        (
            "sql",
            {"url": "postgresql:///people?host=db.example.org"},
            "sql postgresql://db.example.org/people",
        ),
        (
            "scim",
            {"server": "https://wiki.example.org:443/scim/v2", "auth": {"token": "hunter2"}},
            "scim https://wiki.example.org/scim/v2",
        ),
        (
            "scim",
            {"server": "https://wiki.example.org/scim/v2/", "auth": {"token": "hunter2"}},
            "scim https://wiki.example.org/scim/v2",
        ),
        (
            "scim",
            {"server": {"url": "https://wiki.example.org:8443"}, "auth": {"token": "hunter2"}},
            "scim https://wiki.example.org:8443",
        ),
        (
            "huddle",
            {"company": 7, "auth": {"token": "hunter2"}},
            "huddle https://api.huddle.net 7",
        ),
        ("memory", {}, "memory store"),
    ],
)
def test_a_target_is_known_by_its_type_and_address(type_, settings, said):
    """A path is whole; neither who logs in, nor passwords and parameters, nor a usual port are in
    it."""
    config = backend_plugin(type_).Config.model_validate({"type": type_, **settings})
    assert identity("store", type_, config, HERE) == said


def test_a_file_is_known_in_whatever_directory_its_configuration_lies():
    """Two configurations may name two files alike."""
    config = backend_plugin("sql").Config.model_validate({"type": "sql"})
    assert identity("store", "sql", config, HERE) != identity("store", "sql", config, Path("/srv"))


def test_a_third_partys_backend_may_say_what_tells_its_stores_apart():
    """By the names of the settings."""

    class Config(BaseModel):
        identified_by: ClassVar[tuple[str, ...]] = ("tenant",)

        tenant: str = "acme"
        url: str = "https://one.for.all"

    assert identity("store", "crm", Config(), HERE) == "crm acme"
