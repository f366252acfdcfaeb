"""What a directory server says of itself in its root entry (RFC 4512, 5.1), and who it is."""

from collections.abc import Collection, Iterable

from msgspec import Struct

from syncd.core.dn import normal_dn
from syncd.sources.ldap import failures
from syncd.sources.ldap.cursor import digest_of
from syncd.sources.ldap.delta_search import Searches, Unusable
from syncd.sources.ldap.entries import RawEntry
from syncd.sources.ldap.search import Query

_ANY = "(objectClass=*)"
_SHOWS = (
    "supportedControl",
    "namingContexts",
    "dsServiceName",
    "highestCommittedUSN",
    "firstChangeNumber",
    "lastChangeNumber",
)
_IDENTITY = ("entryUUID", "nsUniqueId", "objectGUID")


class Server(Struct, frozen=True):
    """`identity` is other where another one answers, or one that was set up anew.

    `usn` is Active Directory's newest update sequence number. `changes` are the numbers of the
    first and the last change that 389 Directory Server has in its log.
    """

    identity: str
    controls: frozenset[str]
    contexts: tuple[str, ...]
    usn: int | None
    changes: tuple[int, int] | None

    def context_of(self, base: str) -> str:
        """The naming context that the base is in. Raises `Unusable`."""
        dn = normal_dn(base)
        around = [each for each in self.contexts if f",{dn}".endswith(f",{normal_dn(each)}")]
        if not around:
            raise Unusable(f"the server does not say in which naming context {base!r} is")
        return max(around, key=len)


def look_at(searches: Searches, bases: Collection[str]) -> Server:
    """Who answers. Raises `Unusable` where it does not say."""
    root = _read(searches, "", _SHOWS)
    service = _texts(root, "dsServiceName")
    numbers = [_number(root, name) for name in ("firstChangeNumber", "lastChangeNumber")]
    server = Server(
        identity="",
        controls=frozenset(_texts(root, "supportedControl")),
        contexts=tuple(_texts(root, "namingContexts")),
        usn=_number(root, "highestCommittedUSN"),
        changes=None if numbers[0] is None or numbers[1] is None else (numbers[0], numbers[1]),
    )
    who: list[object] = [searches.server, service]
    # [MS-ADTS] 3.1.1.1.9: the invocation is another one after a backup was restored
    who.extend(_read(searches, name, ["invocationId"]).attributes for name in service)
    for base in sorted({*bases, *(server.context_of(each) for each in bases)}):
        shown = searches.seen(Query(base, _ANY, _IDENTITY, "base"))
        who.extend(entry.attributes for entry in shown)
    return Server(digest_of(who), server.controls, server.contexts, server.usn, server.changes)


def _read(searches: Searches, dn: str, attributes: Iterable[str]) -> RawEntry:
    answer = searches.ask(Query(dn, _ANY, list(attributes), "base"))
    if answer.code != failures.SUCCESS or len(answer.entries) != 1:
        raise Unusable(f"the entry {dn!r} cannot be read: {failures.of_result(answer.result)}")
    return answer.entries[0][0]


def _texts(entry: RawEntry, name: str) -> list[str]:
    return [octets.decode("utf-8", "replace") for octets in entry.attributes.get(name.lower(), ())]


def _number(entry: RawEntry, name: str) -> int | None:
    (text, *_) = [*_texts(entry, name), ""]
    return int(text) if text.isascii() and text.isdecimal() else None
