"""Users, or groups, of a SCIM server, as the ports have them."""

from collections.abc import Iterator, Mapping
from typing import Any, Generic

from syncd.backends.http import Answer, Session
from syncd.backends.scim.discovery import Service
from syncd.backends.scim.faults import Moved
from syncd.backends.scim.listing import Head, Listing
from syncd.backends.scim.pages import Of, ScimPage, salt_of, stored_from
from syncd.backends.scim.schema import Shape
from syncd.backends.scim.turns import Turns
from syncd.backends.scim.versions import Versions
from syncd.backends.scim.wire import PATCH_OP, needs_current, operations, replaced, to_wire
from syncd.core.model import ATTRIBUTES, E, Key, Ref, Stored, Update, Value, flat
from syncd.core.normal import same
from syncd.errors import NotFound, Rejected
from syncd.paging import Page

MEANS = {412: Moved}


class ScimCollection(Generic[E]):
    """Its things go by `kind.name`; `kind.unread` is what of them need not come."""

    def __init__(self, session: Session, service: Service, shape: Shape, kind: Of[E]) -> None:
        self.holds = shape.holds
        self.versions = Versions(heeded=service.etag)
        self.turns = Turns()
        self._session, self._service, self._shape = session, service, shape
        self._kind: Of[E] = kind
        self._one = shape.endpoint + "/{}"
        self._lean = {"excludedAttributes": kind.unread}
        self._salt = salt_of(shape)

    def read(self) -> Iterator[Stored[E]]:
        for page in self.pages():
            for at in range(len(page.prints)):
                if (stored := page.decode(at).record) is not None:
                    yield stored

    def pages(self) -> Iterator[Page[Stored[E]]]:
        """As `PagedCollection.pages`."""
        return self._pages(self._lean)

    def found(self, filter_: str) -> Iterator[Stored[E]]:
        """What a server finds, if it can look for things; it may be more than was asked for."""
        query = {**self._lean, "filter": filter_} if self._service.filter else self._lean
        for page in self._pages(query):
            for at in range(len(page.prints)):
                if (stored := page.decode(at).record) is not None:
                    yield stored

    def get(self, ref: Ref) -> Stored[E] | None:
        """None where the server says 404 of this id (RFC 7644, section 3.4.1)."""
        try:
            answer = self._session.get(self._one, ref, query=self._lean)
        except NotFound:
            self.versions.forget(ref)
            return None
        self.versions.told(ref, answer)
        return self._decode(answer.json(dict[str, Any]))

    def version(self, ref: Ref) -> str:
        """As `VersionedCollection.version`: the ETag, where the server heeds it."""
        return self.versions.condition(ref).get("If-Match", "")

    def create(self, key: Key, entity: E) -> Ref:
        body = to_wire(key, flat(entity), self._shape)
        answer = self._session.post(self._shape.endpoint, body=body)
        ref = _ref_of(answer)
        self.versions.told(ref, answer)
        return ref

    def update(self, ref: Ref, change: Update) -> None:
        """Where somebody changed the thing since it was read, but not these fields, it is done."""
        try:
            self._change(ref, change.after)
        except Moved as error:
            self._check_unchanged(ref, change, str(error))
            self._change(ref, change.after)

    def delete(self, ref: Ref) -> None:
        condition = self.versions.condition(ref)
        self._session.delete(self._one, ref, headers=condition, means=MEANS)
        self.versions.forget(ref)

    def _change(self, ref: Ref, after: Mapping[str, Value]) -> None:
        if self._service.patch and not needs_current(after, self._shape):
            self._write(ref, after, None)
            return
        with self.turns.of(ref):
            self._write(ref, after, self._current(ref))

    def _write(
        self, ref: Ref, after: Mapping[str, Value], current: Mapping[str, Any] | None
    ) -> None:
        headers = self.versions.condition(ref)
        if self._service.patch:
            told = operations(after, self._shape, current)
            body: Any = {"schemas": [PATCH_OP], "Operations": told}
            answer = self._session.patch(self._one, ref, body=body, headers=headers, means=MEANS)
        else:
            body = replaced(current or {}, after, self._shape)
            answer = self._session.put(self._one, ref, body=body, headers=headers, means=MEANS)
        self.versions.told(ref, answer)

    def _current(self, ref: Ref) -> dict[str, Any]:
        """All that the server shows of it: what is left out of a PUT may be taken away."""
        answer = self._session.get(self._one, ref)
        self.versions.told(ref, answer)
        return answer.json(dict[str, Any])

    def _check_unchanged(self, ref: Ref, change: Update, why: str) -> None:
        stored = self.get(ref)
        if stored is None:
            raise NotFound(why)
        now = flat(stored.entity)
        for name, value in change.before.items():
            if not same(now.get(name), value, caseless=False):
                shown = name.removeprefix(ATTRIBUTES)
                raise Rejected(f"{why}: {shown} has changed since it was read; the next run looks")

    def _pages(self, query: Mapping[str, str]) -> Iterator[Page[Stored[E]]]:
        service = self._service
        listing = Listing(
            self._session, self._shape.endpoint, query, cursor=service.cursor, page=service.page
        )
        for items in listing.pages():
            self.versions.learn(items)
            yield ScimPage(items, self._salt, self._decode)

    def _decode(self, resource: Mapping[str, Any]) -> Stored[E]:
        return stored_from(resource, self._shape, self._kind)


def _ref_of(answer: Answer) -> Ref:
    """By the body; some send none, and then the Location ends in it (RFC 7644, section 3.3)."""
    if answer.body:
        return Ref(str(answer.json(Head).id))
    ref = answer.headers.get("location", "").rstrip("/").rpartition("/")[2]
    if not ref:
        raise answer.unexpected("it does not say what the new thing's id is")
    return Ref(ref)
