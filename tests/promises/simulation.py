"""One seed, one life: what happens, what is run and what fails follow from it and from nothing else.

After a stormy time in which any call may fail, the weather clears. Within a few runs the target
must then be what a new one would be made to by a first run, and nothing be left to do.
"""

import random
from datetime import timedelta

from msgspec.structs import replace

from syncd.backends.memory import MemoryBackend
from syncd.core.mapping import UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Kind, Op, Reference, State, User
from syncd.core.policy import Budget, Leavers, Policy, VanishedGroups
from syncd.cycle import Mode
from tests.core.events import Has, HasGroup, Leaves, LosesGroup, Plant, Swap, World
from tests.promises.laws import LAWS, Law
from tests.promises.laws.convergence import after_an_apply_the_next_plan_is_empty
from tests.promises.ledgerfile import ledger_file
from tests.promises.past import Past
from tests.promises.run import Run, run
from tests.promises.sight import Sight
from tests.promises.site import Site
from tests.promises.weather import Weather
from tests.wired import Wired, nothing
from tests.world import USER_FIELDS, MemorySource, by_hand, group, person

STEPS = 6
RUNS = 10
"""So many runs, a day each, come down the whole ladder."""
NAMES = ("ada", "bob", "cyn", "dan", "eve", "fay", "gus", "hal")
TITLES = ("Engineer", "Doctor", "Clerk")
LONG = timedelta(days=100)
OWN = {"p": "1234", "q": "5678"}
"""The keys that each source uses."""

CALM = Policy(
    leavers=Leavers.DELETE,
    grace=timedelta(days=1),
    vanished_groups=VanishedGroups.DELETE,
    budgets={},
)
TIGHT = {
    (Kind.USER, Op.CREATE): Budget(count=5),
    (Kind.USER, Op.UPDATE): Budget(count=2),
    (Kind.USER, Op.SUSPEND): Budget(count=1),
    (Kind.USER, Op.DELETE): Budget(count=1),
    (Kind.MEMBER, Op.ADD): Budget(count=6),
    (Kind.MEMBER, Op.REMOVE): Budget(count=1),
}
STORMY_LAWS: tuple[Law, ...] = tuple(
    law for law in LAWS if law is not after_an_apply_the_next_plan_is_empty
)


