"""What an operator says of a Vikunja: where it is, who syncd is there, what becomes of leavers."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from syncd.backends.http import Server
from syncd.backends.initial import InitialPasswordConfig


class VikunjaConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["vikunja"] = "vikunja"
    server: Server = Field(description="Its URL, below which /api/v1 is; or a mapping")
    user: str = Field(description="User name of an administrator, by whom syncd logs in")
    password: SecretStr = Field(description="That administrator's password")
    suspend_as: Literal["mark", "nothing"] = Field(
        default="mark",
        description="What stands for a suspension, which Vikunja does not have: a mark in the name"
        " and a password that nobody knows; or nothing, and nobody is suspended",
    )
    initial_password: InitialPasswordConfig = Field(
        default=InitialPasswordConfig(),
        description="What becomes of the passwords of new people, and of those who come back",
    )
