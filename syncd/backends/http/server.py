"""Where an HTTP target is and how it is reached, as the configuration says it."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

DIRECT = "direct"


class ServerConfig(BaseModel):
    """One HTTP server."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str = Field(description="https://HOST[:PORT][/PATH], up to where the API begins")
    verify: bool = Field(
        default=True, description="Check the server's certificate and its host name"
    )
    ca_file: Path | None = Field(
        default=None, description="PEM file of trusted CAs; default: the system's"
    )
    certificate_file: Path | None = Field(
        default=None, description="PEM file of the client certificate"
    )
    key_file: Path | None = Field(
        default=None, description="PEM file of its private key, where that is a file of its own"
    )
    allow_cleartext: bool = Field(
        default=False, description="Speak without TLS to a host that is not this one"
    )
    proxy: str | None = Field(
        default=None,
        description="http://HOST:PORT, or direct for none; default: as the environment says"
        " (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY)",
    )
    proxy_user: str | None = Field(default=None, description="Who syncd is to the proxy")
    proxy_password: SecretStr | None = Field(default=None, description="The proxy's password")
    connect_timeout: float = Field(
        default=10, gt=0, le=600, description="Seconds for a connection, with its TLS"
    )
    read_timeout: float = Field(
        default=60, gt=0, le=3600, description="Seconds that the server may be silent"
    )
    calls_per_second: float | None = Field(
        default=None, gt=0, description="At most so many calls; default: no limit"
    )

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def overheard(self) -> bool:
        """Whether others on the network could read what is sent to it."""
        host = self.parts.hostname or ""
        if self.parts.scheme == "https" or host == "localhost":
            return False
        try:
            return not ip_address(host).is_loopback
        except ValueError:
            return True

    @model_validator(mode="after")
    def _is_an_address(self) -> Self:
        parts = self.parts
        if "@" in parts.netloc:
            raise ValueError("a server's url holds no name or password")
        if parts.scheme not in {"https", "http"}:
            raise ValueError(f"{self.url!r} must begin with https:// or http://")
        if not parts.hostname:
            raise ValueError(f"{self.url!r} names no host")
        if parts.query or parts.fragment:
            raise ValueError(f"{self.url!r} goes beyond the path")
        if parts.port == 0:  # asking for it raises ValueError where it is no port at all
            raise ValueError(f"{self.url!r} has no usable port")
        if self.overheard and not self.allow_cleartext:
            raise ValueError(f"{self.url!r} is not encrypted: https://, or allow_cleartext: true")
        return self

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.key_file is not None and self.certificate_file is None:
            raise ValueError("key_file needs certificate_file")
        if (self.proxy_user is None) != (self.proxy_password is None):
            raise ValueError("proxy_user and proxy_password go together")
        if self.proxy is not None and self.proxy != DIRECT and "@" in self.proxy:
            raise ValueError("a name and password belong in proxy_user and proxy_password")
        return self


def _server(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


Server = Annotated[
    ServerConfig, BeforeValidator(_server, json_schema_input_type=str | ServerConfig)
]
"""What a backend's `Config` has as a field: a URL alone, or a mapping."""
