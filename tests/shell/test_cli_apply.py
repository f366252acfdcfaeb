"""`syncd apply`: asks before it writes, says what became of it, and ends well when it is interrupted."""

import os
import pty
import signal
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest

from syncd.cli.failures import Interrupted
from syncd.cli.signals import Stop
from syncd.config.identity import _here
from syncd.ledger import open_ledger
from syncd.report import Exit
from tests.shell.command import PEOPLE, World, answered, small_world


@pytest.fixture
def world(tmp_path) -> World:
    return small_world(tmp_path)


def logins(world: World) -> list[str]:
    """Who is in the store."""
    with closing(sqlite3.connect(world.path / "store.db")) as store:
        return [name for (name,) in store.execute("SELECT user_name FROM users ORDER BY 1")]


def until(condition, seconds: float = 20) -> None:
    """Polls; fails when it takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_after_an_apply_the_next_plan_is_empty(world: World):
    """What was done is said, and nothing is left to do."""
    result = world.syncd("apply", "--yes")

    assert result.exit_code == Exit.DONE
    lines = result.stdout.splitlines()
    done = "5 changes done: created 2 users, created 1 group, added 2 members"
    assert any(line.startswith("run 1, ") and line.endswith(done) for line in lines)
    assert "The target is as it should be: the next plan is empty." in lines
    assert "Nothing to change" in world.syncd("plan").stdout.splitlines()


def test_where_nobody_can_be_asked_nothing_is_begun(world: World):
    """Without a terminal and without --yes it stops before anything is read or made."""
    world.write("people.yaml", "this: is broken")

    result = world.run("apply")

    assert (result.returncode, result.stdout) == (Exit.CONFIG, "")
    assert result.stderr.startswith("nobody is there to be asked: ")
    assert not (world.path / ".syncd").exists()


def test_the_question_is_asked_and_a_no_changes_nothing(world: World):
    """Anything but a yes is a no."""
    code, output = answered(world, b"nay\n")

    assert code == Exit.DONE
    assert "Apply these 5 changes to store? [y/N]" in output
    assert "Nothing was applied." in output
    assert not (world.path / "store.db").exists()


def test_a_yes_applies_the_plan_that_was_shown(world: World):
    """The answer of one letter is enough."""
    code, output = answered(world, b"y\n")

    assert (code, logins(world)) == (Exit.DONE, ["ada.lovelace", "grace.hopper"])
    assert output.index("[y/N]") < output.index("5 changes done")


def test_with_nothing_to_do_nothing_is_asked(world: World):
    """A second apply on a terminal ends by itself."""
    world.syncd("apply", "--yes")

    code, output = answered(world, b"")

    assert (code, "Nothing to change" in output, "[y/N]" in output) == (Exit.DONE, True, False)


def test_a_saved_plan_is_applied_as_it_was_reviewed(world: World):
    """What came up since waits for the next plan."""
    plan = str(world.path / "plan.json")
    said = world.syncd("plan", "--out", plan).stderr
    assert said == f"written to {plan}; `syncd apply {plan}` runs what of it still fits\n"
    world.write("people.yaml", PEOPLE.replace("users:", "users:\n  - {id: zoe}"))

    result = world.syncd("apply", plan, "--yes")

    assert result.exit_code == Exit.DONE
    assert logins(world) == ["ada.lovelace", "grace.hopper"]
    assert result.stdout.splitlines()[-2:] == ["Plan again to see what is left.", ""]


def test_what_moved_since_the_plan_was_saved_is_refused(world: World):
    """A change that is not what it was when it was reviewed does not run."""
    plan = str(world.path / "plan.json")
    world.syncd("plan", "--out", plan)
    world.write("people.yaml", PEOPLE.replace("Countess", "Queen"))

    result = world.syncd("apply", plan, "--yes")

    words = " ".join(result.stdout.split())
    assert "moved since the plan was made: it is as it was in the target, and what" in words
    assert logins(world) == ["grace.hopper"]


def test_a_saved_plan_is_all_or_nothing_where_that_is_asked_for(world: World):
    """What moved is listed, nothing is changed, and the exit code says that somebody must look."""
    plan = str(world.path / "plan.json")
    world.syncd("plan", "--out", plan)
    world.write("people.yaml", PEOPLE.replace("Countess", "Queen"))

    result = world.syncd("apply", plan, "--yes", "--strict")

    assert result.exit_code == Exit.HELD
    assert not (world.path / "store.db").exists()
    assert "moved since the plan was made" in result.stdout
    assert "--strict is all or nothing. Plan again." in " ".join(result.stderr.split())
    assert world.syncd("history").stdout.startswith("No run yet")

    world.write("people.yaml", PEOPLE)
    assert world.syncd("apply", plan, "--yes", "--strict").exit_code == Exit.DONE
    assert logins(world) == ["ada.lovelace", "grace.hopper"]


def test_strict_is_about_a_saved_plan(world: World):
    """A plan that is made now is what it is."""
    result = world.syncd("apply", "--yes", "--strict")

    assert result.exit_code == Exit.CONFIG
    assert "--strict is about a saved plan" in " ".join(result.stderr.split())


def test_a_plan_runs_on_no_other_store_of_the_same_name(world: World, tmp_path_factory):
    """The same configuration in another directory means another file."""
    plan = str(world.path / "plan.json")
    world.syncd("plan", "--out", plan)
    other = small_world(tmp_path_factory.mktemp("other"))

    result = other.syncd("apply", plan, "--yes")

    assert result.exit_code == Exit.CONFIG
    (complaint,) = result.stderr.splitlines()
    assert complaint == (
        f"the plan was made for the target at sql sqlite:///{world.path}/store.db {_here()}, "
        f"this is sql sqlite:///{other.path}/store.db {_here()}; plan again"
    )
    assert not (other.path / "store.db").exists()


def test_an_edited_plan_file_is_not_applied(world: World):
    """It is refused before anything is read or made."""
    plan = world.path / "plan.json"
    world.syncd("plan", "--out", str(plan))
    plan.write_text(plan.read_text().replace("Countess", "Queen"))

    result = world.syncd("apply", str(plan), "--yes")

    assert result.exit_code == Exit.CONFIG
    assert result.stderr.startswith(f"{plan} was changed after it was made: ")
    assert not (world.path / "store.db").exists()


def test_a_plan_file_is_of_the_sync_that_is_named(world: World):
    """A contradiction is a usage error."""
    plan = str(world.path / "plan.json")
    world.syncd("plan", "--out", plan)

    result = world.syncd("apply", plan, "--sync", "other", "--yes")

    assert (result.exit_code, result.stderr) == (
        Exit.CONFIG,
        f"{plan} is a plan of the sync main, not other\n",
    )


def test_a_target_that_cannot_be_reached_is_its_own_exit_code(world: World):
    """One line that names the file, no traceback."""
    (world.path / "store.db").write_bytes(
        b"this is no database, and longer than a page's header" * 99
    )

    result = world.syncd("apply", "--yes")

    assert result.exit_code == Exit.TARGET
    assert len(result.stderr.splitlines()) == 1
    assert str(world.path / "store.db") in result.stderr


def test_a_second_run_at_the_same_time_is_told_who_is_first(world: World):
    """Nothing is read, and the message says which process holds the sync."""
    url = f"sqlite:///{world.path}/.syncd/ledger.db"
    with closing(open_ledger(url, write=True)) as ledger, ledger.lock("main"):
        result = world.run("apply", "--yes")

    assert result.returncode == Exit.TARGET
    assert f"pid {os.getpid()}" in result.stderr


def many(number: int) -> str:
    return "\n".join(["users:", *(f"  - {{id: u{one:04}}}" for one in range(number))])


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_apply_finishes_the_change_in_hand(world: World, signum):
    """The batch under way is written and known, the rest is not begun, and the next run does it."""
    world.write("people.yaml", many(2))
    world.syncd("apply", "--yes")
    world.write("people.yaml", many(1202))
    with closing(sqlite3.connect(world.path / "store.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # the apply's first write waits for this
        with subprocess.Popen(
            world.command("apply", "--yes"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "SYNCD_TARGETS__STORE__BATCH_SIZE": "500"},
        ) as process:
            until(lambda: begun(world) > 0)
            process.send_signal(signum)
            time.sleep(0.1)  # the signal reaches the process while it waits in the database
            other.execute("ROLLBACK")
            output, errors = process.communicate(timeout=60)

    assert process.returncode == 128 + signum
    assert errors.count("finishing the change in hand") == 1
    assert "Not begun (700)  stopped on request" in output.splitlines()
    assert (len(logins(world)), begun(world)) == (2 + 500, 0)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    assert len(logins(world)) == 2 + 1200


def begun(world: World) -> int:
    """Lines of the journal without an end."""
    with closing(sqlite3.connect(world.path / ".syncd" / "ledger.db")) as ledger:
        (number,) = ledger.execute("SELECT coalesce(sum(open), 0) FROM ledger_batches").fetchone()
    return number


def test_an_interrupt_before_the_first_write_ends_at_once(world: World):
    """At the question nothing was written yet, and the exit code is the shell's."""
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        world.command("apply"), stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, text=True
    ) as process:
        asked = b""
        while b"Nothing" not in asked and b"add 2 members" not in asked:
            asked += os.read(terminal, 4096)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    os.close(terminal)
    os.close(theirs)

    assert process.returncode == 128 + signal.SIGINT
    assert errors.endswith("interrupted; nothing was written\n")
    assert not (world.path / "store.db").exists()


def test_a_second_signal_breaks_off(capfd):
    """The first asks to stop, the second does not wait for it."""
    with Stop() as stop:
        stop.writing = True
        signal.raise_signal(signal.SIGINT)
        asked = stop()
        with pytest.raises(Interrupted, match="the journal has it") as second:
            signal.raise_signal(signal.SIGTERM)

    assert (asked, second.value.exit_code) == (True, 128 + signal.SIGTERM)
    assert capfd.readouterr().err == "\nfinishing the change in hand; once more to break off\n"
