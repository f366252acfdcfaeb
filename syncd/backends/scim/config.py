"""What an operator says of a SCIM server: where it is, and what it says wrongly of itself."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from syncd.backends.http import Credentials, Server
from syncd.backends.scim.places import USER_PLACES

Auto = Literal["auto"]


class ScimConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["scim"] = "scim"
    server: Server = Field(description="The base URL of SCIM, below which /Users is; or a mapping")
    auth: Credentials = Field(default=Credentials(), description="How syncd logs in")
    own_user: str | None = Field(
        default=None,
        description="userName of the account that syncd logs in with, for servers without /Me",
    )
    groups: bool = Field(default=True, description="Whether groups and their members are managed")
    admin_role: str | None = Field(
        default=None, description="The value among a user's roles that makes an administrator"
    )
    drops: tuple[str, ...] = Field(
        default=(), description="Fields of users that the server says it keeps, and does not"
    )
    external_id: bool | Auto = Field(
        default="auto", description="Whether externalId is kept; auto: as the schema says"
    )
    patch: bool | Auto = Field(
        default="auto", description="Change by PATCH, not by PUT; auto: as the server says"
    )
    members: Literal["auto", "path", "values", "put"] = Field(
        default="auto",
        description="How members are removed: by a path for each, by a list of values, or by PUT;"
        " auto: by a path where there is PATCH",
    )
    filter: bool | Auto = Field(
        default="auto", description="Whether users can be looked for; auto: as the server says"
    )
    etag: bool | Auto = Field(
        default="auto", description="Whether versions are told and heeded; auto: as the server says"
    )
    paging: Literal["auto", "index", "cursor"] = Field(
        default="auto",
        description="How lists are paged; auto: by cursors where the server has them",
    )
    page_size: int | None = Field(
        default=None,
        ge=1,
        description="Things a page; default: as many as the server says it gives",
    )
    concurrency: int = Field(default=8, ge=1, le=64, description="Calls under way at once")

    @field_validator("drops")
    @classmethod
    def _are_fields(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = USER_PLACES.keys() - {"user_name"}
        if unknown := sorted(set(names) - known):
            raise ValueError(f"{', '.join(unknown)}: should be among {', '.join(sorted(known))}")
        return names
