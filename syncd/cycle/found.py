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

_SAID = ("user_name", "email", "display_name", "given_name", "family_name")


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
            for links in self._ledger.register.each_link(self._sync, Kind.USER):
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
        given = {name: first(record.attributes.get(name, "")) for name in _SAID}
        key = full_key(source, record.key)
        own = (given["user_name"], given["email"], record.key, key)
        return self._hits(own, given["display_name"], given["given_name"], given["family_name"])

    def _of_account(self, stored: Stored[User]) -> Hits | None:
        user = stored.entity
        own = (user.user_name, user.email or "", stored.ref)
        given, family = user.given_name or "", user.family_name or ""
        return self._hits(own, user.display_name or "", given, family)

    def _hits(self, own: tuple[str, ...], display: str, given: str, family: str) -> Hits | None:
        shown = (display, f"{given} {family}")
        # Most are nobody's whom the word means: of these all is put into a normal form at once.
        if self._word not in normal("\n".join((*own, *shown)), caseless=True):
            return None
        if self._is_any(*own):
            return self.found.called
        alike = any(self._word in normal(name, caseless=True) for name in shown)
        return self.found.alike if alike else None

    def _is_of(self, link: Link) -> bool:
        own = (link.name, link.ref, link.key, link.key.partition(":")[2])
        return self._hits(own, "", "", "") is not None

    def _is_any(self, *names: str) -> bool:
        return any(self._word == normal(name, caseless=True) for name in names)

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
