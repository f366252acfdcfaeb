"""The post: takes messages at once, and brings them to each receiver in a thread of its own."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from syncd.daemon.messages import Message
from syncd.daemon.receivers import Receiver

TRIES = 12
"""With the pauses between them, some six hours."""

_MOST_WAITING = 100


@dataclass(frozen=True)
class Pace:
    """Seconds before a second try, twice as many before each further one, up to `most`."""

    first: float = 60.0
    most: float = 3600.0
    tries: int = TRIES

    def pause(self, failed: int) -> float:
        return min(self.first * (1 << failed - 1), self.most)


@dataclass
class _Delivery:
    """`waiting` counts receivers that neither have it nor were given up."""

    message: Message
    waiting: int


@dataclass
class _Lane:
    """A receiver, with what waits for it in order: a recovery never comes before its failure."""

    receiver: Receiver
    queue: deque[_Delivery] = field(default_factory=deque)
    due: float = 0.0
    failed: int = 0


class Post:
    """`delivered` is called once every receiver has a message or was given up; `happened` is a
    listener's. Both from the post's thread, or from whoever calls `follow`."""

    def __init__(
        self,
        receivers: Sequence[Receiver],
        delivered: Callable[[Message], None],
        happened: Callable[..., None],
        pace: Pace,
    ) -> None:
        self._delivered, self._happened, self._pace = delivered, happened, pace
        self._changed = threading.Condition()
        self._lanes = _lanes(receivers)
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def has_receivers(self) -> bool:
        return bool(self._lanes)

    def take(self, message: Message) -> bool:
        """False where there is no room: a receiver has been out of reach for long."""
        with self._changed:
            lanes = self._lanes.values()
            if self._closed or any(len(lane.queue) >= _MOST_WAITING for lane in lanes):
                return False
            delivery = _Delivery(message, len(lanes))
            for lane in lanes:
                lane.queue.append(delivery)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="messages", daemon=True)
                self._thread.start()
            self._changed.notify()
        return True

    def follow(self, receivers: Sequence[Receiver]) -> None:
        """These from now on. What waits for one that stays, waits; others are given up."""
        with self._changed:
            before, self._lanes = self._lanes, _lanes(receivers)
            for url, lane in before.items():
                if url in self._lanes:
                    kept = self._lanes[url]
                    kept.queue, kept.due, kept.failed = lane.queue, lane.due, lane.failed
            gone = [lane for url, lane in before.items() if url not in self._lanes]
            done = [one.message for lane in gone for one in lane.queue if _is_last(one)]
            self._changed.notify()
        self._tell(done)

    def close(self, seconds: float) -> None:
        """Tries what is due within that time, and nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while (lane := self._next()) is not None:
            delivery = lane.queue[0]
            trouble = _sent(lane.receiver, delivery.message)
            self._book(lane, delivery, trouble)

    def _next(self) -> _Lane | None:
        """Waits until something is due; None at the end."""
        with self._changed:
            while True:
                waiting = [lane for lane in self._lanes.values() if lane.queue]
                first = min(waiting, key=lambda lane: lane.due, default=None)
                pause = None if first is None else first.due - monotonic()
                if first is not None and pause is not None and pause <= 0:
                    return first
                if self._closed:
                    return None
                self._changed.wait(pause)

    def _book(self, lane: _Lane, delivery: _Delivery, trouble: str) -> None:
        words: dict[str, object] = {
            "sync": delivery.message.sync,
            "about": delivery.message.event,
            "to": lane.receiver.name,
        }
        with self._changed:
            lane = self._lanes.get(lane.receiver.url.get_secret_value(), lane)
            if not lane.queue or lane.queue[0] is not delivery:
                return  # its receiver was taken out meanwhile
            lane.failed = lane.failed + 1 if trouble else 0
            again = bool(trouble) and lane.failed < self._pace.tries
            pause = self._pace.pause(lane.failed) if again else 0.0
            lane.due = monotonic() + pause
            if not again:
                lane.queue.popleft()
                lane.failed = 0
            is_last = not again and _is_last(delivery)
        if not trouble:
            self._happened("message_sent", **words)
        elif again:
            self._happened("message_failed", **words, error=trouble, seconds=pause)
        else:
            self._happened("message_dropped", **words, error=trouble, tries=self._pace.tries)
        self._tell([delivery.message] if is_last else [])

    def _tell(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._delivered(message)


def _lanes(receivers: Sequence[Receiver]) -> dict[str, _Lane]:
    return {one.url.get_secret_value(): _Lane(one) for one in receivers}


def _is_last(delivery: _Delivery) -> bool:
    delivery.waiting -= 1
    return delivery.waiting == 0


def _sent(receiver: Receiver, message: Message) -> str:
    """Why not; empty where it was."""
    try:
        return receiver.send(message.text, message.event)
    except Exception as error:  # noqa: BLE001  the thread goes on with the other messages
        return type(error).__name__
