"""The server itself: its switches, and what a test seeds and looks at."""

import uuid
from collections.abc import Iterable
from typing import ClassVar

from tests.servers.hopframe import auth, groups, users
from tests.servers.hopframe.results import problem
from tests.servers.hopframe.store import Group, Permission, Token, User
from tests.servers.web import Answer, Request, Routes, WebServer


class HopFrame(WebServer):
    """With one user, admin@example.com, who holds `*`; `token` is an API token of theirs, with `*`."""

    routes: ClassVar[Routes] = Routes()
    password = "password-of-admin"
    access_seconds = 5 * 60
    refresh_seconds = 30 * 24 * 3600
    default_authentication = True
    """Whether one may log in by password; API tokens are good without it."""
    update = "documented"
    """What a PUT of a user does besides: `breaks` is a 500 that stores nothing, since tokens, which JSON
    leaves out, are gone through before the saving (UserRepository @2308e152); `logs out` takes the user's
    tokens away (@f71587d7)."""

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.tokens: dict[str, Token] = {}
        self._next = 1
        self.admin = self.add_user("admin", "admin@example.com", ["*"], password=self.password)
        self.token = self.api_token(self.admin, ["*"])

    # -- by hand ------------------------------------------------------------------------------

    def add_user(
        self, username: str, email: str, permissions: Iterable[str] = (), **more: object
    ) -> User:
        """As the application does by itself; no rule is asked, so that two may have one e-mail."""
        with self.lock:
            held = [Permission(self.next_id(), name) for name in permissions]
            user = User(str(uuid.uuid4()), username, email, permissions=held, **more)
            self.users[user.id] = user
            return user

    def add_group(self, name: str, permissions: Iterable[str] = (), **more: object) -> Group:
        with self.lock:
            held = [Permission(self.next_id(), one) for one in permissions]
            self.groups[name] = Group(name, permissions=held, **more)
            return self.groups[name]

    def api_token(self, user: User, permissions: Iterable[str]) -> str:
        """Made in the application's process only, and good until it is taken back."""
        with self.lock:
            return auth.issue(self, "api", user, [*permissions])

    def find(self, username: str) -> User | None:
        with self.lock:
            return next((one for one in self.users.values() if one.username == username), None)

    def held(self, user: User) -> list[str]:
        with self.lock:
            return [one.name for one in user.permissions]

    # -- what the others share ----------------------------------------------------------------

    def next_id(self) -> int:
        """Of a permission."""
        number = self._next
        self._next += 1
        return number

    def admit(self, request: Request) -> None:
        auth.admit(self, request)

    def unknown(self, _request: Request, methods: set[str]) -> Answer:
        return problem(405 if methods else 404)


for _part in (auth, groups, users):
    HopFrame.routes.include(_part.ROUTES)
