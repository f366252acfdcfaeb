"""What HumHub's refusals mean: its words say more than its statuses.

English words are of the module's own code and the same in any language; what a validation says of
a field is in the caller's language, so that only the field's name is looked at.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from syncd.backends.humhub.wire import MEMBERS_ONLY
from syncd.errors import BackendError, NotFound, Rejected

_SO_ALREADY = {
    "User is already a member of the group!",
    "User is not a member of the group!",
}


_INVALID_GROUP = "Internal error while save group!"


class SoAlready(Rejected):
    """400 from controllers/user/GroupController.php: there is nothing to do."""


class NoSuchUser(NotFound):
    """It is the user who is not there, and not the group."""


class Unfit(Rejected):
    """The user name or the e-mail is invalid, or taken."""


class Outdated(Rejected):
    """What is stored is valid no more, and the whole record is judged whatever is changed of it.

    `mended` is what to send along.
    """

    mended: ClassVar[Mapping[str, Any]] = {}


class OutdatedVisibility(Outdated):
    """Visible to guests, who have no access any more."""

    mended: ClassVar = {"visibility": MEMBERS_ONLY}


class OutdatedLanguage(Outdated):
    """A language that was withdrawn: HumHub's own takes its place."""

    mended: ClassVar = {"language": ""}


class _Told(Struct):
    """What is valid is an empty array, for PHP has one kind of them."""

    message: str = ""
    account: dict[str, list[str]] | list[Any] | None = None
    profile: dict[str, list[str]] | list[Any] | None = None
    password: dict[str, list[str]] | list[Any] | None = None
    group: dict[str, list[str]] | list[Any] | None = None

    def wrong(self, section: str) -> dict[str, list[str]]:
        found = getattr(self, section)
        return found if isinstance(found, dict) else {}


def meaning(status: int, body: bytes) -> type[BackendError] | None:
    """As `Dialect.reads`."""
    told = _told(body)
    if status == HTTPStatus.BAD_REQUEST and told.message in _SO_ALREADY:
        return SoAlready
    if status == HTTPStatus.NOT_FOUND and told.message == "User not found!":
        return NoSuchUser
    if status == HTTPStatus.INTERNAL_SERVER_ERROR and told.message == _INVALID_GROUP:
        return Rejected  # a group that is invalid; nothing was stored
    if status == HTTPStatus.BAD_REQUEST:
        return _of_account(told.wrong("account").keys())
    return None


def _of_account(wrong: Any) -> type[BackendError] | None:
    if wrong & {"username", "email"}:
        return Unfit
    if "visibility" in wrong:
        return OutdatedVisibility
    return OutdatedLanguage if "language" in wrong else None


def words(body: bytes) -> str:
    """As `Dialect.words`: what is wrong with which field."""
    told = _told(body)
    wrong = [
        f"{field}: {' '.join(map(str, why))}"
        for section in ("account", "profile", "password", "group")
        for field, why in told.wrong(section).items()
    ]
    return f"{told.message}: {'; '.join(wrong)}" if wrong else ""


def _told(body: bytes) -> _Told:
    try:
        return msgspec.json.decode(body, type=_Told)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Told()
