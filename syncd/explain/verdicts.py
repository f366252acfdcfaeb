"""Whether somebody is taken, by which records they are one, and what keeps their account."""

from collections.abc import Iterator

from syncd.core.ladder import ground_of, holds_on
from syncd.core.memory import Link
from syncd.core.merge import STATE, Person, first
from syncd.core.model import Kind, Ref, State, Stored, User
from syncd.core.policy import Adopt
from syncd.core.protection import protect_accounts, protect_groups
from syncd.core.question import Question
from syncd.core.scope import conditions
from syncd.explain.explanation import Match, Owned, Rule, Side
from syncd.explain.rulebook import Rulebook

_ADOPTING = {Adopt.BY_EMAIL: "email", Adopt.BY_USER_NAME: "user_name"}


class Verdicts:
    """What one question and its rules say of any person in it."""

    def __init__(self, question: Question, rules: Rulebook) -> None:
        self._q, self._rules = question, rules
        names = {group.ref: group.entity.display_name for group in question.seen.groups}
        pairs = ((one.group, one.user) for one in question.seen.members)
        self._protected = protect_groups(names, pairs, question.policy)
        self._ground = ground_of(question.policy, question.now, question.memory, question.declared)

    def scope(self, person: Person) -> Iterator[Rule]:
        """In the order in which they are asked."""
        if person.state is not None or person.reason:
            left = person.state is State.LEFT
            unmet = (person.reason or "has left") if left else ""
            yield Rule(STATE, ("not left",), (str(person.state or person.reason),), unmet)
        groups = sorted(self._q.desired.groups_of.get(person.key, ()))
        for one in conditions(person, groups, self._rules.users.take):
            name = f"users.take.{one.rule}"
            place = self._rules.places.get(name, "")
            yield Rule(name, one.asked, one.own, one.unmet, place)

    def match(self, person: Person) -> Match | None:
        """None where records are never one person by what they say."""
        by = self._rules.merge.by
        if by is None:
            return None
        value = first(person.attributes.get(by, ""))
        place = self._rules.places.get("merge.by", "")
        return Match(by, value, (person.key, *person.aliases), place)

    def undecided(self, person: Person) -> str:
        """Why, of somebody of whom no problem says so."""
        by = self._rules.merge.by
        has = by is not None and bool(person.attributes.get(by))
        broken = [one.name for one in self.sides(person) if one.name and one.gaps and not one.has]
        if has and broken:
            said = f"source {', '.join(broken)} was not read whole, and may say more of"
            return f"{said} who has this {by}"
        return "they may be a member, by a reference in a group that leads nowhere"

    def sides(self, person: Person | None, stored: Stored[User] | None = None) -> list[Side]:
        """Each source, and the target."""
        origins = person.origins if person else {}
        found = []
        for name in self._rules.sources:
            prefix = f"source {name}: "
            said = self._q.desired.gaps
            gaps = [one.removeprefix(prefix) for one in said if one.startswith(prefix)]
            found.append(Side(name, tuple(gaps), name in origins))
        return [*found, Side("", self._q.seen.gaps, stored is not None)]

    def withheld(self) -> tuple[str, ...]:
        """Why an absence proves nothing."""
        target = f"target {self._q.target}: "
        return (*self._q.desired.gaps, *(target + gap for gap in self._q.seen.gaps))

    def guards(self, link: Link | None, stored: Stored[User]) -> Iterator[str]:
        """By what the account is kept from some changes."""
        q, ref = self._q, stored.ref
        protected = protect_accounts([stored], _own(q, ref), q.policy, self._protected)
        if (Kind.USER, ref) in protected:
            yield protected[Kind.USER, ref]
        for hold in holds_on(link, stored.entity, self._ground) if link else ():
            yield hold.words if hold.suspend else f"{hold.words}; not suspended either"

    def to_be_owned(self) -> Owned:
        """Of somebody without an account."""
        by = _ADOPTING.get(self._q.policy.adopt)
        if by is None:
            return Owned("one that is there already would be left alone", "policy.adopt: never")
        adopt = f"policy.adopt: {self._q.policy.adopt}"
        return Owned(f"one that is there already with this {by} would be adopted", adopt)


def _own(q: Question, ref: Ref) -> Ref | None:
    return ref if q.seen.own == ref else None
