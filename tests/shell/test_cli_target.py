"""Whose store the ledger's links lead into: another one gets nothing until somebody says so."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from syncd.ledger import open_ledger
from syncd.ledger.operation import TARGETS
from syncd.report import Exit
from tests.shell.command import World, answered, small_world

ACCEPT = ("ledger", "accept-target", "--yes")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two people and a group are in store.db."""
    world = small_world(tmp_path)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    return world


def said(text: str) -> str:
    """In one line, as a terminal's breaks and frames do not matter."""
    return " ".join(text.replace("│", " ").split())


def lead_to(world: World, file: str) -> None:
    text = (world.path / "config.yaml").read_text()
    before = text.split("sqlite:///")[1].split("}")[0]
    world.write("config.yaml", text.replace(before, file))


def hire(world: World, name: str) -> None:
    people = (world.path / "people.yaml").read_text()
    world.write("people.yaml", people.replace("users:", f"users:\n  - {{id: {name}}}"))


def accounts(world: World, file: str) -> list[str]:
    """Without making the store where there is none."""
    if not (world.path / file).exists():
        return []
    with closing(sqlite3.connect(world.path / file)) as store:
        if not store.execute("SELECT 1 FROM sqlite_master WHERE name = 'users'").fetchone():
            return []
        return sorted(name for (name,) in store.execute("SELECT user_name FROM users"))


def test_another_store_gets_nothing_however_often_it_is_tried(world: World):
    """Not even who is new, of whom nobody could say that they are elsewhere; and the right one is
    known again."""
    lead_to(world, "wrong.db")
    hire(world, "newcomer")
    for _ in range(3):
        refused = world.syncd("apply", "--yes")
        assert refused.exit_code == Exit.TARGET
        assert "target store: is sql sqlite:///" in said(refused.stderr)
        assert "wrong.db on machine" in said(refused.stderr)
        assert "but the 2 accounts that syncd keeps there are in sql" in said(refused.stderr)
        assert "`syncd ledger accept-target --sync main`" in said(refused.stderr)
    assert accounts(world, "wrong.db") == []
    assert [one.run for one in runs(world)] == [1]
    lead_to(world, "store.db")
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    assert accounts(world, "store.db") == ["ada.lovelace", "grace.hopper", "newcomer"]


def runs(world: World):
    with closing(open_ledger(f"sqlite:///{world.path}/.syncd/ledger.db", write=False)) as ledger:
        return ledger.runs()


def test_a_plan_shows_what_it_would_do_there_and_that_nothing_runs(world: World):
    """`check` says it too, and so does how the sync stands after a try."""
    file = str(world.path / "plan.json")
    lead_to(world, "wrong.db")
    hire(world, "newcomer")
    planned = world.syncd("plan", "--out", file)
    assert planned.exit_code == Exit.TARGET
    assert "newcomer" in planned.stdout
    assert "the 2 accounts that syncd keeps there are in sql" in said(planned.stdout)
    assert world.syncd("apply", file, "--yes").exit_code == Exit.TARGET
    assert world.syncd("undo", "1", "--yes").exit_code == Exit.TARGET
    checked = world.syncd("check")
    assert checked.exit_code == Exit.TARGET
    assert "the 2 accounts that syncd keeps there are in sql" in said(checked.output)
    assert "the 2 accounts that syncd keeps there are in sql" in said(world.syncd("status").stdout)


def test_a_target_that_is_called_otherwise_is_the_same_store(world: World):
    """So is one whose address is written otherwise."""
    text = (world.path / "config.yaml").read_text()
    text = text.replace("store:", "shop:").replace("target: store", "target: shop")
    world.write(
        "config.yaml", text.replace("sqlite:///store.db", f"sqlite:///{world.path}/store.db")
    )
    hire(world, "newcomer")
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    assert accounts(world, "store.db") == ["ada.lovelace", "grace.hopper", "newcomer"]