class Simulation:
    """Each step has chances of its own, so that `without` some of them the others stay as they
    are: that is how a life that fails is made shorter."""

    def __init__(self, seed: int, without: tuple[int, ...] = ()) -> None:
        self.seed, self._without = seed, without
        self.log: list[str] = []
        self._chance = random.Random(f"{seed}")
        self.past = Past()
        self.site = Site.of(self._world())

    def live(self) -> None:
        for number in range(STEPS):
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
        policy = replace(
            CALM,
            grace=timedelta(days=choose([1, 30])),
            budgets=choose([{}, {}, TIGHT]),
            leavers=choose([Leavers.DELETE, Leavers.DELETE, Leavers.SUSPEND]),
        )
        world = World(
            sources={name: MemorySource(supplies=USER_FIELDS - {"active"}) for name in OWN},
            backend=Wired(MemoryBackend(), batch_size=batch),
            policy=policy,
            ledger=None,
            merge=choose([Precedence(), Precedence(), Precedence(by="email")]),
            users=UserMapping(always={"admin": "admin"}),
        )
        for name in ("robot", choose(NAMES)):
            Plant(User(user_name=name, admin=choose([None, True]))).happen(world)
        for name, keys in OWN.items():
            for key in keys[:3]:
                Has(name, self._record(key)).happen(world)
        return world

    def _record(self, key: str):
        chance = self._chance
        name = NAMES[int(key) - 1] if chance.random() < 0.7 else chance.choice(NAMES)
        given = {"email": f"{name}@x"} if chance.random() < 0.8 else {}
        state = chance.choice([None] * 6 + list(State))
        if chance.random() < 0.3:
            given["admin"] = "true"
        return person(key, name, state, title=chance.choice(TITLES), **given)

    def _step(self, number: int) -> None:
        chance, site = self._chance, self.site
        true_time = site.now + timedelta(days=chance.choice([0, 0.5, 1, 2, 31]))
        site.now = true_time
        for _ in range(chance.randrange(5)):
            self._event()
        self._upset()
        weather = Weather(site, chance)
        mode = chance.choice([Mode.FULL, Mode.FULL, Mode.QUICK])
        one = run(site, mode, watch=weather)
        self.log.append(f"step {number}, {mode}: {'; '.join(weather.log) or 'nothing failed'}")
        self.hold(one)
        site.now = true_time
        for source in site.sources.values():
            source.mend()
        site.backend.cut = {}

    def hold(self, one: Run) -> None:
        for law in STORMY_LAWS:
            law(one, self.past)
        self.past.note(one)

    def _event(self) -> None:
        chance, site = self._chance, self.site
        source = chance.choice(list(OWN))
        key = chance.choice(OWN[source])
        match chance.randrange(10):
            case 0 | 1 | 2:
                Has(source, self._record(key)).happen(site)
            case 3 | 4:
                Leaves(source, key).happen(site)
            case 5:
                keys = (chance.choice(OWN[source]), chance.choice(OWN[source]))
                Swap(source, chance.choice(["user_name", "email"]), keys).happen(site)
            case 6 | 7:
                self._group(source)
            case 8:
                LosesGroup(source, chance.choice("gh")).happen(site)
            case _:
                self._hand()

    def _group(self, source: str) -> None:
        chance = self._chance
        members = chance.sample(OWN[source], chance.randrange(4))
        elsewhere = (Reference("q", "key", chance.choice(OWN["q"]), "groups"),) * chance.randrange(
            2
        )
        key = chance.choice("gh")
        record = group(
            key, f"{source}-{chance.choice(['team', key])}", *members, elsewhere=elsewhere
        )
        HasGroup(source, record).happen(self.site)

    def _hand(self) -> None:
        """A person edits an account of ours."""
        chance, memory = self._chance, self.site.memory
        rows = [one for one in memory.users.read() if one.ref not in self.site.planted]
        if not rows:
            return
        row, before = chance.choice(rows), Sight.of(self.site)
        match chance.randrange(4):
            case 0:
                memory.users.delete(row.ref)
            case 1:
                by_hand(memory, Kind.USER, row.ref, active=not row.entity.active)
            case 2:
                by_hand(memory, Kind.USER, row.ref, user_name=f"{row.entity.user_name}-old")
            case _:
                by_hand(memory, Kind.USER, row.ref, title="Boss")
        self.past.note_hand(before, Sight.of(self.site))

    def _upset(self) -> None:
        """A source or a list is broken for this step."""
        chance = self._chance
        source = chance.choice(list(self.site.sources.values()))
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
                self.site.backend.cut = {chance.choice(["users", "groups", "members"]): 1}

    def _calm(self) -> None:
        """Everybody has a name of their own, and what people disabled they enable again. There is an
        administrator who stays, so that nobody else has to."""
        site = self.site
        site.policy = CALM
        for name, keys in OWN.items():
            there = {one.key for one in site.sources[name].people}
            names = {key: f"{name}{key}" for key in keys if key in there}
            site.sources[name].has(
                *(
                    person(key, login, email=f"{login}@x", title="Clerk")
                    for key, login in names.items()
                )
            )
            for number, one in enumerate(site.sources[name].groups):
                site.sources[name].groups[number] = replace(
                    one, attributes={"display_name": f"{name}-{one.key}"}, elsewhere=()
                )
        for row in list(site.memory.users.read()):
            if row.ref in site.planted:
                by_hand(site.memory, Kind.USER, row.ref, admin=True)
            elif not row.entity.active:
                by_hand(site.memory, Kind.USER, row.ref, active=True)
        self.past.by_hand.clear()
        site.now += LONG  # until after whatever a clock that was wrong has stamped
        expected = self._fresh()
        for _ in range(RUNS):
            site.now += timedelta(days=1)
            self.hold(one := run(site))
            assert one.report is not None
            if site.memory.snapshot() == expected and not (one.plan.changes or one.plan.marks):
                break
        assert one.report.exit_code == 0
        assert site.memory.snapshot() == expected
        assert (one.plan.changes, one.plan.held, one.plan.conflicts) == ((), (), ())
        assert one.after.doubtful == frozenset()

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
