"""The daemon as its supervisor sees it: ready, in words, reloaded, stopped."""

import os
import signal
from contextlib import closing
from datetime import UTC, datetime, timedelta

from syncd.ledger import Daemon, open_ledger
from tests.daemon.supervised import ADA, BOB, Place

EVE = {"id": "eve", "user_name": "eve", "email": "eve@example.org"}


def test_it_is_ready_when_configuration_and_ledger_were_read_and_runs_at_once(place, start):
    """Who waits for it knows that it works, and the status says what became of the first run."""
    daemon = start().ready()
    daemon.wait(lambda: "2 changes applied" in daemon.status, "the first run")
    assert place.runs() == ["done"]
    code, out = daemon.stop()
    assert code == 0
    assert "Traceback" not in out
    assert daemon.words("STOPPING") == ["1"]


def test_a_wrong_configuration_ends_it_before_it_is_ready(place, start):
    """With all that is wrong, and the exit code for that."""
    place.configure(colour="blue")
    code, out = start().ended()
    assert code == 2
    assert "colour: is not known here" in out


def test_it_runs_again_and_again(place, start):
    """One run after the other, each with its end."""
    place.configure({"every": "1s"})
    daemon = start().ready()
    daemon.wait(lambda: len(place.runs()) >= 3, "three runs")
    daemon.stop()
    assert set(place.runs()) == {"done"}


def test_at_start_false_waits_for_its_time(place, start):
    """Nothing runs because somebody restarts the service."""
    place.configure({"every": "1h", "at_start": False})
    daemon = start().ready()
    assert daemon.status == "staff: has not run yet"
    daemon.stop()
    assert place.runs() == []


def test_a_signal_runs_all_now(place, start):
    """And what has changed meanwhile is done."""
    daemon = start().ready()
    daemon.wait(lambda: place.runs() == ["done"], "the first run")
    place.people(ADA, BOB, EVE)
    daemon.process.send_signal(signal.SIGUSR1)
    daemon.wait(lambda: "1 change applied" in daemon.status, "the second run")


def test_somebody_who_asks_gets_the_outcome(place, start):
    """`run-now --wait` ends with it; without a daemon it says so at once."""
    refused = place.syncd("run-now", "staff")
    assert refused.returncode == 2
    assert "no daemon leads" in refused.stderr
    daemon = start().ready()
    daemon.wait(lambda: place.runs() == ["done"], "the first run")
    asked = place.syncd("run-now", "staff", "--wait")
    assert (asked.returncode, asked.stderr) == (0, "staff: done\n")
    assert place.runs() == ["done", "done"]


def test_who_asks_a_daemon_that_was_killed_learns_that_there_is_none(place):
    """Its last word, that it leads, is a while old."""
    with closing(open_ledger(place.ledger_url, write=True)) as ledger:
        before = datetime.now(UTC) - timedelta(minutes=2)
        ledger.desk.see(Daemon("pid 1 on dead", "0", before, before, leads=True))
    refused = place.syncd("run-now", "staff")
    assert refused.returncode == 2
    assert "no daemon leads" in refused.stderr
    shown = place.syncd("status")
    assert "pid 1 on dead is silent" in shown.stdout


def test_a_disabled_sync_runs_once_for_who_names_it(place, start):
    """It is in no schedule before and after."""
    place.configure()
    place.settings["syncs"]["staff"]["enabled"] = False
    place.write()
    daemon = start().ready()
    assert place.runs() == []
    assert place.syncd("run-now", "staff", "--wait").returncode == 0
    assert place.runs() == ["done"]
    daemon.stop()


def test_a_reload_takes_the_new_configuration_whole(place, start):
    """RELOADING comes before and READY after it; a new schedule holds from now on."""
    daemon = start().ready()
    daemon.wait(lambda: place.runs() == ["done"], "the first run")
    place.configure({"every": "1s"})
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait(lambda: len(daemon.words("READY")) == 2, "the second READY")
    assert daemon.words("RELOADING") == ["1"]
    assert daemon.words("MONOTONIC_USEC")[0].isdigit()
    daemon.wait(lambda: len(place.runs()) >= 3, "the new schedule")


