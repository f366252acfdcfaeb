"""Whom a word means: logins, e-mail addresses, keys and refs of everybody that a plan is about."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from syncd.core.merge import first
from syncd.core.model import Key, Kind, Ref, User
from syncd.core.normal import normal
from syncd.core.plan import Plan
from syncd.core.question import Question
from syncd.located.suggest import close_to, quoted

_HANDFUL = 5


class Names:
    def __init__(self, question: Question, plan: Plan) -> None:
        self._q, self._plan = question, plan
        self._keys: dict[str, set[Key]] = defaultdict(set)
        self._refs: dict[str, set[Ref]] = defaultdict(set)
        self._shown: dict[Key, str] = {}
        for key, names in self._of_keys():
            for name in filter(None, names):
                self._keys[_normal(name)].add(key)
        for stored in question.seen.users:
            for name in (stored.ref, *_of_user(stored.entity)):
                self._refs[_normal(name)].add(stored.ref)

    def find(self, who: str) -> tuple[set[Key], set[Ref]]:
        """Full keys of people, and refs of accounts."""
        name = _normal(who)
        return set(self._keys.get(name, ())), set(self._refs.get(name, ()))

    def shown(self, key: Key) -> str:
        """The login that somebody has anywhere, or the key."""
        return self._shown.get(key, key)

    def nobody(self, who: str) -> str:
        """Where was looked, and who may have been meant."""
        question = self._q
        links = sum(link.kind is Kind.USER for link in question.memory.links)
        return (
            f"nobody is called {quoted(who)}: looked for a login, e-mail, key or ref among "
            f"{len(question.desired.people):,} people in the sources, {len(question.seen.users):,} "
            f"accounts in {question.target} and {links:,} links in the ledger"
            f"{close_to(who, {*self._keys, *self._refs}, _HANDFUL)}{self._hidden()}"
        )

    def _hidden(self) -> str:
        """What may hide somebody."""
        said = "; ".join(self._q.desired.gaps)
        return f"; not all was read, and they may be in what was not: {said}" if said else ""

    def _of_keys(self) -> Iterator[tuple[Key, Iterable[str]]]:
        for person in self._q.desired.people.values():
            given = [first(person.attributes.get(name, "")) for name in ("user_name", "email")]
            self._shown[person.key] = given[0] or person.key
            yield person.key, [*given, *_of_full(person.key, *person.aliases)]
        for wanted in self._q.desired.users:
            yield wanted.key, _of_user(wanted.entity)
        for link in self._q.memory.links:
            if link.kind is Kind.USER:
                yield link.key, [link.name, link.ref, *_of_full(link.key)]
        for problem in (*self._plan.conflicts, *self._plan.failures):
            if problem.kind is Kind.USER:
                self._shown.setdefault(problem.key, problem.name or problem.key)
                yield problem.key, [problem.name, *_of_full(problem.key)]


def _of_full(*keys: Key) -> list[str]:
    """Full keys as they are, and without their source."""
    return [name for key in keys for name in (key, key.partition(":")[2])]


def _of_user(user: User) -> list[str]:
    return [user.user_name, *([user.email] if user.email else [])]


def _normal(name: str) -> str:
    return normal(name, caseless=True)
