"""The server itself: its settings, what a test seeds and looks at, and jobs in the background."""

from collections.abc import Iterable
from typing import ClassVar

from tests.servers.openproject import auth, groups, users
from tests.servers.openproject.errors import fail
from tests.servers.openproject.store import ANONYMOUS, Group, User
from tests.servers.web import Answer, Request, Routes, WebServer


class OpenProject(WebServer):
    """A new installation with an administrator (id 4), whose API key is `key`.

    Settings have an installation's defaults: nobody can be deleted, for one.
    """

    routes: ClassVar[Routes] = Routes()
    key = "api-key-of-admin"
    basic = True
    """apiv3_enable_basic_auth"""
    login_required = False
    users_deletable_by_admins = False
    users_deletable_by_self = False
    max_page_size = 1000
    page_size = 20
    """The smallest of per_page_options."""
    password_min_length = 10
    name_length, mail_length, login_length = 30, 60, 256
    """As user_model.yml has them; newer ones may allow more."""
    languages = frozenset({"en", "de", "fr", "no"})
    user_limit: int | None = None
    """Seats of an Enterprise subscription."""
    token_seconds = 7200
    job_seconds = 0.2
    """How long after its 202 a deletion happens."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 4
        self.users: dict[int, User] = {}
        self.groups: dict[int, Group] = {}
        self.permissions: dict[int, set[str]] = {}
        """Who is no administrator and has `manage_user` or `create_user` nevertheless."""
        self.mails: list[str] = []
        """To whom invitations went."""
        # A built-in that no list shows, and that GET /users/2 finds.
        self.anonymous = User(ANONYMOUS, "", "", "", "Anonymous", language="en")
        admin = self.add_user("admin", "admin@example.com", admin=True)
        self.keys: dict[str, int] = {self.key: admin.id}
        self.applications: dict[str, tuple[str, int | None]] = {"client": ("secret", admin.id)}
        """OAuth: client id -> its secret and whom it acts as; who acts as nobody is anonymous."""
        self.tokens: dict[str, tuple[int | None, float]] = {}

    # -- by hand ------------------------------------------------------------------------------

    def add_user(self, login: str, email: str, **more: object) -> User:
        """As somebody does in the administration's pages; no rule is asked, and no mail is sent."""
        with self.lock:
            user = User(
                self.next_id(), login, email, **{"firstname": login, "lastname": "Doe", **more}
            )
            self.users[user.id] = user
            return user

    def add_group(self, name: str, members: Iterable[int] = ()) -> Group:
        with self.lock:
            group = Group(self.next_id(), name, [*members])
            self.groups[group.id] = group
            return group

    def find(self, login: str) -> User | None:
        with self.lock:
            return next((one for one in self.users.values() if one.login == login), None)

    def remove(self, user: User) -> None:
        with self.lock:
            del self.users[user.id]
            for group in self.groups.values():
                group.members = [number for number in group.members if number != user.id]

    def run_jobs(self, until: float | None = None) -> None:
        """Whatever was put off until then; without a time, all of it."""
        with self.lock:
            for user in [*self.users.values()]:
                if user.deleted_at is not None and (until is None or user.deleted_at <= until):
                    self.remove(user)
            for group in [*self.groups.values()]:
                if group.deleted_at is not None and (until is None or group.deleted_at <= until):
                    del self.groups[group.id]

    # -- what the others share ----------------------------------------------------------------

    def next_id(self) -> int:
        """Users and groups are principals, and share their numbers."""
        number = self._next
        self._next += 1
        return number

    def may(self, caller: User, *permissions: str) -> bool:
        """Whether the caller has one of these; administrators have all."""
        return caller.admin or not self.permissions.get(caller.id, set()).isdisjoint(permissions)

    def may_delete(self, caller: User, user: User) -> bool:
        if user is caller:
            return self.users_deletable_by_self
        return caller.admin and self.users_deletable_by_admins

    def admit(self, request: Request) -> None:
        self.run_jobs(self.now())
        if not request.path.startswith("/api/v3/"):
            return
        request.caller = auth.caller(self, request)
        auth.enforce_content_type(request)

    def unknown(self, _request: Request, methods: set[str]) -> Answer:
        if methods:
            raise fail(405, "MethodNotAllowed", "The method is not allowed on this resource.")
        raise fail(404, "NotFound", "The requested resource could not be found.")


for _part in (auth, groups, users):
    OpenProject.routes.include(_part.ROUTES)