def test_a_bad_configuration_is_refused_and_the_old_one_stays(place, start):
    """The status says so, and the service goes on."""
    place.configure({"every": "1s"})
    daemon = start().ready()
    daemon.wait(place.runs, "the first run")
    (place.path / "config.yaml").write_text("syncs: {staff: {sources: [nobody]}}")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait(lambda: "a reload was refused: " in daemon.status, "the refusal")
    before = len(place.runs())
    daemon.wait(lambda: len(place.runs()) > before, "another run")
    place.configure({"every": "1s"})
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait(lambda: "refused" not in daemon.status, "the mended configuration")


def test_a_reload_cannot_move_the_ledger(place, start):
    """That is said, and needs a restart."""
    daemon = start().ready()
    place.configure(state_directory="elsewhere")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait(lambda: "must be restarted" in daemon.status, "the refusal")
    assert not (place.path / "elsewhere").exists()


def test_syncs_come_and_go_with_a_reload(place, start):
    """A new one runs at once, one that was taken out no more."""
    daemon = start().ready()
    daemon.wait(lambda: place.runs() == ["done"], "the first run")
    place.settings["targets"]["other"] = {"type": "sql", "url": "sqlite:///other.db"}
    place.settings["syncs"] = {
        "other": {"sources": ["people"], "target": "other", "schedule": {"every": "1h"}}
    }
    place.write()
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait(lambda: daemon.status.startswith("other: 2 changes applied"), "the new sync")
    assert place.runs() == ["done"]


def test_the_watchdog_hears_of_it_as_often_as_it_must(start):
    """At least twice within its time."""
    daemon = start(WATCHDOG_USEC="4000000").ready()
    daemon.wait(lambda: len(daemon.words("WATCHDOG")) >= 4, "signs of life", 6.0)


def test_a_watchdog_that_is_another_process_is_not_ours(place, start):
    """systemd names whom it expects to hear of (sd_watchdog_enabled(3))."""
    daemon = start(WATCHDOG_USEC="1000000", WATCHDOG_PID=str(os.getpid())).ready()
    daemon.wait(lambda: place.runs() == ["done"], "the first run")
    assert daemon.words("WATCHDOG") == []


def test_a_second_daemon_waits_and_takes_over(place, start):
    """It says who leads, and leads when that one is killed."""
    first = start().ready()
    first.wait(lambda: place.runs() == ["done"], "the first run")
    second = start().ready()
    second.wait(lambda: f"waiting: pid {first.process.pid}" in second.status, "who leads")
    assert place.runs() == ["done"]
    first.process.kill()
    second.wait(lambda: "nothing to change" in second.status, "taking over", 8.0)
    assert place.runs() == ["done", "done"]


def test_a_second_daemon_ends_where_it_was_told_to(place, start):
    """It says who leads."""
    first = start().ready()
    first.wait(lambda: place.runs() == ["done"], "the first run")
    place.configure(daemon={"when_locked": "exit"})
    code, out = start().ended()
    assert code == 4
    assert f"another daemon leads: pid {first.process.pid}" in out


def test_a_source_that_is_down_is_tried_again_after_ever_longer_pauses(place: Place, start):
    """The first success brings the schedule back."""
    place.configure({"every": "1s", "back_off": {"first": "2s", "most": "3s"}})
    daemon = start().ready()
    daemon.wait(place.runs, "the first run")
    people = (place.path / "people.yaml").read_text()
    (place.path / "people.yaml").unlink()
    daemon.wait(lambda: "source failed" in daemon.status, "the failure")
    daemon.wait(lambda: "2 times in a row; next try in" in daemon.status, "the second failure")
    (place.path / "people.yaml").write_text(people)
    daemon.wait(lambda: "nothing to change" in daemon.status, "the recovery")
    with place.ledger() as ledger:
        standing = ledger.desk.standing("staff")
    assert standing is not None
    assert (standing.failures, standing.failing_since) == (0, None)
    before = len(place.runs())
    daemon.wait(lambda: len(place.runs()) >= before + 2, "the usual schedule", 5.0)


def test_ctrl_c_ends_it_as_a_service_manager_does(place, start):
    """For who tries it in a terminal."""
    daemon = start().ready()
    daemon.wait(lambda: place.runs() == ["done"], "the first run")
    code, out = daemon.stop(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in out
