"""Users (controllers/user/UserController.php, models/ApiUser.php)."""

from copy import deepcopy
from typing import TYPE_CHECKING

from tests.servers.humhub import rules, store
from tests.servers.humhub.auth import body, need, thrown, told
from tests.servers.humhub.rules import Errors
from tests.servers.humhub.store import UNAPPROVED, User
from tests.servers.web import Answer, Answered, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.humhub.server import HumHub

ROUTES = Routes("/api/v1/user")

EDITED = frozenset({"username", "email", "status", "visibility", "language", "tagsField"})
"""What an administrator can set (User::SCENARIO_EDIT_ADMIN); anything else is passed over."""
PLAIN = EDITED - {"status"} | {"guid", "time_zone", "auth_mode"}
"""And who only manages users, on creation: no status, and some that administrators cannot set."""


def shown(hub: "HumHub", user: User) -> dict[str, object]:
    return store.full(user, hub.url, hub.version)


def found(hub: "HumHub", number: str) -> User:
    user = hub.users.get(int(number)) if number.isdecimal() else None
    if user is None:
        raise Answered(told(404, "User not found!"))
    return user


@ROUTES.on("GET", "")
def index(hub: "HumHub", request: Request) -> Answer:
    """Everybody: the disabled, the unapproved and the soft-deleted too, in no promised order."""
    need(hub, request, "ManageUsers")
    return hub.page(request, [*hub.users.values()], lambda user: shown(hub, user))


def _look_up(hub: "HumHub", request: Request, **names: str) -> Answer:
    """`names` are the query's, with the fields that they ask for; without case, as MySQL does."""
    need(hub, request, "ManageUsers")
    if missing := [name for name in names if name not in request.query]:
        message = f"Missing required parameters: {', '.join(missing)}"
        return thrown(400, "Bad Request", message)
    wanted = {field: request.query[name].casefold() for name, field in names.items()}
    for user in hub.users.values():
        values = {field: getattr(user, field) for field in wanted}
        if {name: value and value.casefold() for name, value in values.items()} == wanted:
            return answer(200, shown(hub, user))
    return told(404, "User not found!")


@ROUTES.on("GET", "/get-by-username")
def by_username(hub: "HumHub", request: Request) -> Answer:
    return _look_up(hub, request, username="username")


@ROUTES.on("GET", "/get-by-email")
def by_email(hub: "HumHub", request: Request) -> Answer:
    return _look_up(hub, request, email="email")


@ROUTES.on("GET", "/get-by-authclient")
def by_authclient(hub: "HumHub", request: Request) -> Answer:
    return _look_up(hub, request, name="auth_mode", id="authclient_id")


@ROUTES.on("DELETE", "/session/all/{id}")
def end_sessions(hub: "HumHub", request: Request, number: str) -> Answer:
    need(hub, request, "ManageUsers")
    user = found(hub, number)
    ended, user.sessions = user.sessions, 0
    return told(200, f"{ended} user sessions deleted!")


@ROUTES.on("DELETE", "/full/{id}")
def hard_delete(hub: "HumHub", request: Request, number: str) -> Answer:
    """Nobody is protected: neither the caller nor the last administrator."""
    need(hub, request, "ManageUsers")
    user = found(hub, number)
    hub.soft_delete(user)
    request.midway()
    del hub.users[user.id]
    hub.tokens = {token: owner for token, owner in hub.tokens.items() if owner != user.id}
    return told(200, "User successfully deleted!")


@ROUTES.on("GET", "/{id}")
def view(hub: "HumHub", request: Request, number: str) -> Answer:
    need(hub, request, "ManageUsers")
    return answer(200, shown(hub, found(hub, number)))


@ROUTES.on("DELETE", "/{id}")
def soft_delete(hub: "HumHub", request: Request, number: str) -> Answer:
    """Once more does no harm, and is a success too."""
    need(hub, request, "ManageUsers")
    hub.soft_delete(found(hub, number))
    return told(200, "User successfully soft deleted!")


