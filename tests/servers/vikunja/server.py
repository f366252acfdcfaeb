"""The server itself: its switches, and what a test seeds and looks at."""

from dataclasses import replace
from typing import ClassVar

from tests.servers.vikunja import auth, users
from tests.servers.vikunja.auth import message
from tests.servers.vikunja.store import User
from tests.servers.web import Answer, Request, Routes, WebServer


class Vikunja(WebServer):
    """With one user, the administrator `admin` (id 1), whose token is `token`."""

    routes: ClassVar[Routes] = Routes()
    password = "password-of-admin"
    hash_seconds = 0.0
    """What bcrypt takes, at its cost of 14: about a second on a real machine."""

    # Where the page and the code differ, with the page's way:
    absent = 404
    """The status for an id that nobody has. The first commit's look-up fails before it can say so: 500."""
    own_password_only = False
    """Whether administrators are refused, with a 401, to set the passwords of others."""
    needs_email = False
    """Whether an e-mail that is empty counts as taken: the look-up by it finds anybody."""
    answers_whole = False
    """Whether an update's answer has the whole user: the page's has neither user name nor e-mail."""

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[int, User] = {}
        self._cache: dict[int, User] = {}
        self._next = 1
        self.add_user("admin", email="admin@example.com", is_admin=True, password=self.password)

    @property
    def token(self) -> str:
        """A new one of the user 1."""
        return self.token_of(self.users[1])

    def token_of(self, user: User) -> str:
        return auth.token(user, self.now())

    # -- by hand ------------------------------------------------------------------------------

    def add_user(self, username: str, **more: object) -> User:
        """As somebody does by the same API; no rule is asked."""
        with self.lock:
            return self.insert(User(0, username, **more))

    def find(self, username: str) -> User | None:
        with self.lock:
            return next((one for one in self.users.values() if one.username == username), None)

    def change_behind(self, user: User, **changes: object) -> None:
        """In the database, past the server, whose cache of rows goes on showing what was."""
        with self.lock:
            self._cache.setdefault(user.id, replace(user))
            vars(user).update(changes)

    # -- what the others share ----------------------------------------------------------------

    def insert(self, user: User) -> User:
        user.id = user.id or self._next
        self._next = max(self._next, user.id) + 1
        user.created = user.updated = int(self.now())
        self.users[user.id] = user
        return user

    def seen(self, user: User) -> User:
        """As it stands in the cache, until it is written by the server."""
        return self._cache.get(user.id, user)

    def written(self, user: User) -> None:
        self._cache.pop(user.id, None)

    def hashed(self, made: Answer) -> Answer:
        return replace(made, delay=made.delay + self.hash_seconds)

    def admit(self, request: Request) -> None:
        auth.admit(self, request)

    def unknown(self, _request: Request, methods: set[str]) -> Answer:
        return message(405, "Method Not Allowed") if methods else message(404, "Not Found")


for _part in (auth, users):
    Vikunja.routes.include(_part.ROUTES)
