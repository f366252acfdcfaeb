"""How syncd logs in, as the configuration of most backends says it."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from syncd.backends.http.basic import basic
from syncd.backends.http.oauth2 import ClientCredentials, client_credentials
from syncd.backends.http.session import Session


class Credentials(BaseModel):
    """One of: a token, a user and password, OAuth 2.0; or none, where TLS says who syncd is."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr | None = Field(default=None, description="A bearer token that does not end")
    user: str | None = Field(default=None, description="For HTTP's Basic; with password")
    password: SecretStr | None = Field(default=None, description="The user's password")
    oauth2: ClientCredentials | None = Field(
        default=None, description="Client credentials: a token that is had, and renewed, by itself"
    )

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.user is not None and ":" in self.user:
            raise ValueError("a user's name that holds a colon cannot be told by HTTP's Basic")
        ways = {"token": self.token, "user": self.user, "oauth2": self.oauth2}
        given = [name for name, value in ways.items() if value is not None]
        if len(given) > 1:
            raise ValueError(f"say one way to log in, not {' and '.join(given)}")
        return self

    def apply(self, session: Session, base: Path) -> None:
        """All calls of the session log in so. Connects to nobody."""
        if self.token is not None:
            session.authorize(f"Bearer {self.token.get_secret_value()}")
        elif self.user is not None and self.password is not None:
            session.authorize(basic(self.user, self.password.get_secret_value()))
        elif self.oauth2 is not None:
            session.authorize_by(client_credentials(session.name, self.oauth2, base))
