"""What a real daemon tells: its log, line by line, and messages to a real webhook."""

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest

from syncd.ledger import open_ledger
from syncd.ledger.approvals import Signature
from tests.daemon.supervised import ADA
from tests.servers.http_server import serving

JSON = {"format": "json"}


def events(daemon):
    return [json.loads(line) for line in daemon.written.splitlines()]


def test_each_line_of_its_log_is_an_event(place, start):
    """From its start to its end, in JSON; a change has its sync, run, key and values."""
    place.configure(log=JSON)
    daemon = start().ready()
    daemon.wait(lambda: place.runs() == ["done"], "the first run")
    daemon.stop()

    told = events(daemon)
    names = [one["event"] for one in told]
    assert names[-1] == "stopped"
    assert {"ready", "stopping", "lead won", "cycle begun", "change", "cycle ended"} <= set(names)
    ada = next(one for one in told if one["event"] == "change" and one["name"] == "ada")
    expected = {
        "sync": "staff",
        "run": 1,
        "op": "create",
        "kind": "user",
        "key": "people:ada",
        "outcome": "done",
    }
    assert {name: ada.get(name) for name in expected} == expected
    assert ada["after"]["email"] == "ada@example.org"


def test_a_reload_changes_what_is_logged_and_one_with_a_wrong_receiver_is_refused(place, start):
    """The old settings stay in force; the URL is quoted nowhere."""
    place.configure(log=JSON)
    daemon = start().ready()
    daemon.wait(lambda: place.runs() == ["done"], "the first run")
    place.configure(log={"format": "console"}, notify={"to": ["slak://pl4nted-token"]})
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait(lambda: "reload refused" in daemon.written, "the refusal")
    place.configure(log={"format": "console"})
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait(lambda: "notice  reloaded" in daemon.written, "the reload")

    refused = next(json.loads(line) for line in daemon.written.splitlines() if "refused" in line)
    assert refused["error"].startswith("notify.to[0]: Apprise does not understand this slak:// URL")
    assert "pl4nted" not in daemon.written + "".join(daemon.words("STATUS"))


@pytest.mark.usefixtures("place")
def test_a_wrong_receiver_ends_it_before_it_is_ready(start):
    """With its place in the settings, and the exit code for that."""
    code, out = start(SYNCD_NOTIFY__TO="slak://pl4nted-token").ended()

    assert code == 2
    assert "notify.to[0]: Apprise does not understand this slak:// URL" in out
    assert "pl4nted" not in out


def test_a_failure_and_its_end_are_told_once_over_restarts(place, start):
    """The first of many failures, and the first success."""
    with serving() as server:
        environ = {"SYNCD_NOTIFY__TO": f"json://127.0.0.1:{server.port}/pl4nted-token"}
        place.configure(
            {"every": "1h", "back_off": {"first": "1s", "most": "1s"}}, notify={"after_failures": 2}
        )
        people = (place.path / "people.yaml").read_text()
        (place.path / "people.yaml").write_text("users: [")

        def titles():
            return [json.loads(request.body)["title"] for request in server.requests]

        first = start(**environ).ready()
        first.wait(lambda: first.written.count("error   failed") >= 4, "four failures")
        first.wait(lambda: "message sent" in first.written, "the message")
        first.stop()
        second = start(**environ).ready()
        second.wait(lambda: second.written.count("error   failed") >= 2, "more failures")
        (place.path / "people.yaml").write_text(people)
        second.wait(lambda: "message sent" in second.written, "the end")
        second.stop()

    assert titles() == ["syncd: staff: failing: source failed", "syncd: staff: works again"]
    assert "pl4nted" not in first.written + second.written


def test_what_is_held_is_told_once_by_the_digest_that_an_approval_takes(place, start):
    """After which it is done, and nobody is told anything."""
    with serving() as server:
        environ = {"SYNCD_NOTIFY__TO": f"json://127.0.0.1:{server.port}"}
        place.configure({"every": "1s"})
        budget = {"user.suspend": {"count": 0, "minimum": 0}}
        place.settings["syncs"]["staff"]["policy"] = {"budget": budget}
        place.write()
        daemon = start(**environ).ready()
        daemon.wait(lambda: "done" in place.runs(), "the first run")
        place.people(ADA)
        daemon.wait(lambda: server.requests, "the message")
        body = json.loads(server.requests[0].body)["message"]
        approve(place, body.partition("syncd approve ")[2].split()[0])
        daemon.wait(lambda: "op=suspend" in daemon.written, "the suspension")
        daemon.stop()

    assert "1 change waits for an approval: suspend 1 user." in body
    assert "bob" not in body
    assert len(server.requests) == 1


def approve(place, digest):
    ledger = open_ledger(place.ledger_url, write=True)
    try:
        plan, now = ledger.desk.plan(digest), datetime.now(UTC)
        ledger.desk.approve(plan, Signature("ops", now, now + timedelta(hours=1)))
    finally:
        ledger.close()
