"""`syncd ledger accept-target`: somebody says that a moved or emptied store is the right one."""

import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from typing import NamedTuple

from syncd.cli.opening import Opened, each_sync, now, who, writable
from syncd.cli.progress import Waiting
from syncd.cli.screen import asks
from syncd.config.assemble import chosen, identity_of
from syncd.core.health import none_is_there
from syncd.core.model import Kind
from syncd.cycle.look import read_target
from syncd.errors import BackendError, ConfigError
from syncd.ledger import Acceptance, KnownTarget, Ledger
from syncd.plugins import backend_plugin
from syncd.render.words import number, safe
from syncd.report import Exit

_NOBODY = (
    "nobody is there to be asked: standard input is no terminal; say --yes to accept without a "
    "question"
)


class _Found(NamedTuple):
    """How many accounts the sync keeps, and how many of them are in the store."""

    accounts: int
    there: int

    @property
    def emptied(self) -> bool:
        return not self.there and bool(none_is_there(self.accounts))


def accept_target(opened: Opened, names: Sequence[str], *, yes: bool) -> int:
    if not yes and not asks():
        raise ConfigError(_NOBODY)
    return each_sync(opened, chosen(opened.settings, names), partial(_accept, opened, yes=yes))


def _accept(opened: Opened, name: str, *, yes: bool) -> int:
    target = opened.settings.syncs[name].target
    store = identity_of(opened.settings, target)
    with closing(writable(opened)) as memory:
        known, found = memory.desk.target(name), _look(opened, memory, name)
        same = known is not None and known.identity == store
        if (same and not found.emptied) or (known is None and not found.accounts):
            opened.screen.say(f"{safe(name)}: there is nothing to accept, {safe(target)} is known")
            return Exit.DONE
        _tell(opened, name, known, found, store)
        if not yes and not _ask(opened, name):
            opened.screen.say("Nothing was accepted.")
            return Exit.DONE
        given = Acceptance(who(), now(), *found)
        memory.desk.accept_target(KnownTarget(name, store, found.emptied), given)
    opened.screen.say(f"accepted: {safe(name)} keeps its accounts in {safe(store)} from now on")
    return Exit.DONE


def _look(opened: Opened, memory: Ledger, name: str) -> _Found:
    """Raises `BackendError` where the target cannot be read to its end."""
    settings = opened.settings
    target = settings.syncs[name].target
    part = settings.targets[target]
    backend = backend_plugin(part.type)(target, part.config, settings.base)
    with closing(backend), Waiting(opened.screen.err) as waiting:
        seen = read_target(backend, waiting)
    if seen.gaps:
        raise BackendError(f"target {target}: was not read to its end: {seen.gaps[0]}")
    there = {user.ref for user in seen.users}
    links = chain.from_iterable(memory.register.each_link(name, Kind.USER))
    refs = [link.ref for link in links]
    return _Found(len(refs), sum(ref in there for ref in refs))


def _tell(opened: Opened, name: str, known: KnownTarget | None, found: _Found, store: str) -> None:
    say = opened.screen.say
    say(f"known until now: {safe(known.identity) if known else 'nothing'}")
    say(f"configured now:  {safe(store)}")
    accounts = number(found.accounts, "account")
    say(f"which holds {found.there:,} of the {accounts} that syncd keeps for {safe(name)}")
    if missing := found.accounts - found.there:
        these = "It is" if missing == 1 else f"The {missing:,} that are missing are"
        say(f"{these} made anew there by the next run, as far as they are wanted still.")


def _ask(opened: Opened, name: str) -> bool:
    opened.screen.err.print(f"Accept this store for {safe(name)}? [y/N] ", end="")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
