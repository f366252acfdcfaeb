"""Answer "why is this account as it is, and what comes next?" from all that a plan is made of.

Whom a word means is looked up among the sources' people, the target's accounts and the ledger's
links, by login, e-mail, key or ref. What is known of one person is put together by key.
"""

from collections.abc import Collection
from functools import cached_property
from typing import Any

from syncd.core.desired import Wanted
from syncd.core.memory import Link, Remark
from syncd.core.merge import STATE, Person
from syncd.core.model import Key, Kind, Ref, Rung, State, Stored, User, flat
from syncd.core.plan import Change, Plan, Problem, Refusal
from syncd.core.policy import Leavers
from syncd.core.question import Question
from syncd.core.yielding import yielded
from syncd.explain.explanation import Account, Attribute, Explanation, Field, Owned
from syncd.explain.journal import Journal
from syncd.explain.rulebook import Rulebook
from syncd.explain.timers import timers
from syncd.explain.verdicts import Verdicts
from syncd.lookup import Names

_OWNING = (Remark.ADOPT, Remark.CLAIM)
_INSTEAD = {
    Leavers.SUSPEND: "suspended",
    Leavers.DELETE: "suspended, and later deleted",
    Leavers.IGNORE: "left as it is",
}

_STRIPPED = {
    Leavers.SUSPEND: "stripped of groups",
    Leavers.DELETE: "stripped of groups, and deleted",
}


