"""`syncd audit`: what was done is verified from the command line, and signed."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from syncd.report import Exit
from tests.audited import rewrite
from tests.shell.command import World, small_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = small_world(tmp_path)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    return world


def audit(world: World) -> Path:
    return next((world.path / ".syncd" / "audit").glob("audit-*.jsonl"))


def add(world: World, text: str) -> None:
    config = world.path / "config.yaml"
    world.write("config.yaml", config.read_text() + text)


def test_an_audit_that_nobody_touched_is_whole(world: World):
    """The exit code says so; before the first run there is none."""
    result = world.syncd("audit", "verify")
    assert (result.exit_code, result.stdout) == (
        Exit.DONE,
        "✓ the audit is whole: 8 lines in 1 file, up to line 8\n",
    )
    (world.path / "new").mkdir()
    nothing = small_world(world.path / "new").syncd("audit", "verify")
    assert (nothing.exit_code, nothing.stdout.splitlines()[0]) == (
        Exit.DONE,
        "note: there is no audit yet",
    )


def test_a_line_that_was_changed_is_named(world: World):
    """With its place, and what was expected; for programs too."""
    text = audit(world).read_text()
    line = 1 + text[: text.index("Countess")].count("\n")
    audit(world).write_text(text.replace("Countess", "Baroness"))
    result = world.syncd("audit", "verify")
    assert result.exit_code == Exit.NOT_WHOLE == 7
    first = result.stdout.splitlines()[0]
    assert first.startswith(f"audit-000000000001.jsonl:{line}: line {line}: was changed: its")
    told = json.loads(world.syncd("audit", "verify", "--json").stdout)
    assert (told["whole"], [one["line"] for one in told["problems"]]) == (False, [line])
    alone = world.syncd("audit", "verify", "--segment", str(audit(world)))
    assert alone.exit_code == Exit.NOT_WHOLE


def test_checkpoints_are_signed_by_a_key_that_was_made_here(world: World):
    """After each run that did anything, and on demand; who has the public key verifies them."""
    key = world.path / "key.pem"
    made = world.syncd("audit", "keygen", "--out", str(key), config="")
    assert (made.exit_code, key.stat().st_mode & 0o777) == (Exit.DONE, 0o600)
    assert "cannot be created: File exists" in world.syncd(
        "audit", "keygen", "--out", str(key), config=""
    ).stderr.replace("\n", " ")
    assert "nobody can sign" in world.syncd("audit", "checkpoint").stderr
    add(world, "audit: {private_key_file: key.pem}\n")
    printed = world.syncd("audit", "checkpoint")
    assert printed.exit_code == Exit.DONE
    anchor = world.write("anchor.json", printed.stdout)
    world.write("people.yaml", (world.path / "people.yaml").read_text().replace("Countess", "Dr"))
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    given = ("--checkpoint", str(anchor), "--public-key", f"{key}.pub")
    result = world.syncd("audit", "verify", *given)
    assert "3 checkpoints signed by the key" in result.stdout.replace("\n", " ")
    assert result.exit_code == Exit.DONE
    assert key.read_text() not in audit(world).read_text()


def test_a_run_goes_on_where_the_audit_cannot_be_written_and_says_so(world: World):
    """Unless it is required: then nothing is begun."""
    directory = world.path / ".syncd" / "audit"
    directory.rename(world.path / "away")
    directory.write_text("no directory")
    world.write("people.yaml", (world.path / "people.yaml").read_text().replace("Countess", "Dr"))
    add(world, "audit: {required: true}\n")
    refused = world.syncd("apply", "--yes")
    assert refused.exit_code == Exit.TARGET
    assert "audit.required is on: nothing is begun until it can be" in refused.stderr
    add_not = (world.path / "config.yaml").read_text().replace("required: true", "required: false")
    world.write("config.yaml", add_not)
    result = world.syncd("apply", "--yes")
    assert result.exit_code == Exit.DONE
    assert result.stderr.count("cannot be written: File exists") == 1
    directory.unlink()
    (world.path / "away").rename(directory)
    assert world.syncd("apply", "--yes").stderr == ""
    assert "Dr" in audit(world).read_text()
    assert world.syncd("audit", "verify").exit_code == Exit.DONE


@pytest.mark.parametrize(
    ("text", "given", "why"),
    [
        ("audit: {private_key: nonsense}\n", (), "audit.private_key is no private key in PEM"),
        ("audit: {private_key_file: none.pem}\n", (), "none.pem cannot be read: No such file"),
        ("audit: {private_key: a, private_key_file: b}\n", (), "contradict each other"),
        ("", ("--checkpoint", "FILE"), "config.yaml:2: is no checkpoint"),
        ("", ("--public-key", "FILE"), "--public-key: is no public key in PEM"),
    ],
)
def test_what_makes_no_sense_is_said(world: World, text: str, given: tuple[str, ...], why: str):
    """With its place."""
    add(world, text)
    file = str(world.path / "config.yaml")
    result = world.syncd("audit", "verify", *[file if one == "FILE" else one for one in given])
    assert result.exit_code == Exit.CONFIG
    assert why in " ".join(result.stderr.split())


def test_no_audit_is_kept_where_none_is_wanted(tmp_path: Path):
    """Nor is there any trace of one."""
    world = small_world(tmp_path)
    add(world, "audit: {enabled: false}\n")
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    assert not (tmp_path / ".syncd" / "audit").exists()


def test_a_rewritten_audit_is_not_whole_though_nothing_was_to_be_done_since(world: World):
    """An empty run does not make it good again, and says what it found."""
    rewrite(audit(world), b"Countess", b"Baroness")
    assert world.syncd("audit", "verify").exit_code == Exit.NOT_WHOLE
    result = world.syncd("apply", "--yes")
    assert "not as it was written: what stands at line" in " ".join(result.stderr.split())
    assert world.syncd("apply", "--yes").stderr == ""
    assert world.syncd("audit", "verify").exit_code == Exit.NOT_WHOLE


def test_an_audit_of_whose_end_the_ledger_knows_nothing_is_said_to_be(world: World):
    """Nobody could tell whether its end was cut off."""
    [ledger] = (world.path / ".syncd").glob("*.db")
    with closing(sqlite3.connect(ledger)) as connection, connection:
        connection.execute("DELETE FROM ledger_audits")
    result = world.syncd("audit", "verify")
    assert "note: the ledger remembers no end of this audit" in result.stdout
    assert result.exit_code == Exit.DONE
