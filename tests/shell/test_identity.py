"""Which store a target is: its type and address, by whatever name, without a secret."""

from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import BaseModel

from syncd.config.identity import identity
from syncd.plugins import backend_plugin
from tests.shell.command import small_world

HERE = Path("/etc/syncd")


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch) -> Path:
    """The file that says which machine this is."""
    path = tmp_path / "machine-id"
    path.write_text("b08dfa6083e7567a1921a715000001fb\n")
    monkeypatch.setattr("syncd.config.identity.MACHINE_ID", path)
    return path


@pytest.mark.parametrize(
    ("type_", "settings", "said"),
    [
        (
            "sql",
            {"url": "sqlite:///store.db"},
            "sql sqlite:////etc/syncd/store.db on machine 79074f1c8920",
        ),
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


LOCAL = [
    ("sql", {"url": "sqlite:///store.db"}),
    ("sql", {"url": "postgresql://syncd@localhost/people"}),
    ("sql", {"url": "postgresql://syncd@127.0.0.1:5433/people"}),
    ("sql", {"url": "postgresql:///people"}),
    ("scim", {"server": "http://127.0.0.1:8080/scim", "auth": {"token": "hunter2"}}),
    ("scim", {"server": "http://[::1]:8080", "auth": {"token": "hunter2"}}),
    ("scim", {"server": "https://Wiki.localhost:8443", "auth": {"token": "hunter2"}}),
]


@pytest.mark.parametrize(("type_", "settings"), LOCAL)
def test_what_only_one_machine_reaches_is_another_store_on_another_machine(
    type_, settings, machine, monkeypatch
):
    """A file, and a server on the loopback; by the machine's name where it has no identity. Its
    identity itself is told nowhere."""
    config = backend_plugin(type_).Config.model_validate({"type": type_, **settings})

    def known() -> str:
        return identity("store", type_, config, HERE)

    said = [known(), known()]
    machine.write_text("0123456789abcdef0123456789abcdef\n")
    said.append(known())
    machine.unlink()
    for name in ("one", "two"):
        monkeypatch.setattr("socket.gethostname", lambda name=name: name)
        said.append(known())
    assert said[0] == said[1]
    assert len(set(said)) == 4
    assert not any("b08d" in one or "hunter2" in one for one in said)


def test_a_saved_plan_for_a_file_is_refused_on_another_machine(tmp_path, machine):
    """Where a file of the same name holds other people."""
    world = small_world(tmp_path)
    assert world.syncd("plan", "--out", str(tmp_path / "plan.json")).exit_code == 0
    machine.write_text("0123456789abcdef0123456789abcdef\n")
    refused = world.syncd("apply", str(tmp_path / "plan.json"), "--yes")
    assert refused.exit_code == 2
    assert "the plan was made for the target at sql sqlite:///" in refused.stderr
    assert refused.stderr.rstrip().endswith("; plan again")
    assert not (tmp_path / "store.db").exists()


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
