"""The main job into a product: sixty people in eight teams come, change, move and leave; and what each
change costs in calls."""

from dataclasses import dataclass, field
from itertools import pairwise

from syncd.core.mapping import UserMapping
from syncd.core.policy import Leavers, Policy
from syncd.report import Exit
from tests.scenario.organisation import Organisation, founded
from tests.world import MemorySource, Office, group, person

FREE = Policy(budgets={}, leavers=Leavers.SUSPEND)


def told(organisation: Organisation, login, **more):
    """The organisation as a source tells it; `login` makes one that the product takes."""
    people = [
        person(
            key,
            login(one),
            email=one.email or f"{one.login}@example.org",
            given_name=one.given_name,
            family_name=one.family_name,
            **more,
        )
        for key, one in sorted(organisation.people.items())
    ]
    teams = [
        group(key, team.name, *sorted(organisation.everybody_in(key) & organisation.people.keys()))
        for key, team in sorted(organisation.teams.items())
    ]
    return people, teams


@dataclass
class Job:
    """One product that is kept true.

    `figures` are, of each step, its changes, the calls that made them, and the calls of reading
    before and after: the latter look at what was touched, one by one where that is little.
    """

    server: object
    backend: object
    login: object
    groups: bool = True
    organisation: Organisation = field(default_factory=lambda: founded(circle=True))
    figures: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        supplies = frozenset({"user_name", "email", "given_name", "family_name", "title"})
        source = MemorySource(supplies=supplies)
        self.here = Office(
            sources={"p": source}, backend=self.backend, policy=FREE, users=UserMapping()
        )
        self.tell()

    def tell(self, **more: str) -> None:
        people, teams = told(self.organisation, self.login, **more)
        self.here.source.people = people
        self.here.source.groups = teams if self.groups else []

    def settle(self, name: str) -> None:
        """Applies; then there is nothing left to do. Notes what it cost."""
        calls = self.server.calls
        counts = [len(calls)]

        def watch(what, *_) -> None:
            if what == "verifying" and len(counts) == 2:
                counts.append(len(calls))

        report = self.here.apply(approve=lambda _: not counts.append(len(calls)), watch=watch)
        counts.append(len(calls))
        assert report.exit_code is Exit.DONE, report
        assert report.unsettled == ()
        before, wrote, after = (two - one for one, two in pairwise(counts))
        self.figures[name] = (len(report.execution.done), wrote, before, after)
        plan = self.here.plan()
        assert (plan.changes, plan.held, plan.withheld) == ((), (), ()), plan

    def run(self) -> None:
        """All that happens."""
        self.settle("sixty people join")
        self.tell(title="Member")
        self.settle("all get a title")
        gone = {key: self.organisation.people.pop(key) for key in ("p20", "p21", "p22")}
        self.tell(title="Member")
        self.settle("three leave")
        self.organisation.people |= gone
        self.tell(title="Member")
        self.here.pass_days(1)
        self.settle("they come back")

    def cost(self) -> str:
        """A line a step, for people."""
        return "\n".join(
            f"{name}: {changes} changes by {calls} calls ({calls / changes:.2f} each);"
            f" reading: {before} before, {after} after"
            for name, (changes, calls, before, after) in self.figures.items()
        )

    def each(self, name: str) -> float:
        changes, calls, *_ = self.figures[name]
        return calls / changes
