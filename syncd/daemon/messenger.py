"""Tells those who look after syncs: a listener that follows each, and a thread that sends.

**Each message is sent at least once.** That an event was told of is written into the ledger once
every receiver has its message or was given up, after as many tries as `delivery` makes. Who dies
before that leaves the event untold, and the next cycle, of whichever daemon, tells it, also to a
receiver that has the message already: once more for each such end. A receiver that takes a message
and says that it did not gets it once for each try.
"""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import NamedTuple

from syncd.config.running import Event, NotifySettings
from syncd.core.plan import Problem, Refusal
from syncd.daemon.delivery import Pace, Post
from syncd.daemon.messages import Found, Message, news
from syncd.daemon.receivers import Receiver
from syncd.errors import SyncdError
from syncd.ledger import Ended, Standing
from syncd.ledger.desk import Desk

_PAGE = 1000
_MOST_CONFLICTS = 1000
_ATTEMPTS = 3
"""At writing what was told, where a cycle is quicker."""


class _Word(NamedTuple):
    """What is told of an event, until a standing has it; a message's, written once all have it."""

    told: str | None
    in_post: bool = False
    written: bool = False


class Messenger:
    """`happened` is a listener's, and told what becomes of messages."""

    def __init__(
        self,
        desk: Desk,
        settings: NotifySettings,
        receivers: Sequence[Receiver],
        happened: Callable[..., None],
        pace: Pace = Pace(),  # noqa: B008  a frozen value
    ) -> None:
        self._desk, self._settings, self._happened = desk, settings, happened
        self._lock = Lock()
        self._words: dict[tuple[str, str], _Word] = {}
        self._post = Post(receivers, self._delivered, happened, pace)

    def follow(self, settings: NotifySettings, receivers: Sequence[Receiver]) -> None:
        """Other settings, as after a reload."""
        self._settings = settings
        self._post.follow(receivers)

    def close(self, seconds: float = 5.0) -> None:
        """What is in the post has so long; the rest is told by the next cycle, of whoever runs."""
        self._post.close(seconds)

    def cycle_begun(self, sync: str) -> None:
        """Nothing to tell."""

    def changes(self, sync: str, run: int, ended: Sequence[Ended]) -> None:
        """Nothing to tell."""

    def happened(self, event: str, **_words: object) -> None:
        """Who leads from now on tells what was not told yet, and knows what is over."""
        if event == "lead_lost":
            with self._lock:
                self._words.clear()

    def cycle_ended(self, _before: Standing | None, standing: Standing, _seconds: float) -> None:
        """Never waits for a receiver. Where the ledger cannot be asked, the next cycle tells it."""
        if not self._post.has_receivers:
            return
        try:
            self._tell(standing)
        except SyncdError as error:
            self._happened("message_failed", sync=standing.sync, error=str(error))

    def _tell(self, standing: Standing) -> None:
        sync, found = standing.sync, self._found(standing)
        with self._lock:
            self._forget(standing)
            told = news(standing, self._told(standing), found, self._settings)
            for event, now in told.settled.items():
                self._words[sync, event] = _Word(now)
            for message in told.messages:
                if self._post.take(message):
                    self._words[sync, message.tells] = _Word(message.told, in_post=True)
                else:
                    self._no_room(message)
        self._save(sync)

    def _no_room(self, message: Message) -> None:
        words = {"sync": message.sync, "about": message.event}
        self._happened("message_failed", **words, error="too many messages wait already")

    def _forget(self, standing: Standing) -> None:
        """Not when it is written: this standing may have been read before."""
        for (sync, event), one in list(self._words.items()):
            if sync == standing.sync and one.written and standing.told.get(event) == one.told:
                del self._words[sync, event]

    def _told(self, standing: Standing) -> Mapping[str, str]:
        ours = {event: one.told for (of, event), one in self._words.items() if of == standing.sync}
        both: dict[str, str | None] = {**standing.told, **ours}
        return {event: told for event, told in both.items() if told is not None}

    def _found(self, standing: Standing) -> Found:
        events, digest = self._settings.events, standing.digest
        held: list[Refusal] = []
        conflicts: list[Problem] = []
        if Event.HELD in events and standing.held:
            while page := self._desk.findings(digest, "held", _PAGE, len(held)):
                held += page
        if Event.CONFLICT in events and standing.conflicts:
            conflicts = self._desk.findings(digest, "conflicts", _MOST_CONFLICTS)
        return Found(tuple(held), tuple(conflicts))

    def _delivered(self, message: Message) -> None:
        """In the post's thread. What became of the event meanwhile is newer than the message."""
        where = message.sync, message.tells
        with self._lock:
            if self._words.get(where) != _Word(message.told, in_post=True):
                return
            self._words[where] = _Word(message.told)
        self._save(message.sync)

    def _save(self, sync: str) -> None:
        """What cannot be written now is after the next cycle."""
        with self._lock:
            ready = {
                event: one.told
                for (of, event), one in self._words.items()
                if of == sync and not one.in_post and not one.written
            }
        try:
            if not ready or not any(self._desk.tell(sync, ready) for _ in range(_ATTEMPTS)):
                return
        except SyncdError as error:
            self._happened("message_failed", sync=sync, error=f"what was told: {error}")
            return
        with self._lock:
            for event, told in ready.items():
                if self._words.get((sync, event)) == _Word(told):
                    self._words[sync, event] = _Word(told, written=True)
