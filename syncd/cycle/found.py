"""Whom a word means among all that a sync's ledger has kept.

Everything is walked through, for a word may stand in any of several fields; what is held in memory
is only what was found.
"""

from collections.abc import Mapping

from msgspec import Struct, field

from syncd.core.memory import Link
from syncd.core.merge import first, full_key
from syncd.core.model import Key, Kind, Ref, Stored, User, UserRecord
from syncd.core.normal import normal
from syncd.cycle.reads import SourceRead, TargetRead
from syncd.ledger import Ledger


class Hits(Struct):
    """Full keys of people, and refs of accounts that no link leads to."""

    keys: set[Key] = field(default_factory=set)
    refs: set[Ref] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.keys) + len(self.refs)


class Found(Struct):
    """`called` are those whose login, e-mail, key or ref the word is; `alike` others in whose
    display name it is. `more` is whether there are others yet."""

    called: Hits = field(default_factory=Hits)
    alike: Hits = field(default_factory=Hits)
    more: bool = False


class Search:
    """For one word, without case. Of each sort no more than `most` keys and refs are found."""

    def __init__(self, sync: str, ledger: Ledger, who: str, most: int) -> None:
        self._sync, self._ledger, self._most = sync, ledger, most
        self._word = normal(who.strip(), caseless=True)
        self._refs: dict[Ref, Hits] = {}
        self.found = Found()

    def among(self, sources: Mapping[str, SourceRead], target: TargetRead) -> Found:
        if self._word:
            for source, read in sources.items():
                self._look_into(source, read)
            for links in self._ledger.each_link(self._sync, Kind.USER):
                for link in filter(self._is_of, links):
                    self._add(self.found.called, link.key)
            for stored in target.users.standing.all():
                if (hits := self._of_account(stored)) is not None:
                    self._note(hits, stored.ref)
            self._own()
        return self.found

    def _look_into(self, source: str, read: SourceRead) -> None:
        for record in read.users.standing.all():
            if (hits := self._of_record(source, record)) is not None:
                self._add(hits, full_key(source, record.key))

    def _of_record(self, source: str, record: UserRecord) -> Hits | None:
        given = record.attributes
        names = (first(given.get("user_name", "")), first(given.get("email", "")), record.key)
        if self._is_any(*names, full_key(source, record.key)):
            return self.found.called
        whole = " ".join(first(given.get(name, "")) for name in ("given_name", "family_name"))
        return self._alike(first(given.get("display_name", "")), whole)

    def _of_account(self, stored: Stored[User]) -> Hits | None:
        user = stored.entity
        if self._is_any(user.user_name, user.email or "", stored.ref):
            return self.found.called
        whole = f"{user.given_name or ''} {user.family_name or ''}"
        return self._alike(user.display_name or "", whole)

    def _is_of(self, link: Link) -> bool:
        return self._is_any(link.name, link.ref, link.key, link.key.partition(":")[2])

    def _is_any(self, *names: str) -> bool:
        return self._word in {normal(name, caseless=True) for name in names}

    def _alike(self, *names: str) -> Hits | None:
        word = self._word
        return self.found.alike if any(word in normal(n, caseless=True) for n in names) else None

    def _add(self, hits: Hits, key: Key) -> None:
        if key not in hits.keys and self._has_room(hits):
            hits.keys.add(key)

    def _note(self, hits: Hits, ref: Ref) -> None:
        if self._has_room(hits):
            hits.refs.add(ref)

    def _has_room(self, hits: Hits) -> bool:
        self.found.more |= len(hits) >= self._most
        return len(hits) < self._most

    def _own(self) -> None:
        """Accounts that a link leads to are those of the link's person."""
        for hits in (self.found.called, self.found.alike):
            refs = [(Kind.USER, ref) for ref in hits.refs]
            for link in self._ledger.recall_links(self._sync, (), refs):
                hits.keys.add(link.key)
                hits.refs.discard(link.ref)
