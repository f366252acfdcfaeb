"""Messages as they arrive: by a real webhook and in a real mail, at least once, and never in the
way of a cycle."""

import json
import logging
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from pydantic import SecretStr

from syncd.config.running import NotifySettings
from syncd.core.model import Key, Kind, Op
from syncd.core.plan import Change, Plan, Problem, Refusal
from syncd.daemon.delivery import Pace
from syncd.daemon.messenger import Messenger
from syncd.daemon.receivers import receivers
from syncd.daemon.wording import trial
from syncd.errors import ConfigError
from syncd.ledger import Ledger, open_ledger
from tests.daemon.logged import AT, logged, standing
from tests.servers.http_server import Close, Late, answer, serving
from tests.servers.smtp_server import mail_server
from tests.shell.command import small_world

SOON = Pace(first=0.02, most=0.05, tries=4)
PASSWORD = "pl4nted-passw0rd"


class Heard:
    """A listener that keeps what the log would be told."""

    def __init__(self):
        self.events: list[tuple[str, dict]] = []

    def __call__(self, event, **words):
        self.events.append((event, words))

    def names(self):
        return [name for name, _ in self.events]


@contextmanager
def messenger(ledger, *urls, settings=None, pace=SOON):
    """A messenger, what it was heard to say as `heard`, and a cycle as `cycle`."""
    heard = Heard()
    chosen = settings or NotifySettings(to=urls)
    made = Messenger(ledger.desk, chosen, receivers(chosen.to or map(SecretStr, urls)), heard, pace)
    made.heard = heard
    try:
        yield made
    finally:
        made.close(2)


@pytest.fixture
def ledger(tmp_path):
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", write=True)
    yield ledger
    ledger.close()


def cycle(ledger: Ledger, messenger: Messenger, now=None, held=(), conflicts=()):
    """As the engine and the daemon do it: the plan and the standing are kept, then it is told of."""
    now = now or standing()
    if held or conflicts:
        refusals = tuple(
            Refusal(Change(Op.DELETE, Kind.USER, Key(f"p:{name}"), name), "over 5") for name in held
        )
        problems = tuple(Problem(Kind.USER, Key(f"p:{name}"), name, "taken") for name in conflicts)
        plan = Plan(
            sync="wiki", target="store", created=AT, config="c", held=refusals, conflicts=problems
        )
        run = ledger.begin_run("wiki", plan, AT)
        ledger.desk.keep_plan(run, plan, AT)
        counts = {"user.delete": len(held)} if held else {}
        now = replace(now, digest=plan.digest, run=run, held=counts, conflicts=len(conflicts))
    ledger.desk.stand(now)
    messenger.cycle_ended(None, ledger.desk.standing("wiki"), 1.0)


def eventually(true, seconds=10.0):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)


def webhook(server):
    return f"json://127.0.0.1:{server.port}/hook"


def titles(server):
    return [json.loads(request.body)["title"] for request in server.requests]


def told(ledger):
    return set(ledger.desk.standing("wiki").told)


FAILING = standing(outcome="target failed", failures=3, failing_since=AT, trouble=PASSWORD)


def test_a_webhook_gets_each_event_once(ledger):
    """As JSON, with title and words, while cycles go on."""
    with serving() as server, messenger(ledger, webhook(server)) as ours:
        for _ in range(5):
            cycle(ledger, ours, held=["ada", "ben"], conflicts=["cid"])
        eventually(lambda: told(ledger) == {"held", "conflict"})
        cycle(ledger, ours, FAILING)
        eventually(lambda: "failing" in told(ledger))
        cycle(ledger, ours)
        eventually(lambda: told(ledger) == set() and len(titles(server)) >= 4)

    assert sorted(titles(server)) == [
        "syncd: wiki: 1 conflict",
        "syncd: wiki: 2 changes held",
        "syncd: wiki: failing: target failed",
        "syncd: wiki: works again",
    ]
    assert titles(server)[2:] == ["syncd: wiki: failing: target failed", "syncd: wiki: works again"]
    assert json.loads(server.requests[2].body)["type"] == "failure"
    assert PASSWORD not in "".join(request.body.decode() for request in server.requests)


