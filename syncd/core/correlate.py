"""Tell ours from foreign: which account in the target is which person.

An account is ours by a link in the ledger, by nothing else. Two things can make a
link here: a creation of ours that was in doubt and is found to have happened, and an
adoption that the policy asks for in so many words. Where two could claim one, or one
two, it is a conflict and stays foreign: nobody guesses. A link moves to another key of the
same person: to the first source that has them, and on when that one has lost them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Generic

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.aliases import Keys
from syncd.core.desired import Wanted
from syncd.core.memory import Link, Mark, Memory, OpenLine, Remark
from syncd.core.model import NAME_FIELD, E, Key, Kind, Op, Ref, Stored, Value, flat
from syncd.core.normal import normal, same
from syncd.core.plan import Problem

SOME_TIME = datetime.max.replace(tzinfo=UTC)
"""Stands for the time that only the ledger will know: no grace counted from it is ever over."""

UNCLEAR = "may have been created by an earlier run, and which account it is is unclear"


class Ours(Struct, Generic[E], frozen=True, gc=False):
    """An account of ours: its link, and what the target holds."""

    link: Link
    stored: Stored[E]


class Correlated(Struct, Generic[E], frozen=True):
    """`ours` in key order. `foreign` are left alone; nothing is planned for `undecided` keys."""

    ours: tuple[Ours[E], ...]
    foreign: tuple[Stored[E], ...]
    marks: tuple[Mark, ...]
    conflicts: tuple[Problem, ...]
    undecided: frozenset[Key]


class Claims(Struct, frozen=True):
    """How foreign accounts may become ours.

    `adopt_by` is the field that an adoption goes by, None for never; `kept` are the accounts
    that are never adopted (protected ones, and the one that syncd logs in with). `whole` is
    whether the target was read to its end, `certain` whether the sources were too. Where the
    target `keeps_keys`, what shows no key was not made by us. `undecided`
    are keys of which the sources are unclear: no link moves away from them.
    """

    kind: Kind
    unique: frozenset[str]
    caseless: frozenset[str]
    adopt_by: str | None
    kept: frozenset[Ref]
    whole: bool
    certain: bool
    keeps_keys: bool
    undecided: frozenset[Key] = frozenset()


def correlate(
    wanted: Sequence[Wanted[E]], stored: Sequence[Stored[E]], memory: Memory, claims: Claims
) -> Correlated[E]:
    """`wanted` and `stored` of one kind, in any order."""
    work = _Correlation(wanted, stored, memory, claims)
    work.follow_links()
    work.claim_doubtful_creations()
    work.follow_gone_keys()
    work.adopt()
    work.learn_aliases()
    return work.result()


class _Correlation(Generic[E]):
    """The state of one correlation: links that hold so far, and accounts not yet linked."""

    def __init__(
        self,
        wanted: Sequence[Wanted[E]],
        stored: Sequence[Stored[E]],
        memory: Memory,
        claims: Claims,
    ) -> None:
        self._wanted: dict[Key, Wanted[E]] = {one.key: one for one in wanted}
        self._keys: Keys[E] = Keys(wanted, claims.undecided)
        self._unlinked: dict[Ref, Stored[E]] = {one.ref: one for one in stored}
        self._links = {link.key: link for link in memory.links if link.kind is claims.kind}
        self._open = [line for line in memory.open_lines if line.kind is claims.kind]
        self._claims = claims
        self._ours: dict[Key, Ours[E]] = {}
        self._marks: list[Mark] = []
        self._conflicts: list[Problem] = []
        self._undecided: set[Key] = set()

    def follow_links(self) -> None:
        for one in self._wanted.values():
            self._follow_aliases(one)
        doubtful = {line.ref for line in self._open if line.op is Op.SUSPEND}
        for key, link in sorted(self._links.items()):
            stored = self._unlinked.pop(link.ref, None)
            if stored is None:
                self._miss(link)
                continue
            if link.ref in doubtful and not _active(stored):
                self._remember(Remark.SUSPENDED, link, "the suspension had been done")
                link = replace(link, suspended_at=SOME_TIME)  # noqa: PLW2901  the link as the mark will leave it
            self._ours[key] = Ours(link, stored)

    def _follow_aliases(self, one: Wanted[E]) -> None:
        """A person's link may stand under the key of another of their sources."""
        linked = [alias for alias in one.aliases if alias in self._links]
        if linked and one.key not in self._links:
            self._rekey(self._links[linked.pop(0)], one.key)
        for extra in linked:
            link = self._links[extra]
            self._undecided.add(extra)
            why = f"has a second account ({link.ref}) under {extra}; decide which one stays"
            self._conflict(one.key, link.name, why, one.origin)

    def _rekey(self, old: Link, key: Key) -> Link:
        link = self._keys.complete(replace(old, key=key, aliases=(*old.aliases, old.key)))
        del self._links[old.key]
        self._links[key] = link
        self._remember(Remark.REKEY, link, "the same person in another source", old.key)
        return link

    def _miss(self, link: Link) -> None:
        """A linked account that was not seen in the target."""
        if not self._claims.whole:
            self._undecided.add(link.key)
            return
        del self._links[link.key]
        if link.key not in self._wanted:
            self._remember(Remark.FORGET, link, "gone from source and target")

    def claim_doubtful_creations(self) -> None:
        for line in self._open:
            if line.op is not Op.CREATE or line.key in self._links:
                continue
            found = [stored for stored in self._unlinked.values() if self._made_by(line, stored)]
            if len(found) == 1:
                self._claim(line.key, found[0])
            elif found or not self._claims.whole:
                self._undecided |= {line.key, self._keys.owner(line.key)}
                self._conflict(line.key, _name(line.after, self._claims.kind), UNCLEAR, "")

    def _claim(self, key: Key, stored: Stored[E]) -> None:
        """Whom it was made for may stand under the key of another of their sources by now."""
        self._take(Remark.CLAIM, key, stored, "the creation had been done")
        if (owner := self._keys.owner(key)) != key:
            self._follow_aliases(self._wanted[owner])
            if key not in self._links:
                del self._ours[key]
                self._ours[owner] = Ours(self._links[owner], stored)

    def _made_by(self, line: OpenLine, stored: Stored[E]) -> bool:
        if self._claims.keeps_keys or stored.key is not None:
            return stored.key == line.key
        fields = flat(stored.entity)
        names = self._claims.unique | {NAME_FIELD[self._claims.kind]}
        return all(
            same(fields.get(name), line.after.get(name), caseless=name in self._claims.caseless)
            for name in names
        )

    def follow_gone_keys(self) -> None:
        """Who is in no source under the key of their link may be in one under another."""
        links, certain = tuple(self._links.values()), self._claims.certain
        for found in self._keys.successions(self._unsettled(), links, certain=certain):
            key = found.wanted.key
            if found.why_not:
                self._undecided.update(link.key for link in found.links)
                self._leave(found.wanted, found.why_not)
            else:
                ours = self._ours.pop(found.links[0].key)
                self._ours[key] = replace(ours, link=self._rekey(ours.link, key))

    def learn_aliases(self) -> None:
        for key, ours in self._ours.items():
            link = self._keys.complete(ours.link)
            if link.aliases != ours.link.aliases:
                self._ours[key] = replace(ours, link=link)
                self._remember(Remark.ALIASES, link, "")

    def adopt(self) -> None:
        field = self._claims.adopt_by
        if field is None:
            return
        takers: dict[str, list[Wanted[E]]] = defaultdict(list)
        for one in self._unsettled():
            if value := flat(one.entity).get(field):
                takers[self._normal(field, value)].append(one)
        holders: dict[str, list[Stored[E]]] = defaultdict(list)
        for stored in sorted(self._unlinked.values(), key=lambda stored: stored.ref):
            if value := flat(stored.entity).get(field):
                holders[self._normal(field, value)].append(stored)
        for value, wanting in sorted(takers.items()):
            if held := holders.get(value):
                self._adopt_one(field, wanting, held)

    def _adopt_one(self, field: str, wanting: list[Wanted[E]], held: list[Stored[E]]) -> None:
        why = self._against(wanting, held)
        if not why:
            self._take(Remark.ADOPT, wanting[0].key, held[0], f"by {field}")
            return
        refs = ", ".join(stored.ref for stored in held)
        for one in wanting:
            self._leave(one, f"not adopted by {field} ({refs}): {why}")

    def _against(self, wanting: list[Wanted[E]], held: list[Stored[E]]) -> str:
        if len(wanting) > 1 or len(held) > 1:
            return "several could be meant"
        if held[0].ref in self._claims.kept:
            return "it is protected"
        return "" if self._claims.certain else "not all was read, and several could be meant"

    def _normal(self, field: str, value: Value) -> str:
        return normal(str(value), caseless=field in self._claims.caseless)

    def _take(self, remark: Remark, key: Key, stored: Stored[E], rule: str) -> None:
        name = _name(flat(stored.entity), self._claims.kind)
        link = self._keys.complete(Link(self._claims.kind, key, stored.ref, name))
        del self._unlinked[stored.ref]
        self._links[key] = link
        self._ours[key] = Ours(link, stored)
        self._remember(remark, link, rule)

    def _remember(self, remark: Remark, link: Link, rule: str, old_key: Key | None = None) -> None:
        self._marks.append(
            Mark(remark, link.kind, link.key, link.ref, link.name, rule, old_key, link.aliases)
        )

    def _unsettled(self) -> list[Wanted[E]]:
        """Whose account, if they have one, is not known yet."""
        settled = self._links.keys() | self._undecided
        return [one for key, one in sorted(self._wanted.items()) if key not in settled]

    def _leave(self, one: Wanted[E], why: str) -> None:
        """Nothing is planned for them until a person has decided."""
        self._undecided.add(one.key)
        self._conflict(one.key, _name(flat(one.entity), self._claims.kind), why, one.origin)

    def _conflict(self, key: Key, name: str, why: str, origin: str) -> None:
        self._conflicts.append(Problem(self._claims.kind, key, name, why, origin))

    def result(self) -> Correlated[E]:
        return Correlated(
            ours=tuple(self._ours[key] for key in sorted(self._ours)),
            foreign=tuple(sorted(self._unlinked.values(), key=lambda stored: stored.ref)),
            marks=tuple(sorted(self._marks, key=lambda mark: (mark.key, mark.remark))),
            conflicts=tuple(sorted(self._conflicts, key=lambda problem: problem.key)),
            undecided=frozenset(self._undecided),
        )


def _active(stored: Stored[E]) -> bool:
    return flat(stored.entity).get("active") is not False


def _name(fields: Mapping[str, Value], kind: Kind) -> str:
    return str(fields.get(NAME_FIELD[kind], ""))
