"""One seed, one life: what happens, what is run and what fails follow from it and from nothing else.

After a stormy time in which any call may fail, the weather clears. Within a few runs the target
must then be what a new one would be made to by a first run, and nothing be left to do.
"""

import random
from datetime import timedelta

from msgspec.structs import replace

from syncd.backends.memory import MemoryBackend
from syncd.core.approval import Consent
from syncd.core.mapping import UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Kind, User
from syncd.core.policy import Leavers, Policy, VanishedGroups
from syncd.cycle import Mode
from tests.core.events import Has, Plant, World
from tests.promises.laws import LAWS, Law
from tests.promises.laws.convergence import after_an_apply_the_next_plan_is_empty
from tests.promises.ledgerfile import ledger_file
from tests.promises.luck import NAMES, OWN, Luck, record
from tests.promises.past import Past
from tests.promises.policies import chosen
from tests.promises.run import Run, run
from tests.promises.site import Site
from tests.promises.weather import Weather
from tests.wired import Wired, nothing
from tests.world import USER_FIELDS, MemorySource, by_hand, person

RUNS = 10
"""So many runs, a day each, come down the whole ladder."""
FIRST_RUNS = 8
"""What is expected in the end is held against a first run into a new target so rarely: it takes as
long as any run."""
LONG = timedelta(days=100)
CALM = Policy(
    leavers=Leavers.DELETE,
    grace=timedelta(days=1),
    vanished_groups=VanishedGroups.DELETE,
    budgets={},
)
STORMY_LAWS: tuple[Law, ...] = tuple(
    law for law in LAWS if law is not after_an_apply_the_next_plan_is_empty
)


class Simulation:
    """Each step has chances of its own, so that `without` some of them the others stay as they
    are: that is how a life that fails is made shorter. So many `steps` are stormy."""

    def __init__(self, seed: int, steps: int, without: tuple[int, ...] = ()) -> None:
        self.seed, self._steps, self._without = seed, steps, without
        self.log: list[str] = []
        self._chance = random.Random(f"{seed}")
        self.past = Past()
        self.site = Site.of(self._world())
        self.site.consent = Consent(people=self._chance.choice([1, 1, 2]))
        self.site.keep_evidence = self._chance.choice([None, None, None, LONG])

    def live(self) -> None:
        for number in range(self._steps):
            if number not in self._without:
                self._chance = random.Random(f"{self.seed}/{number}")
                self._step(number)
        self._chance = random.Random(f"{self.seed}/end")
        self._calm()

    def close(self) -> None:
        self.site.close()

    def _world(self) -> World:
        choose = self._chance.choice
        batch = choose([1, 1, 3, 100])
        world = World(
            sources={name: MemorySource(supplies=USER_FIELDS - {"active"}) for name in OWN},
            backend=Wired(MemoryBackend(), batch_size=batch),
            policy=chosen(self._chance, CALM),
            ledger=None,
            merge=choose([Precedence(), Precedence(), Precedence(by="email")]),
            users=UserMapping(always={"admin": "admin"}),
        )
        for name in ("robot", choose(NAMES)):
            Plant(User(user_name=name, admin=choose([None, True]))).happen(world)
        for name, keys in OWN.items():
            for key in keys[:3]:
                Has(name, record(self._chance, key)).happen(world)
        return world

    def _step(self, number: int) -> None:
        chance, site = self._chance, self.site
        true_time = site.now + timedelta(days=chance.choice([0, 0.5, 1, 2, 31]))
        site.now = true_time
        luck = Luck(site, self.past, chance)
        for _ in range(chance.randrange(5)):
            luck.event()
        luck.upset()
        weather = Weather(site, chance)
        mode = chance.choice([Mode.FULL, Mode.FULL, Mode.QUICK])
        back = chance.choice([None] * 6 + list(self.past.runs)[-2:])
        one = run(site, mode, watch=weather, undo=back)
        what = mode if back is None else f"undo of run {back}"
        self.log.append(f"step {number}, {what}: {'; '.join(weather.log) or 'nothing failed'}")
        self.hold(one)
        site.now = true_time
        for source in site.sources.values():
            source.mend()
        site.backend.cut = {}

    def hold(self, one: Run) -> None:
        for law in STORMY_LAWS:
            law(one, self.past)
        self.past.note(one)

    def _calm(self) -> None:
        """Everybody has a name of their own, and what people disabled they enable again. There is an
        administrator who stays, so that nobody else has to. A source that has no groups by now is
        believed."""
        site = self.site
        site.policy = replace(CALM, may_be_empty=tuple(OWN))
        for number in self.past.holds:
            site.ledger.desk.release(number, "ann", site.now)
        self.past.holds.clear()
        self._tidy()
        for row in list(site.memory.users.read()):
            if row.ref in site.planted:
                by_hand(site.memory, Kind.USER, row.ref, admin=True)
            elif not row.entity.active:
                by_hand(site.memory, Kind.USER, row.ref, active=True)
        self.past.by_hand.clear()
        site.now += LONG  # until after whatever a clock that was wrong has stamped
        expected = self._should_be()
        if self.seed % FIRST_RUNS == 0:
            assert self._fresh() == expected
        for number in range(RUNS):
            site.now += timedelta(days=1)
            self.hold(one := run(site, asks=number == 0))
            assert one.report is not None
            if site.memory.snapshot() == expected and not (one.plan.changes or one.plan.marks):
                break
        assert one.report.exit_code == 0
        assert site.memory.snapshot() == expected
        assert (one.plan.changes, one.plan.held, one.plan.conflicts) == ((), (), ())
        assert one.after.doubtful == frozenset()

    def _tidy(self) -> None:
        for name, keys in OWN.items():
            source = self.site.sources[name]
            there = {one.key for one in source.people}
            logins = {key: f"{name}{key}" for key in keys if key in there}
            source.has(
                *(
                    person(key, login, email=f"{login}@x", title="Clerk")
                    for key, login in logins.items()
                )
            )
            source.groups[:] = [
                replace(one, attributes={"display_name": f"{name}-{one.key}"}, elsewhere=())
                for one in source.groups
            ]

    def _should_be(self):
        """What the sources say, and what is foreign."""
        desired, planted = self.site.desired(), self.site.planted
        foreign = [one.entity for one in self.site.memory.users.read() if one.ref in planted]
        users = {one.key: one.entity for one in desired.users}
        groups = {one.key: one.entity for one in desired.groups}
        return (
            sorted([*users.values(), *foreign], key=lambda user: user.user_name),
            sorted(groups.values(), key=lambda group: group.display_name),
            sorted(
                (groups[group].display_name, users[key].user_name)
                for group, keys in desired.members.items()
                for key in keys
            ),
        )

    def _fresh(self):
        """What a first run makes of a target that holds nothing but what is foreign."""
        site = self.site
        inner, memory = MemoryBackend(), ledger_file("fresh")
        memory.empty()
        fresh = World(
            sources=site.sources,
            backend=Wired(inner),
            policy=CALM,
            merge=site.merge,
            users=site.users,
            now=site.now,
            ledger=memory.opened(nothing),
        )
        for row in site.memory.users.read():
            if row.ref in site.planted:
                inner.users.plant(row.entity)
        report = fresh.apply()
        assert report.exit_code == 0
        fresh.ledger.close()
        return inner.snapshot()