@ROUTES.on("POST", "")
def create(hub: "HumHub", request: Request) -> Answer:
    """No transaction: the account is there before its password, and that before its profile."""
    caller = need(hub, request, "ManageUsers")
    sent, language = body(request), _language(request, caller)
    account, profile, password = (_section(sent, name) for name in _SECTIONS)
    user = User(0, "", None)
    _load(hub, user, account, EDITED if hub.is_admin(caller) else PLAIN)
    wrong = {
        "password": rules.password(password, language) if password else {},
        "profile": rules.profile(profile, language),
        "account": rules.account(hub, user, None, language),
    }
    if any(wrong.values()):
        return _invalid(wrong)
    user.id = hub.next_id("user")
    _save(hub, user)
    hub.set_up_approved(user)
    request.midway()
    if password:
        user.password = str(password["newPassword"])
        user.must_change_password = bool(password.get("mustChangePassword"))
    request.midway()
    user.profile = {name: value for name, value in profile.items() if name in store.PROFILE}
    return answer(200, shown(hub, user))


@ROUTES.on("PUT PATCH", "/{id}")
def update(hub: "HumHub", request: Request, number: str) -> Answer:
    """PUT and PATCH are one: what is sent, of the sections that are sent and not empty."""
    caller = need(hub, request, "ManageUsers")
    before = hub.users.get(int(number)) if number.isdecimal() else None
    if before is None:  # ApiUser::findOne() assigns null to what must be a user: a TypeError
        return thrown(500, "PHP Fatal Error", "An internal server error occurred.")
    sent, language = body(request), _language(request, caller)
    account, profile, password = (_section(sent, name) for name in _SECTIONS)
    user = deepcopy(before)
    if account:
        admin = hub.is_admin(caller) or not hub.is_admin(before)
        _load(hub, user, account, EDITED if admin else EDITED - {"status"})
    if profile:
        user.profile |= {name: value for name, value in profile.items() if name in store.PROFILE}
    invalid = rules.account(hub, user, before, language)
    wrong = {
        "profile": rules.profile(user.profile, language) if profile else None,
        "account": invalid if account else {},
        "password": rules.password(password, language) if password else None,
    }
    if any(wrong.values()):
        return _invalid(wrong)
    if invalid:  # not asked about before, and saving asks
        return told(500, "Internal error while save user!")
    if password:
        user.password = str(password["newPassword"])  # mustChangePassword is for creation only
    waited = before.status == UNAPPROVED
    vars(before).update(vars(user))
    _save(hub, before)
    if waited:  # not after 0: User::afterSave
        hub.set_up_approved(before)
    return answer(200, shown(hub, before))


_SECTIONS = ("account", "profile", "password")


def _section(sent: dict[str, object], name: str) -> dict[str, object]:
    part = sent.get(name)
    return part if isinstance(part, dict) else {}


def _language(request: Request, caller: User) -> str:
    return request.headers.get("accept-language") or caller.language


def _load(hub: "HumHub", user: User, account: dict[str, object], fields: frozenset[str]) -> None:
    if hub.version == "1.18":
        # ApiUser::load() sets it to what was sent, and to nothing where nothing was: who does not
        # echo it cuts the account from its directory.
        user.authclient_id = account.get("authclient_id")
        if "authclient" in account:
            account = {**account, "auth_mode": account["authclient"]}
    for name in fields & account.keys():
        value = account[name]
        if name == "tagsField":
            user.tags = [*value] if isinstance(value, list) else str(value or "").split(",")
        elif name in {"status", "visibility"}:
            setattr(user, name, int(value) if str(value).isdecimal() else -1)
        else:
            setattr(user, name, value)


def _save(hub: "HumHub", user: User) -> None:
    user.email = user.email.lower() if user.email else None
    hub.users[user.id] = user


def _invalid(wrong: dict[str, Errors | None]) -> Answer:
    """PHP has one empty array: what has no errors is `[]`, what has some an object."""
    return told(
        400, "Validation failed", **{name: found or _none(found) for name, found in wrong.items()}
    )


def _none(found: Errors | None) -> list[str] | None:
    return None if found is None else []
