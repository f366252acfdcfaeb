"""What is valid (user/models/User.php, Profile.php, Password.php: rules())."""

import re
from typing import TYPE_CHECKING

from tests.servers.humhub.store import PROFILE, User

if TYPE_CHECKING:
    from tests.servers.humhub.server import HumHub

Errors = dict[str, list[str]]

_USERNAME = re.compile(r"[\w\-@.]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_URL = re.compile(r"https?://\S+\.\S+", re.IGNORECASE)

_GERMAN = {
    "{} cannot be blank.": "{} darf nicht leer sein.",
    '{} "{}" has already been taken.': '{} "{}" wird bereits verwendet.',
    "{} is not a valid email address.": "{} ist keine gültige Emailadresse.",
    "{} is invalid.": "{} ist ungültig.",
}


class Judged:
    """Collects what is wrong, in the caller's language."""

    def __init__(self, language: str) -> None:
        self._german = language.lower().startswith("de")
        self.errors: Errors = {}

    def wrong(self, field: str, message: str, *more: object) -> None:
        said = _GERMAN.get(message, message) if self._german else message
        label = field.replace("_", " ").capitalize()
        self.errors.setdefault(field, []).append(said.format(label, *more))

    def text(self, field: str, value: object, least: int, most: int | None) -> bool:
        if not isinstance(value, str):
            self.wrong(field, "{} must be a string.")
        elif len(value) < least:
            self.wrong(field, "{} should contain at least {} characters.", least)
        elif most is not None and len(value) > most:
            self.wrong(field, "{} should contain at most {} characters.", most)
        else:
            return True
        return False


def account(hub: "HumHub", user: User, before: User | None, language: str) -> Errors:
    """The whole record is judged, however little of it was sent."""
    found = Judged(language)
    _username(hub, user, before, found)
    _email(hub, user, found)
    if user.status not in (0, 1, 2, 3):  # 3 is accepted: "deleted", with nothing cleaned up
        found.wrong("status", "{} is invalid.")
    if user.visibility not in ((1, 2, 3) if hub.guest_access else (1, 3)):
        found.wrong("visibility", "{} is invalid.")
    if user.language and str(user.language) not in hub.languages:
        found.wrong("language", "{} is invalid.")
    if user.authclient_id is not None:
        found.text("authclient_id", user.authclient_id, 0, 60)
    return found.errors


def _username(hub: "HumHub", user: User, before: User | None, found: Judged) -> None:
    if not user.username:
        found.wrong("username", "{} cannot be blank.")
    elif found.text("username", user.username, 4, 50):
        changed = before is None or before.username != user.username
        # The characters are looked at where the name changed, its length always.
        if changed and not _USERNAME.fullmatch(user.username):
            found.wrong("username", "{} contains invalid characters.")
        if _taken(hub, user, "username", user.username):
            found.wrong("username", '{} "{}" has already been taken.', user.username)


def _email(hub: "HumHub", user: User, found: Judged) -> None:
    if not user.email:
        if hub.email_required:
            found.wrong("email", "{} cannot be blank.")
    elif found.text("email", user.email, 0, 150):
        if not _EMAIL.fullmatch(user.email):
            found.wrong("email", "{} is not a valid email address.")
        elif _taken(hub, user, "email", user.email):
            found.wrong("email", '{} "{}" has already been taken.', user.email)


def _taken(hub: "HumHub", user: User, field: str, value: str) -> bool:
    """MySQL's collation compares without case."""
    wanted = value.casefold()
    return any(
        (getattr(other, field) or "").casefold() == wanted
        for other in hub.users.values()
        if other.id != user.id
    )


def profile(wanted: dict[str, object], language: str) -> Errors:
    """`wanted` is all of it, as it will be. What is no text fails, a number for a zip code too."""
    found = Judged(language)
    for field, most in PROFILE.items():
        value = wanted.get(field)
        if value in (None, ""):
            if field in {"firstname", "lastname"}:
                found.wrong(field, "{} cannot be blank.")
        elif not most or not found.text(field, value, 0, most):
            continue
        elif field.startswith("url") and not _URL.fullmatch(str(value)):
            found.wrong(field, "{} is not a valid URL.")
    return found.errors


def password(sent: dict[str, object], language: str) -> Errors:
    """`/^.{5,255}$/`, unless an administrator set other patterns."""
    found = Judged(language)
    if not sent.get("newPassword"):
        found.wrong("newPassword", "{} cannot be blank.")
    else:
        found.text("newPassword", sent["newPassword"], 5, 255)
    return found.errors