def test_a_mail_arrives_by_plain_smtp(ledger):
    """To whom the URL says, with the title as its subject."""
    with mail_server(ada=PASSWORD) as server:
        url = f"mailto://ada:{PASSWORD}@127.0.0.1:{server.port}?from=syncd@example.org&to=ops@example.org"
        with messenger(ledger, url) as ours:
            cycle(ledger, ours, held=["ben"])
            eventually(lambda: told(ledger) == {"held"})

    (mail,) = server.mails
    assert mail["subject"] == "syncd: wiki: 1 change held"
    assert server.recipients == ["TO:<ops@example.org>"]
    assert "If it is meant: syncd approve" in mail.get_body().get_content()
    assert PASSWORD not in mail.as_string()


def test_neither_a_restart_nor_the_other_daemon_tells_anything_again(ledger):
    """The ledger has what was told."""
    with serving() as server:
        for _ in range(3):
            with messenger(ledger, webhook(server)) as ours:
                cycle(ledger, ours, held=["ada"])
                eventually(lambda: told(ledger) == {"held"})
                cycle(ledger, ours, held=["ada"])
    assert len(server.requests) == 1


def test_who_dies_with_a_message_in_hand_leaves_it_to_the_next(ledger):
    """At least once: the event is not told in the ledger before the receiver has its message."""
    slow = Pace(first=60, tries=4)
    with serving(answer(503)) as server:
        with messenger(ledger, webhook(server), pace=slow) as first:
            cycle(ledger, first, held=["ada"])
            eventually(lambda: first.heard.names() == ["message_failed"])
        assert told(ledger) == set()
        with messenger(ledger, webhook(server)) as second:
            cycle(ledger, second, held=["ada"])
            eventually(lambda: told(ledger) == {"held"})

    assert len(server.requests) == 2


def test_a_message_is_tried_again_and_in_order(ledger):
    """After a pause that doubles; a recovery never comes before the failure."""
    with (
        serving(answer(500), Close(reset=True), answer(429)) as server,
        messenger(ledger, webhook(server)) as ours,
    ):
        cycle(ledger, ours, FAILING)
        cycle(ledger, ours)
        eventually(lambda: ours.heard.names().count("message_sent") == 2)
        eventually(lambda: told(ledger) == set())

    assert titles(server)[2:] == [
        *["syncd: wiki: failing: target failed"] * 2,
        "syncd: wiki: works again",
    ]
    assert ours.heard.names() == ["message_failed"] * 3 + ["message_sent"] * 2


def test_who_cannot_be_reached_is_given_up_and_the_others_are_not_kept_waiting(ledger):
    """So many tries and no more, and the event counts as told."""
    with (
        serving(usual=answer(500)) as broken,
        serving() as good,
        messenger(ledger, webhook(broken), webhook(good)) as ours,
    ):
        cycle(ledger, ours, held=["ada"])
        eventually(lambda: "message_dropped" in ours.heard.names())
        eventually(lambda: told(ledger) == {"held"})
        cycle(ledger, ours, held=["ada"])

    assert (len(broken.requests), len(good.requests)) == (SOON.tries, 1)
    assert ours.heard.names()[:2] in (
        ["message_failed", "message_sent"],
        ["message_sent", "message_failed"],
    )
    assert ours.heard.events[-1][1]["to"] == "json (1 of 2)"


def test_a_cycle_never_waits_for_a_receiver(ledger):
    """One that takes its time, or never answers."""
    with serving(usual=Late(3.0)) as server:
        url = f"{webhook(server)}?rto=0.3"
        with messenger(ledger, url) as ours:
            began = time.monotonic()
            for number in range(20):
                cycle(ledger, ours, held=list(map(str, range(number + 1))))
            spent = time.monotonic() - began
            eventually(lambda: "message_failed" in ours.heard.names())
        assert spent < 5


def test_what_is_over_before_its_message_went_out_is_over(ledger):
    """And is told of again when it comes back."""
    with serving(*[answer(500)] * 3) as server, messenger(ledger, webhook(server)) as ours:
        cycle(ledger, ours, held=["ada"])
        cycle(ledger, ours)
        eventually(lambda: "message_sent" in ours.heard.names())
        assert told(ledger) == set()
        cycle(ledger, ours, held=["ada"])
        eventually(lambda: ours.heard.names().count("message_sent") == 2)
        eventually(lambda: told(ledger) == {"held"})


