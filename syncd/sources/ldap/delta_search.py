"""The searches that changes are found by: each is answered whole, or it raises."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ldap3 import DEREF_NEVER, Connection
from ldap3.utils.conv import escape_filter_chars
from msgspec import Struct
from msgspec.structs import replace

from syncd.sources.ldap import failures
from syncd.sources.ldap.entries import RawEntry, opened
from syncd.sources.ldap.search import SCOPES, Query
from syncd.sources.ldap.session import Session

MOST = 5000
"""Changes that are told of one by one; with more, everything is read."""

_AT_ONCE = 100
"""Names that one filter asks for."""

_FIRST = 100
_SIZE_LIMIT_EXCEEDED = 4
_NOT_SEEN = frozenset({32, 50})
"""noSuchObject and insufficientAccessRights."""


Control = tuple[str, bool, bytes | None]
Found = tuple[bytes, RawEntry]
"""An entry as it came, and what is in it."""

T = TypeVar("T")


class Unusable(Exception):
    """What changed cannot be told, or not for certain: everything must be read. Says why."""


class Interrupted(Exception):
    """The server stopped answering. Says how."""


class Answer(Struct):
    """All that a server sent in answer to one search: entries and their controls' values."""

    result: Mapping[str, Any]
    entries: list[tuple[RawEntry, Mapping[str, Any]]]
    messages: list[tuple[str, bytes]]
    """Intermediate responses (RFC 4511, 4.13): name and value."""
    referrals: list[str]

    @property
    def code(self) -> int:
        return int(self.result["result"])

    def control(self, name: str) -> Any:
        """The value of a control of the result; None where there is none."""
        return (self.result.get("controls") or {}).get(name, {}).get("value")


class Searches:
    """Over one connection. Every method raises `Interrupted` where the line breaks."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self._connection = connection
        self._session = session

    @property
    def server(self) -> str:
        """Where the server listens that answers."""
        return str(self._connection.server.name)

    @property
    def notes(self) -> list[str]:
        return self._session.notes

    def found(self, query: Query, most: int | None = None) -> Iterator[Found]:
        """All entries that there are. Raises `Unusable` where some are missing or too many."""
        failed, count, unread = len(self._session.gaps), 0, list[str]()
        for page in self._session.pages("changes", query):
            count += len(page)
            for octets in page if most is None or count <= most else ():
                try:
                    entry = opened(octets)
                except ValueError as exc:
                    unread.append(failures.of_entry(exc))
                else:
                    yield octets, entry
        if problems := self._session.gaps[failed:] + unread:
            raise (Interrupted if self._session.lost else Unusable)("; ".join(problems[:3]))
        if most is not None and count > most:
            raise Unusable(f"there are more than {most} changes under {query.base!r}")

    def ask(self, query: Query, controls: Iterable[Control] = (), most: int = 0) -> Answer:
        """One search without pages; `most` is how many entries are wanted at most, 0 for all."""
        try:
            self._connection.search(
                query.base,
                query.filter,
                SCOPES[query.scope],
                dereference_aliases=DEREF_NEVER,
                attributes=list(query.attributes),
                size_limit=most,
                controls=list(controls),
            )
            found, self._connection.response = self._connection.response or (), None
            return _answer(found, self._connection.result)
        except failures.WIRE_ERRORS as exc:
            raise Interrupted(failures.of_wire(exc, self._connection.receive_timeout)) from None

    def seen(self, query: Query) -> list[RawEntry]:
        """The entries that are there and may be seen. Raises `Unusable`."""
        answer = self.ask(query)
        if answer.code not in {failures.SUCCESS, *_NOT_SEEN}:
            raise Unusable(f"{query.base!r}: {failures.of_result(answer.result)}")
        return [entry for entry, _ in answer.entries]

    def refuse_hidden(self, query: Query, attribute: str) -> None:
        """Raises `Unusable` where an entry does not show an attribute that all have.

        Changes that are asked for by what may not be seen would be missed without a word. The first
        entries stand for all.
        """
        answer = self.ask(replace(query, attributes=[attribute]), most=_FIRST)
        if answer.code not in {failures.SUCCESS, _SIZE_LIMIT_EXCEEDED}:
            raise Unusable(f"{query.base!r}: {failures.of_result(answer.result)}")
        for entry, _ in answer.entries:
            if attribute.lower() not in entry.attributes:
                raise Unusable(f"{attribute} of {entry.dn!r} may not be seen")

    def has_below(self, dn: str, condition: str) -> bool:
        """Whether anything that fits lies below that entry."""
        answer = self.ask(Query(dn, condition, ["1.1"]), most=2)
        if answer.code not in {failures.SUCCESS, _SIZE_LIMIT_EXCEEDED}:
            raise Unusable(f"what is below {dn!r} is unknown: {failures.of_result(answer.result)}")
        return any(entry.dn != dn for entry, _ in answer.entries)


def _answer(found: Iterable[Mapping[str, Any]], result: Mapping[str, Any]) -> Answer:
    answer = Answer(result, [], [], [])
    for each in found:
        if each["type"] == "searchResEntry":
            values = {name: one["value"] for name, one in (each.get("controls") or {}).items()}
            answer.entries.append((_entry(each), values))
        elif each["type"] == "searchResRef":
            answer.referrals.extend(each["uri"])
        else:
            name = each.get("responseName", "")
            answer.messages.append((name, each.get("responseValue", b"")))
    return answer


def _entry(found: Mapping[str, Any]) -> RawEntry:
    attributes = found["raw_attributes"].items()
    return RawEntry(
        found["raw_dn"].decode("utf-8"),
        {name.lower(): list(values) for name, values in attributes if values},
    )


def any_of(attribute: str, values: Iterable[str | bytes]) -> str:
    """A filter that fits what has one of the values."""
    return f"(|{''.join(f'({attribute}={escape_filter_chars(value)})' for value in values)})"


def batches(things: Iterable[T], size: int = _AT_ONCE) -> Iterator[list[T]]:
    """As many as one filter asks for at a time."""
    some = list(things)
    for at in range(0, len(some), size):
        yield some[at : at + size]
