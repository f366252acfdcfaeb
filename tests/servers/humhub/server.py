"""The server itself: its switches, what a test seeds and looks at, and pages."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, TypeVar

from tests.servers.humhub import auth, groups, users
from tests.servers.humhub.store import DELETED, ENABLED, Group, User
from tests.servers.web import Answer, Request, Routes, WebServer, answer

T = TypeVar("T")


class HumHub(WebServer):
    """A new installation: the groups Administrator (1) and Users (2, default), and the user admin (1).

    `token` is the bearer token of that user; `password` is theirs, for basic and JWT.
    """

    routes: ClassVar[Routes] = Routes()
    token = "bearer-token-of-admin"
    password = "password-of-admin"

    version = "1.18"
    """Or `1.19`: how an account shows where its user comes from."""
    jwt = bearer = basic = True
    """What one may log in with."""
    jwt_seconds = 0
    """How long a JWT holds; 0 is for ever."""
    enabled_users: set[int] | None = None
    """Who may use basic and JWT; None is everybody. Bearer tokens ask nobody."""
    maintenance = False
    guest_access = False
    email_required = True
    languages = frozenset({"en-US", "en-GB", "de", "fr", "nb-NO"})
    tells_total = True
    """Some revisions of Yii forget the count when the page size is set: `total` is null then."""
    admin_group, default_group = 1, 2

    def __init__(self, version: str = "1.18") -> None:
        super().__init__()
        self.version = version
        self.users: dict[int, User] = {}
        self.groups = {1: Group(1, "Administrator"), 2: Group(2, "Users")}
        self.permissions: dict[int, set[str]] = {}
        """Who is no administrator and has ManageUsers or ManageGroups nevertheless."""
        self.spaces: dict[int, int] = {}
        """Id -> who owns it; they are deleted with their owner."""
        self.mails: list[tuple[int, str]] = []
        """To whom, and what about."""
        self._next = {"user": 1, "group": 3, "space": 1}
        admin = self.add_user("admin", "admin@example.com", groups=[1], password=self.password)
        self.tokens: dict[str, int] = {self.token: admin.id}
        self.impersonations: dict[str, tuple[int, float]] = {}

    # -- by hand ------------------------------------------------------------------------------

    def add_user(
        self, username: str, email: str | None, *, groups: Iterable[int] = (2,), **more: object
    ) -> User:
        """As somebody does in the administration's pages; no rule is asked."""
        with self.lock:
            user = User(self.next_id("user"), username, email, **more)
            user.profile = {"firstname": username, "lastname": "Doe", **user.profile}
            self.users[user.id] = user
            for number in groups:
                self.groups[number].members[user.id] = False
            return user

    def add_group(self, name: str, members: Iterable[int] = ()) -> Group:
        with self.lock:
            made = Group(self.next_id("group"), name, members=dict.fromkeys(members, False))
            self.groups[made.id] = made
            return made

    def add_space(self, owner: int) -> int:
        with self.lock:
            number = self.next_id("space")
            self.spaces[number] = owner
            return number

    def find(self, username: str) -> User | None:
        with self.lock:
            return next((one for one in self.users.values() if one.username == username), None)

    # -- what the others share ----------------------------------------------------------------

    def next_id(self, what: str) -> int:
        number = self._next[what]
        self._next[what] += 1
        return number

    def is_admin(self, user: User) -> bool:
        return user.id in self.groups[self.admin_group].members

    def soft_delete(self, user: User) -> None:
        """Spaces, memberships, passwords and sessions go; a husk stays (User::softDelete)."""
        self.spaces = {at: owner for at, owner in self.spaces.items() if owner != user.id}
        for group in self.groups.values():
            group.members.pop(user.id, None)
        names = {"firstname", "lastname"}
        user.profile = {name: value for name, value in user.profile.items() if name in names}
        user.username, user.email, user.status = f"deleted-{user.id}", None, DELETED
        user.password, user.authclient_id, user.sessions = None, None, 0

    def set_up_approved(self, user: User) -> None:
        if user.status == ENABLED and self.default_group in self.groups:
            self.groups[self.default_group].members.setdefault(user.id, False)

    def admit(self, request: Request) -> None:
        auth.admit(self, request)

    def unknown(self, _request: Request, _methods: set[str]) -> Answer:
        return auth.thrown(404, "Not Found", "Page not found.")

    def page(
        self, request: Request, rows: Sequence[T], shown: Callable[[T], dict[str, object]]
    ) -> Answer:
        """One page, by an offset into rows that nothing sorts (BaseController::handlePagination)."""
        size = min(integer(request.query.get("limit", "100")), 100)
        at = max(integer(request.query.get("page", "1")) - 1, 0)
        # Yii takes a page size below 1 for "no limit": the whole table is one answer.
        taken = rows[at * size : (at + 1) * size] if size > 0 else rows
        pages = -(-len(rows) // size) if size > 0 else min(len(rows), 1)
        return answer(
            200,
            {
                "total": len(rows) if self.tells_total else None,
                "page": at + 1,
                "pages": pages,
                "links": _links(request.path, at + 1, pages, size),
                "results": [shown(row) for row in taken],
            },
        )

    def stamp(self) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.now()))


def integer(text: str) -> int:
    """As PHP's `(int)` does: what is no number is 0."""
    try:
        return int(text)
    except ValueError:
        return 0


def _links(path: str, page: int, pages: int, size: int) -> dict[str, str]:
    """They carry `per-page`, which nothing reads: who follows them gets pages of 100."""
    wanted = {"self": page, "first": 1, "last": pages, "prev": page - 1, "next": page + 1}
    return {
        name: f"{path}?page={number}&per-page={size}"
        for name, number in wanted.items()
        if name == "self" or 1 <= number <= pages
    }


for _part in (auth, groups, users):
    HumHub.routes.include(_part.ROUTES)