def test_a_ledger_that_is_out_of_reach_breaks_no_cycle(ledger):
    """It is told of by the log; once the ledger can be written, it knows what was told."""
    with serving() as server, messenger(ledger, webhook(server)) as ours:
        now = replace(FAILING, held={})
        ours.cycle_ended(None, now, 1.0)  # the standing is not in the ledger
        eventually(lambda: "message_sent" in ours.heard.names())
        for _ in range(3):
            cycle(ledger, ours, replace(FAILING, failures=4))
        eventually(lambda: "failing" in told(ledger))

    assert len(server.requests) == 1


def test_a_standing_of_before_a_delivery_tells_nothing_again(ledger):
    """A cycle reads how the sync stands while the post's thread writes that all have the message."""
    with serving() as server, messenger(ledger, webhook(server)) as ours:
        ledger.desk.stand(FAILING)
        before = ledger.desk.standing("wiki")
        ours.cycle_ended(None, before, 1.0)
        eventually(lambda: "failing" in told(ledger))
        ours.cycle_ended(None, before, 1.0)
        cycle(ledger, ours, replace(FAILING, failures=4))

    assert len(server.requests) == 1


def test_after_a_reload_others_are_told(ledger):
    """What waits for one that is gone is given up, and what is told stays told."""
    with (
        serving(usual=answer(500)) as old,
        serving() as new,
        messenger(ledger, webhook(old), pace=Pace(first=60)) as ours,
    ):
        cycle(ledger, ours, held=["ada"])
        eventually(lambda: ours.heard.names() == ["message_failed"])
        settings = NotifySettings(to=(webhook(new),))
        ours.follow(settings, receivers(settings.to))
        eventually(lambda: told(ledger) == {"held"})
        cycle(ledger, ours, held=["ada"], conflicts=["ben"])
        eventually(lambda: told(ledger) == {"held", "conflict"})
    assert titles(new) == ["syncd: wiki: 1 conflict"]


def test_when_the_lead_is_lost_the_other_daemons_word_counts(ledger):
    """It knows what is over meanwhile."""
    with (
        serving(usual=answer(500)) as server,
        messenger(ledger, webhook(server), pace=Pace(first=60)) as ours,
    ):
        cycle(ledger, ours, held=["ada"])
        eventually(lambda: ours.heard.names() == ["message_failed"])
        ours.happened("lead_lost", why="")
        assert ours._told(standing()) == {}


def test_what_was_told_is_not_undone_by_a_cycle_that_began_before(ledger):
    """Such a cycle writes the standing with what was told when it began."""
    ledger.desk.stand(standing())
    ledger.desk.tell("wiki", {"held": "1", "conflict": "2"})
    ledger.desk.stand(standing(run=2))
    ledger.desk.tell("wiki", {"held": None})

    assert ledger.desk.standing("wiki") == standing(run=2, told={"conflict": "2"})


def test_telling_and_cycles_never_undo_each_other(any_ledger):
    """From several threads at once, in SQLite and PostgreSQL."""
    desk, runs = any_ledger.desk, 40
    desk.stand(standing())

    def tell(event, number):
        while not desk.tell("wiki", {event: str(number)}):
            pass

    def stand(_, number):
        desk.stand(standing(run=number, told={"stale": "1"}))

    def each(work, event):
        for number in range(runs):
            work(event, number)

    with ThreadPoolExecutor() as threads:
        done = [threads.submit(each, *one) for one in [(tell, "a"), (tell, "b"), (stand, "")]]
    assert [one.exception() for one in done] == [None] * 3
    assert desk.standing("wiki") == standing(run=runs - 1, told={"a": "39", "b": "39"})


@pytest.fixture(params=["sqlite", "postgresql"])
def any_ledger(request, tmp_path):
    url, password = f"sqlite:///{tmp_path / 'ledger.db'}", None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
        url, password = server.url, SecretStr(server.password)
    ledger = open_ledger(url, password, write=True)
    yield ledger
    ledger.close()


