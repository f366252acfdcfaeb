"""What an operator says of a HumHub: where it is, who syncd is there, and what a deletion is."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from syncd.backends.http import Server
from syncd.backends.initial import InitialPasswordConfig

PROFILE = (
    "street",
    "zip",
    "city",
    "state",
    "phone_private",
    "mobile",
    "fax",
    "about",
    "url",
)
"""Columns of text that the profile of a new installation has (installer/libs/InitialData.php),
besides those that are fields of their own."""


class HumHubLogin(BaseModel):
    """A token, or a user and password."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr | None = Field(
        default=None, description="A bearer token, made in HumHub's administration"
    )
    user: str | None = Field(default=None, description="User name or e-mail; with password")
    password: SecretStr | None = Field(default=None, description="The user's password")
    basic: bool = Field(
        default=False,
        description="Show user and password with each call, where JWT is off in HumHub: slow",
    )

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if (self.token is None) == (self.user is None):
            raise ValueError("say a token, or user and password")
        if self.basic and (self.user is None or ":" in self.user):
            raise ValueError("basic needs a user whose name holds no colon")
        return self


class HumHubConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["humhub"] = "humhub"
    server: Server = Field(description="HumHub's base URL, before /api/v1; or a mapping")
    auth: HumHubLogin = Field(description="How syncd logs in")
    admin_group: int | None = Field(
        default=1,
        ge=1,
        description="Id of the group whose members are administrators: it is no group of the sync,"
        " but everybody's field admin; null: nobody asks who is one",
    )
    user_sources: tuple[str, ...] = Field(
        default=("local",),
        description="Whose accounts syncd may change, by where HumHub says that they come from"
        " (authclient until 1.18, user_source since)",
    )
    profile: tuple[str, ...] = Field(
        default=PROFILE, description="Columns of the profile that are attributes of users"
    )
    delete_as: Literal["soft", "hard"] = Field(
        default="soft",
        description="soft: the account becomes a husk, its spaces are deleted, what it wrote stays;"
        " hard: what it wrote goes too",
    )
    initial_password: InitialPasswordConfig | None = Field(
        default=InitialPasswordConfig(),
        description="What becomes of a new account's password; null: it gets none",
    )
    must_change_password: bool = Field(
        default=True, description="Whether a new account has to change that password first"
    )
    concurrency: int = Field(default=4, ge=1, le=64, description="Calls under way at once")
