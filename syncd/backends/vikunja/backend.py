"""The Vikunja target, by the admin API for users of 2018.

Written from the wiki page "API Users" of Vikunja's author (2018-03-05), which is the contract, and,
where it is silent, from Vikunja's first commit (479cf54a), which is three months younger. There are
no groups in it, and no suspension.
"""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from syncd.backends.http import Dialect, Session
from syncd.backends.initial import InitialPassword
from syncd.backends.vikunja.config import VikunjaConfig
from syncd.backends.vikunja.faults import meaning
from syncd.backends.vikunja.login import Login
from syncd.backends.vikunja.users import VikunjaUsers
from syncd.backends.vikunja.wire import MARKED, UNMARKED
from syncd.core.model import Group, Kind, Ref, User
from syncd.ports import Collection, Holds, Memberships, Nothing


class VikunjaBackend:
    Config: ClassVar[type[BaseModel]] = VikunjaConfig
    declares: ClassVar[dict[Kind, Holds]] = {
        Kind.USER: MARKED,
        Kind.GROUP: Holds(),
        Kind.MEMBER: Holds(),
    }
    concurrency = 2  # a password takes the server a second of its processor (bcrypt at cost 14)
    batch_size = 1

    def __init__(self, name: str, config: VikunjaConfig, base: Path) -> None:
        """Connects to nobody. Raises `ConfigError`."""
        self.name, self.config, self.base = name, config, base
        dialect = Dialect(
            width=self.concurrency,
            media_type="application/json;charset=utf-8",
            headers={"Accept": "application/json"},
            reads=meaning,
        )
        self.session = Session(f"target {name}", config.server, dialect, base)
        self._login = Login(self.session.name, config, base)
        self.session.authorize_by(self._login.tokens)
        passwords = InitialPassword(name, config.initial_password, base)
        holds = MARKED if config.suspend_as == "mark" else UNMARKED
        self.users: Collection[User] = VikunjaUsers(self.session, self._login, passwords, holds)
        self.groups: Collection[Group] = Nothing()
        self.members: Memberships = Nothing()

    def whoami(self) -> Ref | None:
        return self._login.own()

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None:
        self.session.close()
