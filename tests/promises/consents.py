"""What people let through, as an onlooker keeps it: each change once, until it expires."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core.approval import approval_print
from syncd.core.model import Op
from syncd.core.plan import Change, Plan
from tests.promises.run import Run

Prints = dict[str, Change]
"""What was held, by its print."""

_WIDE = "\N{FULLWIDTH LATIN SMALL LETTER A}nn"
PERSONS = {"ann": "ann", "Ann": "ann", " ann ": "ann", _WIDE: "ann", "bea": "bea", "BEA": "bea"}
"""Who is meant by which name."""


@dataclass
class Allowed:
    """One approval: what it lets through and was not made since."""

    number: int
    prints: Prints
    until: datetime
    person: str = "ann"


@dataclass
class Consents:
    """`given` are by a command. What a file approves of is in the configuration, by the digests of
    `plans` that runs began with; `filed` is what is left of it, by digest and person."""

    given: list[Allowed] = field(default_factory=list)
    plans: dict[str, Prints] = field(default_factory=dict)
    filed: dict[tuple[str, str], Prints] = field(default_factory=dict)

    def good(self, one: Run) -> Iterator[Allowed]:
        """What may have let anything through in this run."""
        for allowed in self.given:
            if one.earliest < allowed.until:
                yield allowed
        for file in one.site.consent.files:
            for digest in [digest for digest in self.plans if digest.startswith(file.digest)]:
                for person in {PERSONS[name] for name in file.approved_by}:
                    left = self.filed.setdefault((digest, person), dict(self.plans[digest]))
                    if one.earliest < file.expires_at:
                        yield Allowed(0, left, file.expires_at, person)

    def are_enough(self, one: Run, print_: str) -> bool:
        """Whether so many different people as need to approve of this one."""
        people = {allowed.person for allowed in self.good(one) if print_ in allowed.prints}
        return len(people) >= one.site.consent.people

    def are_enough_for_more(self, one: Run, change: Change) -> bool:
        """The same of an update of which this is a part."""
        people = {
            allowed.person
            for allowed in self.good(one)
            if any(_is_part(change, whole) for whole in allowed.prints.values())
        }
        return len(people) >= one.site.consent.people

    def note(self, one: Run) -> None:
        made = [change for change in one.made if change.approved]
        for allowed in self.good(one):
            for print_ in {used for change in made for used in _used(change, allowed.prints)}:
                del allowed.prints[print_]
        if one.number is not None and one.plan is not None and one.plan.held:
            self.plans.setdefault(one.plan.digest, prints_of(one.plan))


def prints_of(plan: Plan) -> Prints:
    return {approval_print(one.change): one.change for one in plan.held}


def _used(change: Change, prints: Prints) -> set[str]:
    """By which of these it was made; by any where it is only a part of what was held."""
    given = {print_: of for print_, of in prints.items() if of.id == change.id}
    whole = {print_ for print_, of in given.items() if set(of.after) <= set(change.approved)}
    return whole if whole and change.op is Op.UPDATE else set(given)


def _is_part(change: Change, whole: Change) -> bool:
    return (change.id, change.ref) == (whole.id, whole.ref) and (
        change.before.items() <= whole.before.items()
        and change.after.items() <= whole.after.items()
    )
