"""Answer "why is this account as it is, and what comes next?" from all that a plan is made of.

Whom a word means is looked up among the sources' people, the target's accounts and the ledger's
links, by login, e-mail, key or ref. What is known of one person is put together by key.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from syncd.core.desired import Wanted
from syncd.core.mapping import UserMapping, is_template
from syncd.core.memory import Link, Remark
from syncd.core.merge import STATE, Person
from syncd.core.model import Key, Kind, RawValue, Ref, Rung, State, Stored, User, Value, flat
from syncd.core.plan import Change, Plan, Problem, Refusal
from syncd.core.policy import Leavers
from syncd.core.question import Question
from syncd.core.yielding import yielded
from syncd.ledger import Line
from syncd.lookup import Names
from syncd.timers import Timer, timers

Journal = Callable[[Key], Sequence[Line]]
"""The last lines of a key, the newest first."""

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


class Account(Struct, frozen=True):
    """What the target has. `ours` is whether syncd made or adopted it."""

    ref: Ref
    fields: Mapping[str, Value]
    groups: tuple[str, ...]
    ours: bool


class Attribute(Struct, frozen=True):
    """What the sources state; more than one value where they have more."""

    name: str
    value: RawValue
    source: str


class Field(Struct, frozen=True):
    """What the target should have, and the rule that gives it."""

    name: str
    value: Value
    rule: str


class AsOf(Struct, frozen=True, kw_only=True):
    """When that was read on which an explanation stands that nobody was asked for.

    `sources` has a time for each source. Of the `target` those were read then whom that cycle was
    about; all of it at `full_at`. Where a run has begun since of which nothing is kept, it is
    `overtaken_by` that run: its changes are in the journal, and what comes next is not known. Of an
    earlier time it is what that `run` was decided from.
    """

    sources: Mapping[str, datetime]
    target: datetime
    full_at: datetime
    overtaken_by: int | None = None
    run: int | None = None


class Explanation(Struct, frozen=True, kw_only=True):
    """All that is known of one person, or of an account that is nobody's (then without a key).

    `not_wanted` says why a person is to have no account, and `instead` what is to become of the one
    that is there; nothing where that is undecided. `due` is when the account of somebody who left
    may be deleted, `ladder` has all the steps to come. `unsettled`, `drifted` and `yielded` differ
    and are left as they are. `as_of` is for what was not read just now; where it is overtaken,
    there are no `changes`, nor what else a plan has.
    """

    sync: str
    target: str
    name: str
    key: Key | None = None
    aliases: tuple[Key, ...] = ()
    origins: Mapping[str, str] = {}
    attributes: tuple[Attribute, ...] = ()
    not_wanted: str = ""
    instead: str = ""
    wanted: tuple[Field, ...] = ()
    groups: tuple[str, ...] = ()
    account: Account | None = None
    link: Link | None = None
    due: datetime | None = None
    ladder: tuple[Timer, ...] = ()
    changes: tuple[Change, ...] = ()
    held: tuple[Refusal, ...] = ()
    refused: tuple[Refusal, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    as_of: AsOf | None = None
    unsettled: tuple[Refusal, ...] = ()
    drifted: tuple[Refusal, ...] = ()
    yielded: tuple[Refusal, ...] = ()


class Explainer:
    """One sync's question, its plan, and all that is found in them by key."""

    def __init__(
        self, question: Question, plan: Plan, mapping: UserMapping, journal: Journal
    ) -> None:
        self._q, self._plan, self._mapping, self._journal = question, plan, mapping, journal
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
            not_wanted=self._not_wanted(key, wanted),
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
            problems=self._problems({key, *aliases}),
            notes=tuple(note for note in self._plan.notes if note.startswith(f"{name} ")),
            lines=tuple(line for line in self._journal(key) if _is_of(key, line)),
            unsettled=tuple(one for one in self._plan.unsettled if _is_of(key, one.change)),
            drifted=tuple(one for one in self._plan.drifted if _is_of(key, one.change)),
            yielded=yielded(self._q, wanted, link, stored),
        )

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

    def _not_wanted(self, key: Key, wanted: Wanted[User] | None) -> str:
        if wanted:
            return ""
        if key in self._q.desired.undecided[Kind.USER]:
            return "undecided, as said below"
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
            Field(name, fields.get(name), self._rule(name)) for name in sorted(kept & fields.keys())
        )

    def _rule(self, field: str) -> str:
        if field == "active":
            return "follows the person's state"
        once = field in self._mapping.on_create
        text = self._mapping.on_create.get(field) or self._mapping.always.get(field) or field
        what = f"template {text}" if is_template(text) else f"attribute {text}"
        return f"{what}, once" if once else what

    def _problems(self, keys: set[Key]) -> tuple[Problem, ...]:
        problems = (*self._plan.conflicts, *self._plan.failures)
        return tuple(one for one in problems if one.kind is Kind.USER and one.key in keys)


def _attributes(person: Person) -> tuple[Attribute, ...]:
    given = [
        Attribute(name, value, person.given_by[name]) for name, value in person.attributes.items()
    ]
    if person.state is not None:
        reason = f" ({person.reason})" if person.reason and person.state is State.LEFT else ""
        given.append(Attribute(STATE, f"{person.state}{reason}", person.given_by[STATE]))
    return tuple(given)


def _is_of(key: Key, one: Change | Line) -> bool:
    if one.kind is Kind.MEMBER:
        return one.member == key
    return one.kind is Kind.USER and one.key == key
