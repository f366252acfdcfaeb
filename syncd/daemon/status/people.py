"""The search for a person: what the ledger alone knows of them, in every sync."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from threading import Lock
from time import monotonic

from msgspec import Struct

from syncd.config.assemble import assemble
from syncd.config.settings import Settings
from syncd.daemon.live import Live
from syncd.errors import LedgerError, SyncdError
from syncd.explain import Explanation
from syncd.offline import Recalled, recall

_MOST = 5
"""So many of a sync are shown."""

_PATIENCE = 10.0
"""Seconds that a search takes at most, but for the sync at which it is then."""

_LONGEST = 200


class Trouble(Struct, frozen=True):
    """A sync in which nobody could be looked for, and why."""

    sync: str
    why: str


class People(Struct, frozen=True, kw_only=True):
    """Whom a word means, sync by sync. `later` were not looked through: it took too long."""

    who: str
    found: tuple[Recalled, ...] = ()
    nowhere: tuple[Recalled, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    later: tuple[str, ...] = ()
    busy: bool = False

    @property
    def everybody(self) -> list[Explanation]:
        """Those who are called so, or else those in whose display name the word is."""
        called = [one for recalled in self.found for one in recalled.called]
        return called or [one for recalled in self.found for one in recalled.alike]

    @property
    def nobody_in(self) -> list[str]:
        """The syncs that were looked through to the end for nothing."""
        return [one.sync for one in self.nowhere if one.as_of is not None]

    @property
    def others(self) -> list[Explanation]:
        """Those in whose display name the word is, besides."""
        called = any(recalled.called for recalled in self.found)
        return [one for recalled in self.found for one in recalled.alike] if called else []


class Search:
    """One at a time: it walks through all that a ledger has kept, while syncs are run."""

    def __init__(self, live: Live) -> None:
        self._live, self._lock = live, Lock()

    def among(self, who: str, only: str, now: datetime) -> People:
        """In all syncs, or only in one. Raises `LedgerError`."""
        who = who.strip()[:_LONGEST]
        settings = self._live.settings
        names = [name for name in settings.syncs if only in {"", name}]
        if not who or not names:
            return People(who=who)
        with self._turn() as mine:
            return self._found(settings, who, names, now) if mine else People(who=who, busy=True)

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        mine = self._lock.acquire(timeout=_PATIENCE)
        try:
            yield mine
        finally:
            if mine:
                self._lock.release()

    def _found(self, settings: Settings, who: str, names: list[str], now: datetime) -> People:
        until = monotonic() + _PATIENCE
        recalled: list[Recalled] = []
        troubles, later = [], []
        for name in names:
            if monotonic() > until:
                later.append(name)
                continue
            try:
                with closing(assemble(settings, name)) as sync:
                    recalled.append(recall(sync, self._live.ledger, who, now, _MOST))
            except LedgerError:
                raise
            except SyncdError as error:
                troubles.append(Trouble(name, str(error)))
        return People(
            who=who,
            found=tuple(one for one in recalled if one.called or one.alike),
            nowhere=tuple(one for one in recalled if not one.called and not one.alike),
            troubles=tuple(troubles),
            later=tuple(later),
        )
