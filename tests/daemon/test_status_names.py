"""Who sees what: no name of a person is in any answer, unless the token was shown."""

from collections.abc import Iterator

import httpx
import pytest

from syncd.daemon.status import door
from tests.daemon.observed import (
    ACTION_TOKEN,
    NAMES,
    TOKEN,
    WRONG,
    Observed,
    bearer,
    observed,
)

ASKED = [
    *("/healthz", "/readyz", "/status", "/metrics", "/openapi.json", "/docs"),
    *("/runs", "/runs?sync=main", "/runs?sync=main&limit=1", "/runs?before=3"),
    *(f"/runs/{number}" for number in (1, 2, 3, 4)),
    *("/runs/1?after=3", "/runs/99", "/requests/1", "/requests/99"),
    *("/", "/ui/runs", "/ui/runs?every=1", "/ui/runs/2", "/ui/syncs/main", "/ui/session"),
    *("/ui/people", "/ui/people?q=kay"),
    *("/nowhere", "/plans/00000000"),
]

NEVER_TOLD = ["shortest@", "sealab", "Professor", "Nightwatch"]
"""What only conflicts and unmapped records have: of these no values are kept."""


@pytest.fixture
def live(tmp_path) -> Iterator[Observed]:
    made = observed(tmp_path, actions=True, action_token=ACTION_TOKEN)
    made.why_unable = "the ledger: ada.lovelace stands in the way"
    yield made
    made.ledger.close()


@pytest.fixture
def asked(live) -> list[str]:
    """Every route that tells something, of every run and every plan."""
    return [
        *ASKED,
        *(
            f"{ui}/plans/{one.digest}"
            for one in live.ledger.desk.plans("main")
            for ui in ("", "/ui")
        ),
    ]


def names_in(answer: httpx.Response) -> list[str]:
    said = answer.text + repr(sorted(answer.headers.items()))
    return [name for name in NAMES if name.lower() in said.lower()]


def test_without_the_token_no_answer_has_a_name(client, asked):
    """Neither login, mail, key, ref nor value of a field, and no words that quote one."""
    answers = {path: client.get(path) for path in asked}
    assert {answer.status_code for answer in answers.values()} == {200, 404, 503}
    assert {path: found for path in asked if (found := names_in(answers[path]))} == {}


def test_the_action_token_shows_no_name(client, asked):
    """It is for acting: whoever starts a run need not know whom it is about."""
    answers = {path: client.get(path, headers=bearer(ACTION_TOKEN)) for path in asked}
    assert {answer.status_code for answer in answers.values()} == {200, 404, 503}
    assert {path: found for path in asked if (found := names_in(answers[path]))} == {}


@pytest.mark.parametrize(
    "shown",
    [
        f"Bearer {WRONG}",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN.upper()}",
        "Bearer",
        f"Basic {TOKEN}",
        TOKEN,
        "",
    ],
)
def test_a_wrong_token_is_refused_everywhere(client, asked, shown, monkeypatch):
    """401, which is not the answer without names: who has a token should learn that it is wrong."""
    monkeypatch.setattr(door, "_FREE", 1000)
    for path in asked:
        answer = client.get(path, headers={"authorization": shown})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="syncd"'
        assert names_in(answer) == []


def test_without_a_token_in_the_settings_nobody_sees_names(client, live):
    """Not on loopback either; whatever is shown is wrong."""
    live.allow(token=None)
    assert client.get("/status").json()["names"] is False
    for shown in (TOKEN, "None", "null", "**********"):
        assert client.get("/status", headers=bearer(shown)).status_code == 401
    assert client.get("/status", headers={"authorization": "Bearer"}).status_code == 401


def test_the_token_shows_what_is_named(client, asked):
    """Here are the names that the others do not see: all of those that any route can tell."""
    told = "".join(client.get(path, headers=bearer(TOKEN)).text for path in asked)
    assert [name for name in NAMES if name not in told] == NEVER_TOLD


def test_what_is_named_is_null_without_the_token_and_the_answer_says_so(client):
    """Counts are the same for all."""
    before, after = (
        client.get("/status").json(),
        client.get("/status", headers=bearer(TOKEN)).json(),
    )
    assert (before["names"], after["names"]) == (False, True)
    blind, seen = before["syncs"][0]["last"], after["syncs"][0]["last"]
    assert (blind["trouble"], blind["withheld_why"]) == (None, None)
    assert blind["sources"]["p"]["gaps"] is None
    assert seen["trouble"] == "update of a user: grace.hopper has an unpaid bill"
    assert seen["sources"]["p"]["gaps"] == [
        "people.yaml:12: bletchley@example.org stands there twice"
    ]
    assert (blind["target"]["gaps"], seen["target"]["gaps"]) == (None, [])
    named = {"trouble", "withheld_why", "sources", "target"}
    same = blind.keys() - named
    assert {name: blind[name] for name in same} == {name: seen[name] for name in same}


def test_a_token_that_was_changed_holds_at_once(client, live):
    """As a reload of the configuration changes it."""
    live.allow(token="another-token-from-today")
    assert client.get("/status", headers=bearer(TOKEN)).status_code == 401
    assert client.get("/status", headers=bearer("another-token-from-today")).json()["names"]


def test_repeated_wrong_tokens_are_slowed_and_the_right_one_is_let_in(client):
    """Each later than the one before; nobody locks out who has the token."""
    took = [client.get("/status", headers=bearer(WRONG)).elapsed.total_seconds() for _ in range(8)]
    assert max(took[:5]) < 0.2
    assert took[5] > 0.2
    assert took[7] > took[6] > took[5]
    assert client.get("/status", headers=bearer(TOKEN)).json()["names"]
    assert client.get("/status").elapsed.total_seconds() < 0.2


def test_each_peer_is_slowed_for_itself():
    """A network of IPv6 is one peer; who has forgotten it is let off."""
    patience = door.Patience()
    for _ in range(20):
        patience.failed("192.0.2.1")
    assert patience.seconds("192.0.2.1") == 5.0
    assert patience.seconds("192.0.2.2") == 0.0
    of = [door.peer({"client": (address, 1)}) for address in ("2001:db8::1", "2001:db8::ff:2")]
    assert of == ["2001:db8::/64"] * 2
    assert door.peer({"client": None}) == "socket"


def test_patience_remembers_no_more_peers_than_it_can_hold():
    """The oldest is forgotten first."""
    patience = door.Patience()
    for number in range(door._PEERS + 10):
        patience.failed(str(number))
    assert len(patience._wrong) == door._PEERS
    assert "0" not in patience._wrong
