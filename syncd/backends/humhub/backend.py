"""The HumHub target."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace
from pydantic import BaseModel

from syncd.backends.http import Dialect, Session
from syncd.backends.humhub.config import HumHubConfig
from syncd.backends.humhub.groups import Administrators, HumHubGroups, HumHubMembers
from syncd.backends.humhub.login import log_in
from syncd.backends.humhub.refusals import meaning, words
from syncd.backends.humhub.users import HumHubUsers
from syncd.backends.humhub.wire import Head, user_fields
from syncd.backends.initial import InitialPassword
from syncd.core.model import Kind, Op, Ref
from syncd.ports import Holds

USERS = Holds(
    fields=user_fields(()) | {"active", "admin", "attributes.*"},
    caseless=frozenset({"user_name", "email"}),
    unique=frozenset({"user_name", "email"}),
    required=frozenset({"user_name", "email", "given_name", "family_name", "active"}),
    ops=frozenset({Op.CREATE, Op.UPDATE, Op.SUSPEND, Op.RESTORE, Op.DELETE}),
)
"""As a new installation has it: there, first and last name are required (installer/libs/
InitialData.php), and so is the e-mail (user/Module.php, emailRequired)."""

GROUPS = Holds(
    fields=frozenset({"display_name", "attributes.description"}),
    required=frozenset({"display_name"}),
    ops=frozenset({Op.CREATE, Op.UPDATE, Op.DELETE}),
)


class HumHubBackend:
    Config: ClassVar[type[BaseModel]] = HumHubConfig
    declares: ClassVar[dict[Kind, Holds]] = {
        Kind.USER: USERS,
        Kind.GROUP: GROUPS,
        Kind.MEMBER: Holds(ops=HumHubMembers.ops),
    }
    batch_size = 1

    def __init__(self, name: str, config: HumHubConfig, base: Path) -> None:
        """Connects to nobody. Raises `ConfigError`."""
        self.name, self.config, self.base = name, config, base
        self.concurrency = config.concurrency
        dialect = Dialect(width=config.concurrency, reads=meaning, words=words)
        self.session = Session(f"target {name}", config.server, dialect, base)
        log_in(self.session, config, base)
        passwords = None
        if config.initial_password is not None:
            passwords = InitialPassword(name, config.initial_password, base)
        admins = Administrators(self.session, config.admin_group)
        self.users = HumHubUsers(self.session, config, _holds(config), admins, passwords)
        self.groups = HumHubGroups(self.session, GROUPS, admins)
        self.members = HumHubMembers(self.session, self.groups, self.users.husks)

    def whoami(self) -> Ref | None:
        return Ref(str(self.session.get("/api/v1/auth/current").json(Head).id))

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None:
        self.session.close()


def _holds(config: HumHubConfig) -> Holds:
    """What this instance has: the columns that are named, and administrators if somebody asks."""
    fields = user_fields(config.profile) | {"active"}
    return replace(USERS, fields=fields if config.admin_group is None else fields | {"admin"})
