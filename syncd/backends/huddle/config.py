"""What an operator says of a Huddle: the company, how syncd logs in, and how accounts are made."""

from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from syncd.backends.http import Server, ServerConfig
from syncd.backends.huddle.wire import OPTIONAL
from syncd.backends.initial import InitialPasswordConfig


class HuddleLogin(BaseModel):
    """An application that Huddle has registered; or an access token, which ends after a day."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token_url: Server = Field(
        default=ServerConfig(url="https://login.huddle.net/token"),
        description="The token endpoint: a URL, or a mapping as for server",
    )
    client_id: str | None = Field(default=None, description="Who the application is")
    client_secret: SecretStr | None = Field(default=None, description="Its secret")
    refresh_token: SecretStr | None = Field(
        default=None, description="A user's grant, instead of client credentials: good for a year"
    )
    token: SecretStr | None = Field(default=None, description="An access token, for trials")
    scheme: Literal["Bearer", "OAuth2"] = Field(
        default="Bearer", description="What stands before the token; older Huddles want OAuth2"
    )

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if (self.token is None) == (self.client_id is None):
            raise ValueError("say a token, or a client_id")
        if self.client_id is not None and not (self.client_secret or self.refresh_token):
            raise ValueError("client_id needs client_secret or refresh_token")
        if self.client_id is None and (self.client_secret or self.refresh_token):
            raise ValueError("client_secret and refresh_token need client_id")
        return self


class HuddleConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    identified_by: ClassVar[tuple[str, ...]] = ("server", "company")

    type: Literal["huddle"] = "huddle"
    server: Server = Field(
        default=ServerConfig(url="https://api.huddle.net"),
        description="The base URL of the API; or a mapping",
    )
    auth: HuddleLogin = Field(description="How syncd logs in")
    company: int = Field(description="Id of the company whose members are the users", ge=1)
    create_by: Literal["scim", "users", "nothing"] = Field(
        default="scim",
        description="How accounts are made: by the company's provisioning; by the Users API, which"
        " only Huddle's own administrators may; or not at all",
    )
    delete_as: Literal["member", "account"] = Field(
        default="member",
        description="member: out of the company, and the account stays; account: by the company's"
        " provisioning",
    )
    initial_password: InitialPasswordConfig = Field(
        default=InitialPasswordConfig(),
        description="What becomes of a new account's password, with create_by: users",
    )
    workspaces: tuple[int, ...] = Field(
        default=(), description="Ids of the workspaces whose teams are the groups"
    )
    drops: tuple[str, ...] = Field(
        default=(), description="Fields of users that this Huddle does not let one change"
    )
    concurrency: int = Field(default=4, ge=1, le=64, description="Calls under way at once")

    @field_validator("drops")
    @classmethod
    def _are_fields(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(names) - OPTIONAL):
            raise ValueError(f"{', '.join(unknown)}: should be among {', '.join(sorted(OPTIONAL))}")
        return names
