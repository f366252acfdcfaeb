"""What an operator says of an application with HopFrame: where it is, and who syncd is there."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from syncd.backends.http import Server
from syncd.backends.initial import InitialPasswordConfig


class HopFrameConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["hopframe"] = "hopframe"
    server: Server = Field(description="Its URL, below which /api/v1 is; or a mapping")
    email: str = Field(description="E-mail of the account that syncd logs in with")
    password: SecretStr | None = Field(default=None, description="That account's password")
    api_token: SecretStr | None = Field(
        default=None,
        description="In place of the password: an API token of that account, made by the"
        " application",
    )
    token_seconds: float = Field(
        default=300, gt=0, description="For how long a log-in is good, as the application sets it"
    )
    admin_permission: str = Field(
        default="*", min_length=1, max_length=255, description="What makes an administrator"
    )
    suspend_as: Literal["mark", "nothing"] = Field(
        default="mark",
        description="What stands for a suspension, which HopFrame does not have: a mark before"
        " each permission, by which it grants nothing; or nothing, and nobody is suspended",
    )
    initial_password: InitialPasswordConfig = Field(
        default=InitialPasswordConfig(), description="What becomes of new people's passwords"
    )

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if (self.password is None) == (self.api_token is None):
            raise ValueError("say one way to log in: password or api_token")
        return self
