"""What an operator says of an OpenProject: where it is, who syncd is there, how accounts begin."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from syncd.backends.http import ClientCredentials, Server
from syncd.backends.initial import InitialPasswordConfig


class OpenProjectConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["openproject"] = "openproject"
    server: Server = Field(description="Its URL, below which /api/v3 is; or a mapping")
    api_key: SecretStr | None = Field(
        default=None, description="API key of an administrator, from that account's page"
    )
    oauth2: ClientCredentials | None = Field(
        default=None,
        description="In place of api_key: an OAuth application that acts as an administrator",
    )
    invite: bool = Field(
        default=False,
        description="New people get an invitation by e-mail and choose their password themselves",
    )
    auth_source: int | None = Field(
        default=None,
        description="Id of the LDAP connection by which new people log in; they get no password",
    )
    initial_password: InitialPasswordConfig = Field(
        default=InitialPasswordConfig(), description="What becomes of new people's passwords"
    )
    deletion_patience: float = Field(
        default=60, ge=0, le=3600, description="Seconds that a deletion is waited for"
    )

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if (self.api_key is None) == (self.oauth2 is None):
            raise ValueError("say one way to log in: api_key or oauth2")
        if self.invite and self.auth_source is not None:
            raise ValueError("who is invited chooses a password: invite or auth_source, not both")
        if self.initial_password.hand_over and not self.makes_passwords:
            raise ValueError("with invite or auth_source there is no password to hand over")
        return self

    @property
    def makes_passwords(self) -> bool:
        return not self.invite and self.auth_source is None
