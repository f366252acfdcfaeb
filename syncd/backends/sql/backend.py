"""The SQL target: users, groups and members in SQLite or PostgreSQL, for other programs to read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from syncd.backends.sql.collection import SqlCollection
from syncd.backends.sql.members import SqlMembers
from syncd.backends.sql.schema import GROUPS, USERS
from syncd.backends.sql.session import Session
from syncd.core.model import ATTRIBUTES, GROUP_FIELDS, USER_FIELDS, Group, Kind, Op, Ref, User
from syncd.database import database_url, without_password
from syncd.errors import ConfigError
from syncd.ports import Holds

ANY_ATTRIBUTE = ATTRIBUTES + "*"


class SqlConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["sql"] = "sql"
    url: str = Field(
        default="sqlite:///store.db",
        description="`sqlite:///FILE`, relative to the configuration, or"
        " `postgresql://USER@HOST/DATABASE`.",
    )
    password: SecretStr | None = Field(
        default=None, description="PostgreSQL's; wins over the URL's."
    )
    batch_size: int = Field(default=5000, ge=1, description="Changes that one transaction makes.")

    @model_validator(mode="before")
    @classmethod
    def _hide_password(cls, given: Any) -> Any:
        """A password in the URL is moved to where nothing shows it."""
        if not isinstance(given, dict) or not isinstance(given.get("url"), str):
            return given
        try:
            url, password = without_password(given["url"])
            stands = database_url(url).database
        except ConfigError as error:
            raise ValueError(str(error)) from None
        if stands in {None, "", ":memory:"}:
            raise ValueError("names no database; a SQL store in memory would be lost: name a file")
        return {**given, "url": url, "password": given.get("password") or password}


class SqlBackend:
    Config: ClassVar[type[BaseModel]] = SqlConfig
    declares: ClassVar[dict[Kind, Holds]] = {
        Kind.USER: Holds(
            fields=USER_FIELDS | {ANY_ATTRIBUTE},
            caseless=frozenset({"user_name", "email"}),
            unique=frozenset({"user_name", "email"}),
            required=frozenset({"user_name", "active"}),
            ops=frozenset({Op.CREATE, Op.UPDATE, Op.SUSPEND, Op.RESTORE, Op.DELETE}),
            keeps_keys=True,
        ),
        Kind.GROUP: Holds(
            fields=GROUP_FIELDS | {ANY_ATTRIBUTE},
            caseless=frozenset({"display_name"}),
            unique=frozenset({"display_name"}),
            required=frozenset({"display_name"}),
            ops=frozenset({Op.CREATE, Op.UPDATE, Op.DELETE}),
            keeps_keys=True,
        ),
        Kind.MEMBER: Holds(ops=SqlMembers.ops),
    }
    concurrency = 1

    def __init__(self, name: str, config: SqlConfig, base: Path) -> None:
        url = database_url(config.url, config.password, base)
        self.name, self.config, self.base = name, config, base
        self.batch_size = config.batch_size
        self._session = Session(name, url)
        self.users = SqlCollection(self._session, USERS, self.declares[Kind.USER], User)
        self.groups = SqlCollection(self._session, GROUPS, self.declares[Kind.GROUP], Group)
        self.members = SqlMembers(self._session)

    def whoami(self) -> Ref | None:
        """syncd's login to the database is none of the store's users."""
        return None

    @contextmanager
    def batch(self) -> Iterator[None]:
        with self._session.batch():
            yield

    def close(self) -> None:
        self._session.close()
