"""What happens to a site by chance: in its sources, by people's hands, and at syncd's desk."""

import random
from contextlib import suppress
from datetime import timedelta

from syncd.core.hold import Hold
from syncd.core.model import Key, Kind, Reference, State, UserRecord
from syncd.errors import SyncdError
from syncd.ledger import Signature, Wanted
from tests.core.events import Has, HasGroup, Leaves, LosesGroup, Swap
from tests.promises.past import Past
from tests.promises.sight import Sight
from tests.promises.site import Site
from tests.world import by_hand, group, person

NAMES = ("ada", "bob", "cyn", "dan", "eve", "fay", "gus", "hal")
TITLES = ("Engineer", "Doctor", "Clerk")
OWN = {"p": "1234", "q": "5678"}
"""The keys that each source uses."""


def record(chance: random.Random, key: str) -> UserRecord:
    name = NAMES[int(key) - 1] if chance.random() < 0.7 else chance.choice(NAMES)
    given = {"email": f"{name}@x"} if chance.random() < 0.8 else {}
    state = chance.choice([None] * 6 + list(State))
    if chance.random() < 0.3:
        given["admin"] = "true"
    return person(key, name, state, title=chance.choice(TITLES), **given)


class Luck:
    """Of one step of a life. What people do is noted in its `past`."""

    def __init__(self, site: Site, past: Past, chance: random.Random) -> None:
        self._site, self._past, self._chance = site, past, chance

    def event(self) -> None:
        chance, site = self._chance, self._site
        source = chance.choice(list(OWN))
        key = chance.choice(OWN[source])
        match chance.randrange(12):
            case 0 | 1 | 2:
                Has(source, record(chance, key)).happen(site)
            case 3 | 4:
                Leaves(source, key).happen(site)
            case 5:
                keys = (chance.choice(OWN[source]), chance.choice(OWN[source]))
                Swap(source, chance.choice(["user_name", "email"]), keys).happen(site)
            case 6 | 7:
                self._group(source)
            case 8:
                LosesGroup(source, chance.choice("gh")).happen(site)
            case 9:
                self._hold(source, key)
            case 10:
                self._approve()
            case _:
                self._hand()

    def upset(self) -> None:
        """A source or a list is broken."""
        chance = self._chance
        source = chance.choice(list(self._site.sources.values()))
        match chance.randrange(12):
            case 0:
                source.down = True
            case 1:
                source.gaps = ("size limit exceeded",)
            case 2:
                source.breaks = chance.randrange(3)
            case 3:
                source.empty()
            case 4:
                self._site.backend.cut = {chance.choice(["users", "groups", "members"]): 1}

    def _group(self, source: str) -> None:
        chance = self._chance
        members = chance.sample(OWN[source], chance.randrange(4))
        other = Reference("q", "key", chance.choice(OWN["q"]), "groups")
        elsewhere = (other,) * chance.randrange(2)
        key = chance.choice("gh")
        name = f"{source}-{chance.choice(['team', key])}"
        HasGroup(source, group(key, name, *members, elsewhere=elsewhere)).happen(self._site)

    def _hold(self, source: str, key: str) -> None:
        """Somebody is held for a case, and perhaps nobody else any more."""
        desk, now, holds = self._site.ledger.desk, self._site.now, self._past.holds
        for number in list(holds) if self._chance.random() < 0.5 else ():
            desk.release(number, "ann", now)
            del holds[number]
        suspend, who = self._chance.random() < 0.5, Key(f"{source}:{key}")
        wanted = {"key": who, "name": "", "reason": "a case", "by": "bea", "at": now}
        made = desk.hold(Wanted(**wanted, suspend=suspend))
        holds[made.hold] = Hold(who, "a case", "bea", suspend=suspend)

    def _approve(self) -> None:
        """Somebody approves of all that is held by now."""
        site, name = self._site, self._chance.choice(["ann", "Ann", "bea"])
        until = site.now + timedelta(days=2)
        with suppress(SyncdError):  # nothing can be read, or that person has approved before
            if (plan := site.planned()).held:
                signed = Signature(name, site.now, until)
                made = site.ledger.desk.approve(plan, signed, site.consent.people)
                self._past.note_approval(made.approval, plan, until, name.lower())

    def _hand(self) -> None:
        """A person edits an account of ours."""
        chance, memory = self._chance, self._site.memory
        rows = [one for one in memory.users.read() if one.ref not in self._site.planted]
        if not rows:
            return
        row, before = chance.choice(rows), Sight.of(self._site)
        match chance.randrange(4):
            case 0:
                memory.users.delete(row.ref)
            case 1:
                by_hand(memory, Kind.USER, row.ref, active=not row.entity.active)
            case 2:
                by_hand(memory, Kind.USER, row.ref, user_name=f"{row.entity.user_name}-old")
            case _:
                by_hand(memory, Kind.USER, row.ref, title="Boss")
        self._past.note_hand(before, Sight.of(self._site))
