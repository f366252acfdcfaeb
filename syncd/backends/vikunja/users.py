"""Users of a Vikunja, as the ports have them.

What routes are named is in routes/api/v1/user_*.go of its first commit, what they do in models.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from syncd.backends.holders import Holders
from syncd.backends.http import Session, half_done
from syncd.backends.initial import InitialPassword
from syncd.backends.vikunja.faults import Failed, NoSuchUser
from syncd.backends.vikunja.login import Login
from syncd.backends.vikunja.wire import Account, Body, from_wire, to_wire
from syncd.core.model import Key, Ref, Stored, Update, User, Value, changed, flat
from syncd.core.normal import same
from syncd.errors import Conflict, Incomplete, NotFound, Rejected, Unavailable
from syncd.ports import Holds

_USERS = "/api/v1/users"
_ONE = _USERS + "/{}"
_FAILED = {500: Failed}


class VikunjaUsers:
    def __init__(
        self, session: Session, login: Login, passwords: InitialPassword, holds: Holds
    ) -> None:
        self.holds = holds
        self._session, self._login, self._passwords = session, login, passwords
        self._emails = Holders("email")

    def read(self) -> Iterator[Stored[User]]:
        """In one answer. Nobody at all is `null`, and cannot be: somebody has logged in."""
        found = [from_wire(one) for one in self._listed()]
        if self._login.own() not in {one.ref for one in found}:
            why = "syncd's own account is not in the list"
            raise Incomplete(f"{self._session.name}: {_USERS}: {why}")
        self._emails.saw(found)
        return iter(found)

    def get(self, ref: Ref) -> Stored[User] | None:
        """A 404 for who is gone; or, as in the first commit, a failure: then the list says."""
        try:
            found = self._session.get(_ONE, ref, again=False).json(Account)
        except NotFound:
            return None
        except Unavailable:
            return next((one for one in self.read() if one.ref == ref), None)
        return from_wire(found)

    def create(self, _key: Key, entity: User) -> Ref:
        """A PUT that names an id changes whoever has it: it never does."""
        fields = flat(entity)
        body, password = to_wire(fields), self._new_password()
        answer = self._session.put(_USERS, body={**body, "password": password})
        ref = answer.json(Account).ref
        self._emails.met(ref, fields)
        if entity.active:
            self._passwords.hand_over(ref, entity, password)
        return ref

    def update(self, ref: Ref, change: Update) -> None:
        """Without a password, so that an id that nobody has does not become somebody.

        Who is suspended keeps the mark under another name, so that the name is looked at first.
        """
        after = change.after
        self._check_free(ref, after)
        if not after.keys() & {"active", "display_name"}:
            if after:
                self._write(ref, to_wire(after))
                self._emails.met(ref, after)
            return
        before = self.get(ref)
        if before is None:
            raise NotFound(f"{self._session.name}: there is no user {ref}")
        user = changed(before.entity, after)
        body = to_wire(_named(after, user))
        if "active" in after:
            self._turn(ref, user, body)
        else:
            self._write(ref, body)
        self._emails.met(ref, after)

    def delete(self, ref: Ref) -> None:
        """For good. Only the last user of all is kept (`Cannot delete last user.`)."""
        try:
            self._session.delete(_ONE, ref, means=_FAILED)
        except Failed as error:
            self._check_there(ref, error)
            raise

    def _turn(self, ref: Ref, user: User, body: Body) -> None:
        """Another password goes first: who cannot be kept out does not look as if they were.

        A 401 means that one may set nobody's password but one's own, as in the first commit.
        """
        password = self._new_password()
        sent = {"password": password}
        means = _FAILED | {401: Rejected}
        try:
            self._session.post(_ONE + "/password", ref, body=sent, means=means)
        except Failed as error:
            self._check_there(ref, error)
            raise
        with half_done():
            self._write(ref, body)
        if user.active:
            self._passwords.hand_over(ref, user, password)

    def _write(self, ref: Ref, body: Body) -> None:
        try:
            self._session.post(_ONE, ref, body=body, means=_FAILED)
        except NoSuchUser as error:
            raise NotFound(str(error)) from error
        except Failed as error:
            self._check_unused(ref, body.get("username"), error)
            self._check_there(ref, error)
            raise

    def _listed(self, **query: str) -> list[Account]:
        answer = self._session.get(_USERS, query=query or None)
        return [] if answer.body.strip() == b"null" else answer.json(list[Account])

    def _new_password(self) -> str:
        password = self._passwords.new()
        self._session.learn_briefly(password)
        return password

    def _check_free(self, ref: Ref, after: Mapping[str, Value]) -> None:
        """Nothing in the server minds an e-mail that another one has, where users are changed."""
        email = after.get("email")
        if email and not self._emails.known:
            self.read()
        for _, holder in self._emails.others(ref, after):
            found = self.get(holder)
            if found is not None and same(found.entity.email, email, caseless=True):
                raise Conflict(f"{self._session.name}: user {holder} has the e-mail {email}")

    def _check_unused(self, ref: Ref, username: Any, error: Unavailable) -> None:
        """Only the database minds a user name that is taken. What is looked for is a pattern, so
        that more may be found than was asked for."""
        if not isinstance(username, str):
            return
        for one in self._listed(s=username):
            if one.ref != ref and same(one.username, username, caseless=True):
                raise Conflict(f"{error}: user {one.id} is {one.username}") from error

    def _check_there(self, ref: Ref, error: Unavailable) -> None:
        if self.get(ref) is None:
            raise NotFound(f"{error}: there is no user {ref}") from error


def _named(after: Mapping[str, Value], user: User) -> Mapping[str, Value]:
    """With the name as it is to be, and whether it has a mark. An empty one cannot be written."""
    return {**after, "display_name": user.display_name or user.user_name, "active": user.active}
