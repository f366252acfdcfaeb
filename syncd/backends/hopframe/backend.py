"""The HopFrame target: users and groups of version 2 of the library.

Written from docs/api/endpoints/user.md and group.md and docs/authentication.md of
leonhoppe/HopFrame, and from its code where these are silent. Version 3 has no such API.
"""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import ClassVar

from msgspec import Struct
from pydantic import BaseModel

from syncd.backends.hopframe.config import HopFrameConfig
from syncd.backends.hopframe.groups import HopFrameGroups, HopFrameMembers
from syncd.backends.hopframe.users import HopFrameUsers
from syncd.backends.hopframe.wire import DECLARES
from syncd.backends.http import Dialect, Session, Token, Tokens
from syncd.backends.initial import InitialPassword
from syncd.core.model import Group, Kind, Ref, User
from syncd.ports import Collection, Holds, Memberships

_HEADER = "HopFrame.Authentication"
"""Not `Authorization`, whatever Swagger shows. A cookie would go before it: syncd keeps none."""


class _LoggedIn(Struct):
    value: str


class HopFrameBackend:
    Config: ClassVar[type[BaseModel]] = HopFrameConfig
    declares: ClassVar[dict[Kind, Holds]] = DECLARES
    concurrency = 1
    """Users are read and written whole, groups are parts of users, and no index keeps two at once
    from having one name: so there is one change at a time."""
    batch_size = 1

    def __init__(self, name: str, config: HopFrameConfig, base: Path) -> None:
        """Connects to nobody. Raises `ConfigError`."""
        self.name, self.config, self.base = name, config, base
        headers, session = {}, f"target {name}"
        if config.api_token is not None:
            headers[_HEADER] = config.api_token.get_secret_value()
        self.session = Session(session, config.server, Dialect(headers=headers), base)
        if config.api_token is not None:
            self.session.learn(config.api_token.get_secret_value())
        else:
            self.session.authorize_by(_tokens(session, config, base))
        self._users = HopFrameUsers(
            self.session, config, InitialPassword(name, config.initial_password, base)
        )
        groups = HopFrameGroups(self.session, self._users)
        self.users: Collection[User] = self._users
        self.groups: Collection[Group] = groups
        self.members: Memberships = HopFrameMembers(self.session, self._users, groups)

    def whoami(self) -> Ref | None:
        return self._users.own()

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None:
        self.session.close()


def _tokens(name: str, config: HopFrameConfig, base: Path) -> Tokens:
    """Of a few minutes, and nothing says of how many. To renew one takes a cookie that is only for
    TLS; to log in again is as good, and takes none."""
    password = config.password.get_secret_value() if config.password else ""
    door = Session(f"{name}: log-in", config.server, Dialect(), base)
    door.learn(password)

    def acquire() -> Token:
        body = {"email": config.email, "password": password}
        value = door.put("/api/v1/auth/login", body=body, again=True).json(_LoggedIn).value
        door.learn(value)
        return Token(value, lives=config.token_seconds)

    return Tokens(acquire, header=_HEADER, scheme="", close=door.close)