def test_a_store_that_was_moved_is_accepted_and_nobody_is_made_anew(world: World):
    """It is said how many of the accounts are there, and the audit tells who said so; the old
    place is refused from then on."""
    (world.path / "store.db").rename(world.path / "moved.db")
    lead_to(world, "moved.db")
    assert world.syncd("apply", "--yes").exit_code == Exit.TARGET
    accepted = world.syncd(*ACCEPT, SUDO_USER="zoe")
    assert accepted.exit_code == Exit.DONE
    assert "holds 2 of the 2 accounts that syncd keeps for main" in said(accepted.output)
    assert "Nothing to change" in world.syncd("apply", "--yes").stdout
    audit = next((world.path / ".syncd" / "audit").glob("audit-*.jsonl")).read_text()
    [line] = [line for line in audit.splitlines() if '"target accepted"' in line]
    assert '"by":"zoe on' in line
    assert "store.db" in line
    assert "moved.db" in line
    lead_to(world, "store.db")
    assert world.syncd("apply", "--yes").exit_code == Exit.TARGET


def test_of_a_store_that_was_accepted_all_is_read_though_a_quick_cycle_was_due(world: World):
    """What was last read was read in another one."""
    text = (world.path / "config.yaml").read_text()
    text = text.replace("target: store}", "target: store, full_every: 7d}")
    world.write("config.yaml", text)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    (world.path / "store.db").unlink()
    assert "holds 0 of the 2 accounts" in said(world.syncd(*ACCEPT).output)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    assert accounts(world, "store.db") == ["ada.lovelace", "grace.hopper"]


def test_of_one_that_was_accepted_there_is_nothing_more_to_accept(world: World):
    """Nor of one that was never in doubt."""
    for _ in range(2):
        again = world.syncd(*ACCEPT)
        assert again.exit_code == Exit.DONE
        assert "main: there is nothing to accept" in said(again.output)


def test_in_an_emptied_store_nobody_is_made_anew_until_somebody_says_that_it_was_meant(
    world: World,
):
    """At the same address nobody can tell it from a slip; then everybody is made anew, once."""
    (world.path / "store.db").unlink()
    for _ in range(2):
        refused = world.syncd("apply", "--yes")
        assert refused.exit_code == Exit.TARGET
        assert "holds none of the 2 accounts that syncd keeps there" in said(refused.stdout)
    assert accounts(world, "store.db") == []
    hire(world, "newcomer")
    accepted = world.syncd(*ACCEPT)
    assert "holds 0 of the 2 accounts that syncd keeps for main" in said(accepted.output)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    assert accounts(world, "store.db") == ["ada.lovelace", "grace.hopper", "newcomer"]
    (world.path / "store.db").unlink()
    assert world.syncd("apply", "--yes").exit_code == Exit.TARGET


def test_it_asks_on_a_terminal_and_nowhere_else(world: World):
    """No is no."""
    lead_to(world, "wrong.db")
    nobody = world.syncd("ledger", "accept-target")
    assert nobody.exit_code == Exit.CONFIG
    assert "nobody is there to be asked" in said(nobody.output)
    code, output = answered(world, b"n\n", verb=("ledger", "accept-target"))
    assert code == Exit.DONE
    assert "Nothing was accepted" in output
    assert world.syncd("apply", "--yes").exit_code == Exit.TARGET
    code, output = answered(world, b"y\n", verb=("ledger", "accept-target"))
    assert code == Exit.DONE
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    assert accounts(world, "wrong.db") == ["ada.lovelace", "grace.hopper"]


def test_a_ledger_of_an_older_syncd_learns_the_store_in_its_first_run(world: World):
    """Unless that holds none of the accounts."""
    ledger = world.path / ".syncd" / "ledger.db"
    with closing(sqlite3.connect(ledger)) as rows:
        rows.execute(f"DELETE FROM {TARGETS.name}")
        rows.commit()
    lead_to(world, "wrong.db")
    hire(world, "newcomer")
    for _ in range(2):
        assert world.syncd("apply", "--yes").exit_code == Exit.TARGET
    lead_to(world, "store.db")
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    lead_to(world, "wrong.db")
    refused = world.syncd("apply", "--yes")
    assert "the 3 accounts that syncd keeps there are in sql" in said(refused.stderr)


def test_where_nothing_is_kept_yet_any_store_is_as_good(tmp_path: Path):
    """Who corrects a slip before anybody was made need not say anything."""
    world = small_world(tmp_path)
    people = (tmp_path / "people.yaml").read_text()
    world.write("people.yaml", "users: []")
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    lead_to(world, "other.db")
    world.write("people.yaml", people)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    assert accounts(world, "other.db") == ["ada.lovelace", "grace.hopper"]
