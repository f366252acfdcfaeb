"""Users of an OpenProject, as the ports have them (lib/api/v3/users in opf/openproject)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from syncd.backends.http import ListPage, Session, half_done, whole
from syncd.backends.initial import InitialPassword
from syncd.backends.openproject.config import OpenProjectConfig
from syncd.backends.openproject.faults import Kept, Unclear
from syncd.backends.openproject.waiting import JSON, until_gone
from syncd.backends.openproject.wire import USERS, Body, Person, user_from_wire, user_to_wire
from syncd.core.model import Key, Ref, Stored, Update, User, Value, flat
from syncd.core.normal import same
from syncd.errors import Conflict, Denied, NotFound, Rejected

_USERS = "/api/v3/users"
_ONE = _USERS + "/{}"
_LOCK = _ONE + "/lock"

_MOST = 1000
"""Users a page: the default of apiv3_max_page_size. Who allows fewer gives fewer, and says so."""

_OLDEST_FIRST = '[["id","asc"]]'
"""Otherwise the newest come first, and push all others down while a list is read."""


_LOGIN = re.compile(r"(?i)[a-z0-9_\-@.+ ]+")
"""What can be a login at all (app/models/user.rb): another one is nobody's."""


class _Elements(Struct):
    elements: list[Person]


class _Page(Struct, rename="camel"):
    total: int
    embedded: _Elements = field(name="_embedded")
    page_size: int | None = None


