"""The OpenProject target, by API v3.

Written from docs/api/apiv3 in opf/openproject (openapi-spec.yml, paths, components) and, where
that is silent, from the code beside it (lib/api/v3, app/contracts/users, app/services/users).
"""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from syncd.backends.http import Dialect, Session, basic, client_credentials
from syncd.backends.initial import InitialPassword
from syncd.backends.openproject.config import OpenProjectConfig
from syncd.backends.openproject.faults import meaning
from syncd.backends.openproject.groups import OpenProjectGroups, OpenProjectMembers
from syncd.backends.openproject.users import OpenProjectUsers
from syncd.backends.openproject.wire import DECLARES
from syncd.core.model import Group, Kind, Ref, User
from syncd.ports import Collection, Holds, Memberships


class OpenProjectBackend:
    Config: ClassVar[type[BaseModel]] = OpenProjectConfig
    declares: ClassVar[dict[Kind, Holds]] = DECLARES
    concurrency = 4
    batch_size = 1

    def __init__(self, name: str, config: OpenProjectConfig, base: Path) -> None:
        """Connects to nobody. Raises `ConfigError`."""
        self.name, self.config, self.base = name, config, base
        headers = {"Accept": "application/hal+json"}
        dialect = Dialect(width=self.concurrency, headers=headers, reads=meaning)
        self.session = session = Session(f"target {name}", config.server, dialect, base)
        if config.oauth2 is not None:
            session.authorize_by(client_credentials(session.name, config.oauth2, base))
        elif config.api_key is not None:
            # Any key has this user name (openapi-spec.yml, "Basic Auth").
            session.authorize(basic("apikey", config.api_key.get_secret_value()))
        passwords = InitialPassword(name, config.initial_password, base)
        self._users = OpenProjectUsers(session, config, passwords)
        groups = OpenProjectGroups(session, config, self._users)
        self.users: Collection[User] = self._users
        self.groups: Collection[Group] = groups
        self.members: Memberships = OpenProjectMembers(session, config, self._users, groups)

    def whoami(self) -> Ref | None:
        return self._users.me().ref

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None:
        self.session.close()
