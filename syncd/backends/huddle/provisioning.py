"""Accounts by SCIM, as far as Huddle has it (Integrating with SCIM): one by one, and no list."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from syncd.backends.http import Session
from syncd.backends.huddle.wire import scim_to
from syncd.core.model import Value
from syncd.errors import Rejected

_USERS = "/people/companies/{}/users"
_SCIM = "application/scim+json"


class _Id(Struct):
    id: str


class _Found(Struct, rename="pascal"):
    resources: Sequence[_Id] = ()


class Provisioning:
    """Ids are GUIDs here, and nothing else in Huddle goes by them."""

    def __init__(self, session: Session, company: int) -> None:
        self._session, self._company = session, str(company)

    def create(self, fields: Mapping[str, Value]) -> None:
        """409 where the e-mail is known; 403 where its domain is not the company's."""
        body = scim_to(fields)
        self._session.post(_USERS, self._company, body=body, media_type=_SCIM)

    def delete(self, email: str) -> None:
        """The account, and the member with it. Only a filter by user name finds the id."""
        quoted = msgspec.json.encode(email).decode()
        query = {"filter": f"username eq {quoted}"}
        found = self._session.get(_USERS, self._company, query=query).json(_Found)
        if len(found.resources) != 1:
            why = "Huddle did not provision them: remove the account there"
            raise Rejected(f"{self._session.name}: {email} cannot be deleted: {why}")
        self._session.delete(_USERS + "/{}", self._company, found.resources[0].id)