class OpenProjectUsers:
    holds = USERS

    def __init__(
        self, session: Session, config: OpenProjectConfig, passwords: InitialPassword
    ) -> None:
        self._session, self._config, self._passwords = session, config, passwords
        self._me: Person | None = None
        self._numeric: set[str] = set()

    def me(self) -> Person:
        """The account that syncd logs in with. Raises `Denied` where it is no administrator's.

        Who is not may list people without their logins, cannot lock them, and sees groups as if
        nobody were in them; and without credentials that are good one is Anonymous, at a 200.
        """
        if self._me is None:
            found = self._session.get(_ONE, "me", means={404: Denied}).json(Person)
            if not found.admin:
                who = found.login or "anonymous"
                raise Denied(f"{self._session.name}: {who} is not an administrator there")
            self._me = found
        return self._me

    def read(self) -> Iterator[Stored[User]]:
        self.me()
        for person in self._everybody():
            if person.login is None:
                raise Denied(f"{self._session.name}: the login of user {person.id} is not shown")
            self._mind(person.login)
            yield user_from_wire(person)

    def get(self, ref: Ref) -> Stored[User] | None:
        """A number that is nobody's id may be somebody's login: that is somebody else."""
        try:
            found = self._session.get(_ONE, ref).json(Person)
        except NotFound:
            return None
        return user_from_wire(found) if found.ref == ref else None

    def create(self, _key: Key, entity: User) -> Ref:
        """Who is invited is sent a mail; who is not has a password from the beginning, or a
        connection that knows it (`password` can't be blank otherwise)."""
        fields = flat(entity)
        body, password = user_to_wire(fields) | {"status": "active"}, None
        if self._config.invite:
            body["status"] = "invited"
        elif self._config.auth_source is not None:
            body["_links"] = {"auth_source": {"href": self._auth_source()}}
        else:
            password = body["password"] = self._passwords.new()
            self._session.learn_briefly(password)
        ref = self._made(body, fields)
        if password is not None:
            self._passwords.hand_over(ref, entity, password)
        if not entity.active:
            with half_done():
                self._shut(ref)
        return ref

    def update(self, ref: Ref, change: Update) -> None:
        """`status` cannot be written: for that there is the lock.

        It knows active and locked accounts only: one that is invited is `Rejected`."""
        self._check_is_id(ref)
        body = user_to_wire(change.after)
        if body:
            self._write(ref, body, change.after)
        if "active" not in change.after:
            return
        turn = self._open if change.after["active"] else self._shut
        if body:
            with half_done():
                turn(ref)
        else:
            turn(ref)

    def delete(self, ref: Ref) -> None:
        """Followed to its end: the account is locked at once, and a job removes it later."""
        if self.get(ref) is None:
            raise NotFound(f"{self._session.name}: there is no user {ref}")
        try:
            self._session.delete(_ONE, ref, headers=JSON, means={403: Kept})
        except Kept as error:
            advice = "the setting users_deletable_by_admins is off, as it is by default"
            raise Kept(f"{error} ({advice})") from error
        until_gone(lambda: self.get(ref) is None, f"user {ref}", self._session, self._config)

    def _made(self, body: Body, fields: Mapping[str, Value]) -> Ref:
        try:
            ref = self._session.post(_USERS, body=body).json(Person).ref
        except Unclear as error:
            self._check_free(fields, None, error)
            raise
        self._mind(str(fields["user_name"]))
        return ref

    def _write(self, ref: Ref, body: Body, after: Mapping[str, Value]) -> None:
        try:
            self._session.patch(_ONE, ref, body=body)
        except Unclear as error:
            self._check_free(after, ref, error)
            raise
        self._mind(str(after.get("user_name", "")))

    def _shut(self, ref: Ref) -> None:
        self._session.post(_LOCK, ref, headers=JSON)

    def _open(self, ref: Ref) -> None:
        self._session.delete(_LOCK, ref, headers=JSON)

    def _auth_source(self) -> str:
        return f"{path_of(self._config)}/api/v3/auth_sources/{self._config.auth_source}"

    def _mind(self, login: str) -> None:
        if login.isdecimal():
            self._numeric.add(login)

    def _check_is_id(self, ref: Ref) -> None:
        """Where an id is gone, who has that number for a login is found, and would be changed."""
        if ref in self._numeric and self.get(ref) is None:
            raise NotFound(f"{self._session.name}: there is no user {ref}")

    def _check_free(self, after: Mapping[str, Value], ref: Ref | None, error: Rejected) -> None:
        """Raises `Conflict` where somebody else has the login or the e-mail."""
        for name, wanted, filters in _searches(after):
            for person in self._everybody(filters):
                held = getattr(user_from_wire(person).entity, name)
                if person.ref != ref and same(held, wanted, caseless=True):
                    raise Conflict(f"{error}: user {person.id} has it") from error

    def _everybody(self, filters: str | None = None) -> Iterator[Person]:
        return whole(
            f"{self._session.name}: {_USERS}", lambda: self._pages(filters), lambda one: one.id
        )

    def _pages(self, filters: str | None) -> Iterator[ListPage[Person]]:
        """`offset` is the number of a page. The last one is told by how many came in all."""
        query: dict[str, Any] = {"pageSize": _MOST, "sortBy": _OLDEST_FIRST}
        if filters is not None:
            query["filters"] = filters
        number, seen = 0, 0
        while True:
            number += 1
            page = self._session.get(_USERS, query={**query, "offset": number}).json(_Page)
            people = page.embedded.elements
            yield ListPage(people, page.total)
            seen += len(people)
            if not people or seen >= page.total:
                return


def path_of(config: OpenProjectConfig) -> str:
    """What stands before /api in all links, where OpenProject is not at the root of its host."""
    return config.server.parts.path.rstrip("/")


def _searches(after: Mapping[str, Value]) -> Iterator[tuple[str, str, str | None]]:
    """Field, value, and the filter by which whoever has it is found; None for going through all.

    There is no filter for e-mails, but the one for names looks into them (paths/users.yml). The one
    for logins may mind their case, and who has it in another is in the way.
    """
    login, email = after.get("user_name"), after.get("email")
    if isinstance(login, str) and _LOGIN.fullmatch(login):
        yield "user_name", login, _filter("login", "=", login)
        yield "user_name", login, None
    if isinstance(email, str):
        yield "email", email, _filter("name", "~", email)


def _filter(name: str, operator: str, value: str) -> str:
    return msgspec.json.encode([{name: {"operator": operator, "values": [value]}}]).decode()
