"""The server itself: its switches, what a test seeds and looks at, and the limit of calls."""

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from tests.servers.huddle import auth, company, members, scim, search, teams, users
from tests.servers.huddle.errors import fail
from tests.servers.huddle.store import Client, Member, Team, User
from tests.servers.web import Answer, Request, Routes, WebServer


class Huddle(WebServer):
    """The company 123, whose manager (user 1) the application `client` acts as; `token` is one of its.

    The application may provision by SCIM. It is no Huddle administrator, so that it creates nobody by
    the Users API: set `client.staff` for that.
    """

    routes: ClassVar[Routes] = Routes()
    company = 123
    secret = "secret-of-client"
    schemes = frozenset({"Bearer", "OAuth2"})
    """The newer pages say the first, the older the second."""
    token_seconds = 86400
    page_size = 25
    """Of members; nothing in a request changes it."""
    limit, window = 100_000, 300
    """Calls that an application may make in so many seconds."""
    absolute_links = False
    answers_stale = True
    """Whether the answer to an update shows the user as they were: on the page it has the old company."""
    company_writable = True
    """The other way to read that page."""
    omitted = "cleared"
    """Or `kept`: what an update does with fields that are not sent; the pages do not say."""
    suspended_word = "Suspended"
    """How a user who is not active is shown; the pages do not say."""
    iso_dates = False
    """Whether JSON has dates as XML has them."""
    job_seconds = 0.2
    export_limit = 10_000
    joins: int | None = 123
    """The company whose member a user becomes who is created by the Users API, which does not say."""
    whitelisted: frozenset[str] = frozenset()
    """Addresses that stand in a workspace's whitelist, and so cannot be changed."""
    domains: frozenset[str] | None = None
    """What SCIM may provision; None is any."""

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[int, User] = {}
        self.deleted: set[int] = set()
        self.members: dict[int, Member] = {}
        self.gone: set[int] = set()
        """Members that were deleted."""
        self.teams: dict[int, Team] = {}
        self.workspaces: set[int] = set()
        self.mails: list[str] = []
        """To whom invitations went."""
        self.searches: dict[str, list[dict[str, object]]] = {}
        self.exports: dict[str, float] = {}
        """Id -> when it is finished."""
        self._next = {"user": 1, "member": 501, "team": 9001}
        self._windows: dict[str, tuple[float, int]] = {}
        owner = self.add_user("admin@example.com", "Ann", "Admin", manager=True)
        self.client = Client(self.secret, owner.id)
        self.clients = {"client": self.client}
        self.tokens: dict[str, tuple[str, float]] = {}
        self.grants: dict[str, tuple[str, float]] = {}
        """Refresh tokens: whose, and until when; a year, unless a test says otherwise."""

    @property
    def token(self) -> str:
        """The access token `token-of-client`, good for a day from now."""
        self.tokens["token-of-client"] = ("client", self.now() + self.token_seconds)
        return "token-of-client"

    # -- by hand ------------------------------------------------------------------------------

    def add_user(
        self, email: str, first: str, last: str, *, manager: bool = False, **more: object
    ) -> User:
        """A member of the company, as somebody makes one on the website; no rule is asked."""
        with self.lock:
            user = User(self.next_id("user"), email, first, last, **more)
            self.users[user.id] = user
            self.join(user, self.company).manager = manager
            return user

    def add_team(self, workspace: int, name: str, members: Iterable[int] = ()) -> Team:
        """And the workspace, where it is not there yet; members are users."""
        with self.lock:
            team = Team(self.next_id("team"), workspace, name, {*members})
            self.workspaces.add(workspace)
            self.teams[team.id] = team
            return team

    def find(self, email: str) -> User | None:
        """Without case."""
        with self.lock:
            wanted = email.casefold()
            return next(
                (one for one in self.users.values() if one.email.casefold() == wanted), None
            )

    def member_of(self, user: User) -> Member | None:
        with self.lock:
            return next((one for one in self.members.values() if one.user == user.id), None)

    def remove_member(self, member: Member) -> None:
        """From the company; their account stays."""
        with self.lock:
            del self.members[member.id]
            self.gone.add(member.id)

    # -- what the others share ----------------------------------------------------------------

    def next_id(self, what: str) -> int:
        number = self._next[what]
        self._next[what] += 1
        return number

    def join(self, user: User, company: int) -> Member:
        member = Member(self.next_id("member"), company, user.id)
        self.members[member.id] = member
        return member

    def href(self, path: str) -> str:
        return f"{self.url}{path}" if self.absolute_links else path

    def admit(self, request: Request) -> None:
        if request.path != "/token":
            auth.admit(self, request)

    def unknown(self, request: Request, methods: set[str]) -> Answer:
        told = f"We were unable to handle your request, there is no method for {request.method} at this URI."
        raise fail(405 if methods else 404, "ResourceMatchingFailed", told)

    def count_call(self, name: str) -> None:
        start, calls = self._windows.get(name, (self.now(), 0))
        if self.now() >= start + self.window:
            start, calls = self.now(), 0
        self._windows[name] = (start, calls + 1)
        if calls >= self.limit:
            raise fail(429, "TooManyRequests", "We've received too many requests. Try again later.")

    def finish(self, request: Request, made: Answer) -> Answer:
        """Retry-After is on every answer, and tells when the window ends (RateLimiting)."""
        if not isinstance(request.caller, auth.Actor):
            return made
        start, calls = self._windows[request.caller.name]
        told = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(self.limit - calls, 0)),
            "Retry-After": str(max(int(start + self.window - self.now() + 0.999), 0)),
        }
        return replace(made, headers={**made.headers, **told})


for _part in (auth, company, search, members, scim, teams, users):
    Huddle.routes.include(_part.ROUTES)