class Explainer:
    """One sync's question, its plan, and all that is found in them by key."""

    def __init__(self, question: Question, plan: Plan, rules: Rulebook, journal: Journal) -> None:
        self._q, self._plan, self._rules, self._journal = question, plan, rules, journal
        self._verdicts = Verdicts(question, rules)
        self._people = {
            key: person
            for person in question.desired.people.values()
            for key in (person.key, *person.aliases)
        }
        self._wanted = {one.key: one for one in question.desired.users}
        self._accounts = {one.ref: one for one in question.seen.users}
        self._moved = {one.old_key: one.key for one in plan.marks if one.kind is Kind.USER}
        links = (one for one in question.memory.links if one.kind is Kind.USER)
        self._links = {self._moved.get(one.key, one.key): one for one in links}
        self._owners = {link.ref: key for key, link in self._links.items()}
        self._owners |= {
            mark.ref: mark.key
            for mark in plan.marks
            if mark.kind is Kind.USER and mark.remark in _OWNING
        }
        self.names = Names(question, plan)

    def explain(self, who: str) -> list[Explanation]:
        """Everybody whom the word means; nobody, one, or several that share it."""
        return self.explain_all(*self.names.find(who))

    def explain_all(self, keys: Collection[Key], refs: Collection[Ref]) -> list[Explanation]:
        """Everybody who has one of these keys or accounts, each once."""
        keys = set(keys)
        keys |= {self._owners[ref] for ref in refs if ref in self._owners}
        keys = {self._moved.get(key, key) for key in keys}
        own = {self._people[key].key if key in self._people else key for key in keys}
        foreign = [self._foreign(ref) for ref in sorted(refs) if ref not in self._owners]
        return [*(self._person(key) for key in sorted(own)), *foreign]

    def _foreign(self, ref: Ref) -> Explanation:
        stored = self._accounts[ref]
        return Explanation(
            sync=self._q.sync,
            target=self._q.target,
            name=stored.entity.user_name,
            account=self._told(stored, ours=False),
            sides=tuple(self._verdicts.sides(None, stored)),
            guards=tuple(self._verdicts.guards(None, stored)),
        )

    def _person(self, key: Key) -> Explanation:
        person, wanted = self._people.get(key), self._wanted.get(key)
        aliases = person.aliases if person else ()
        link = next((self._links[one] for one in (key, *aliases) if one in self._links), None)
        stored = self._account(key, link)
        name = self._name(key, wanted, stored, link)
        ladder = () if wanted else timers(link, stored, self._q)
        return Explanation(
            sync=self._q.sync,
            target=self._q.target,
            name=name,
            key=key,
            aliases=aliases,
            origins=person.origins if person else {},
            attributes=_attributes(person) if person else (),
            not_wanted=self._not_wanted(key, person, wanted),
            instead=self._instead(key, stored) if wanted is None else "",
            wanted=self._fields(wanted) if wanted else (),
            groups=self._groups(key) if wanted else (),
            account=self._told(stored, ours=True) if stored else None,
            link=link,
            due=next((one.due for one in ladder if one.rung is Rung.DELETE), None),
            ladder=ladder,
            changes=tuple(one for one in self._plan.changes if _is_of(key, one)),
            held=tuple(one for one in self._plan.held if _is_of(key, one.change)),
            refused=tuple(one for one in self._plan.refused if _is_of(key, one.change)),
            problems=self._problems(Kind.USER, {key, *aliases}),
            notes=tuple(note for note in self._plan.notes if note.startswith(f"{name} ")),
            lines=self._journal.lines(key),
            unsettled=tuple(one for one in self._plan.unsettled if _is_of(key, one.change)),
            drifted=tuple(one for one in self._plan.drifted if _is_of(key, one.change)),
            yielded=yielded(self._q, wanted, link, stored),
            scope=tuple(self._verdicts.scope(person)) if person else (),
            match=self._verdicts.match(person) if person else None,
            sides=tuple(self._verdicts.sides(person, stored)),
            withheld=self._plan.withheld if link else (),
            owned=self._owned(key, link, wanted),
            guards=tuple(self._verdicts.guards(link, stored)) if stored else (),
            remarks=self._journal.remarks(link.key if link else key),
            **self._of_groups(key, stored),
        )

    def _of_groups(self, key: Key, stored: Stored[User] | None) -> dict[str, Any]:
        """What becomes of the groups that the person is in, or is to be in."""
        q = self._q
        inside = {one.group for one in q.seen.members if stored and one.user == stored.ref}
        keys = {one.key for one in q.memory.links if one.kind is Kind.GROUP and one.ref in inside}
        keys |= {group for group, members in q.desired.members.items() if key in members}
        changes, refusals = self._group_plan
        return {
            "group_changes": tuple(one for one in changes if one.key in keys),
            "group_refusals": tuple(one for one in refusals if one.change.key in keys),
            "group_problems": self._problems(Kind.GROUP, keys),
        }

    @cached_property
    def _group_plan(self) -> tuple[list[Change], list[Refusal]]:
        plan = self._plan
        trays = (*plan.held, *plan.refused, *plan.unsettled, *plan.drifted)
        return (
            [one for one in plan.changes if one.kind is Kind.GROUP],
            [one for one in trays if one.change.kind is Kind.GROUP],
        )

    def _owned(self, key: Key, link: Link | None, wanted: Wanted[User] | None) -> Owned | None:
        if link is not None:
            return self._journal.owned(link)
        for mark in self._plan.marks:
            if mark.kind is Kind.USER and mark.key == key and mark.remark in _OWNING:
                return Owned("becomes syncd's with the next run", mark.rule)
        return self._verdicts.to_be_owned() if wanted else None

    def _groups(self, key: Key) -> tuple[str, ...]:
        """Groups that the person should be in, where the target has any."""
        desired, declared = self._q.desired, self._q.declared
        if not declared[Kind.GROUP].fields or not declared[Kind.MEMBER].ops:
            return ()
        return tuple(
            sorted(
                group.entity.display_name
                for group in desired.groups
                if key in desired.members.get(group.key, frozenset())
            )
        )

    def _told(self, stored: Stored[User], *, ours: bool) -> Account:
        seen = self._q.seen
        inside = {member.group for member in seen.members if member.user == stored.ref}
        groups = sorted(one.entity.display_name for one in seen.groups if one.ref in inside)
        return Account(stored.ref, flat(stored.entity), tuple(groups), ours)

    def _account(self, key: Key, link: Link | None) -> Stored[User] | None:
        ref = link.ref if link else None
        if ref is None:
            ref = next((ref for ref, owner in self._owners.items() if owner == key), None)
        return self._accounts.get(ref) if ref else None

    def _name(
        self, key: Key, wanted: Wanted[User] | None, stored: Stored[User] | None, link: Link | None
    ) -> str:
        if wanted:
            return wanted.entity.user_name
        if stored:
            return stored.entity.user_name
        return link.name if link else self.names.shown(key)

    def _not_wanted(self, key: Key, person: Person | None, wanted: Wanted[User] | None) -> str:
        if wanted:
            return ""
        if key in self._q.desired.undecided[Kind.USER]:
            if person is None or self._problems(Kind.USER, {key, *person.aliases}):
                return "undecided, as said below"
            return f"undecided: {self._verdicts.undecided(person)}"
        return self._q.desired.absent.get(key, "is in no source any more")

    def _instead(self, key: Key, stored: Stored[User] | None) -> str:
        if key in self._q.desired.undecided[Kind.USER]:
            return ""
        if not stored:
            return "no account"
        policy = self._q.policy
        if policy.strip_after is None or policy.leavers is Leavers.IGNORE:
            return _INSTEAD[policy.leavers]
        return f"suspended, and later {_STRIPPED[policy.leavers]}"

    def _fields(self, wanted: Wanted[User]) -> tuple[Field, ...]:
        desired = self._q.desired
        kept = desired.managed | desired.once | {"active"}
        fields = flat(wanted.entity)
        return tuple(
            Field(name, fields.get(name), self._rules.rule(name), self._rules.place(name))
            for name in sorted(kept & fields.keys())
        )

    def _problems(self, kind: Kind, keys: set[Key]) -> tuple[Problem, ...]:
        problems = (*self._plan.conflicts, *self._plan.failures)
        return tuple(one for one in problems if one.kind is kind and one.key in keys)


def _attributes(person: Person) -> tuple[Attribute, ...]:
    given = [
        Attribute(name, value, person.given_by[name]) for name, value in person.attributes.items()
    ]
    if person.state is not None:
        reason = f" ({person.reason})" if person.reason and person.state is State.LEFT else ""
        given.append(Attribute(STATE, f"{person.state}{reason}", person.given_by[STATE]))
    return tuple(given)


def _is_of(key: Key, change: Change) -> bool:
    if change.kind is Kind.MEMBER:
        return change.member == key
    return change.kind is Kind.USER and change.key == key