WRONG = [
    ("slak://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "does not understand this slak:// URL"),
    ("TIiajkdnlazkcOXrIdevi7FQ", "is no URL"),
    ("msteams://pl4nted", "does not understand this msteams:// URL"),
]


@pytest.mark.parametrize(("url", "words"), WRONG)
def test_a_url_that_is_not_understood_is_named_by_its_place_and_not_quoted(url, words, capfd):
    """The mistake is told, the URL nowhere, not even by Apprise."""
    good = SecretStr("json://127.0.0.1:9/x")
    with logged() as log, pytest.raises(ConfigError) as raised:
        receivers([good, SecretStr(url)])

    (problem,) = raised.value.problems
    assert problem.startswith(f"notify.to[1]: {'' if '//' not in url else 'Apprise '}{words}")
    output = "".join(capfd.readouterr()) + log.text + str(raised.value)
    for part in url.replace("//", "/").split("/")[1:] or [url]:
        assert part not in output


def test_each_url_of_the_documentation_is_understood():
    """With names and tokens of the right shape in it; none of them is sent to."""
    page = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()
    shapes = {
        "TOKEN_A/TOKEN_B/TOKEN_C": "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "TOKEN": "3ccdd113474722377935511fc85d3dd4",
    }
    urls = re.findall(r"^\|.*\| `(\w+://[^`]+)`", page, re.MULTILINE)
    for word, shape in shapes.items():
        urls = [url.replace(word, shape) for url in urls]

    names = [one.name for one in receivers(list(map(SecretStr, urls)))]
    assert [name.split()[0] for name in names] == [
        "mailtos",
        "mailtos",
        "mailto",
        "slack",
        "workflows",
        "matrixs",
        "mmosts",
        "jsons",
    ]


def test_without_apprise_the_extra_is_named(monkeypatch):
    """At the start, and not when there is something to tell."""
    monkeypatch.setitem(sys.modules, "apprise", None)

    with pytest.raises(ConfigError, match=r"pip install 'syncd\[notify\]'"):
        receivers([SecretStr("json://127.0.0.1:9")])
    assert receivers([]) == []


def test_what_went_wrong_is_told_without_any_part_of_the_url(capfd):
    """A refused password, a host that is not there, an answer that quotes the URL."""
    token = "T1JJ3-pl4nted"
    with (
        mail_server(ada="another") as mail,
        serving(usual=answer(403, token.encode())) as server,
        logged() as log,
    ):
        urls = [
            f"mailto://ada:{PASSWORD}@127.0.0.1:{mail.port}?from=a@example.org&to=b@example.org",
            f"json://ada:{PASSWORD}@127.0.0.1:{server.port}/{token}?-X-Token={token}",
            f"json://ada:{PASSWORD}@127.0.0.1:1/{token}",
        ]
        logging.getLogger("apprise").setLevel(logging.DEBUG)
        for receiver in receivers(list(map(SecretStr, urls))):
            trouble = receiver.send(trial(NotifySettings()), None)
            log.voice.happened("message_failed", to=receiver.name, error=trouble)

    failed = [one for one in log.events if one["event"] == "message failed"]
    assert [one["to"] for one in failed] == ["mailto (1 of 3)", "json (2 of 3)", "json (3 of 3)"]
    assert all(one["error"] for one in failed)
    output = log.text + "".join(capfd.readouterr())
    for part in (PASSWORD, token, "127.0.0.1"):
        assert part not in output


def test_the_command_sends_one_message_to_each(tmp_path):
    """With a URL from the environment, as with a credential; its exit code tells of failures."""
    world = small_world(tmp_path)
    with serving() as good, serving(usual=answer(500)) as bad:
        none = world.run("notify-test")
        done = world.run("notify-test", SYNCD_NOTIFY__TO=webhook(good))
        urls = f"{webhook(good)} json://ada:{PASSWORD}@127.0.0.1:{bad.port}"
        some = world.run("notify-test", SYNCD_NOTIFY__TO=urls)

    assert (none.returncode, done.returncode, some.returncode) == (2, 0, 4)
    assert "notify.to has no URL" in none.stderr
    assert done.stderr == "✓ json (1 of 1): sent\n"
    assert some.stderr.splitlines()[0] == "✓ json (1 of 2): sent"
    assert some.stderr.splitlines()[1].startswith("✗ json (2 of 2): ")
    assert PASSWORD not in some.stderr
    assert titles(good) == ["syncd: a test"] * 2
