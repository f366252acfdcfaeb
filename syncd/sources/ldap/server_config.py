"""Where an LDAP source's servers are and who syncd is to them, as the configuration says it."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator


def _server(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ServerConfig(Part):
    """One directory server."""

    url: str = Field(
        description="ldaps://HOST[:PORT], ldap://HOST[:PORT] or ldapi://%2Fpath%2Fto%2Fsocket"
    )
    start_tls: bool = Field(
        default=False, description="Upgrade an ldap:// connection to TLS before anything else"
    )
    verify: bool = Field(
        default=True, description="Check the server's certificate and its host name"
    )
    ca_file: Path | None = Field(
        default=None,
        description="PEM file of trusted CAs; default: the source's, then the system's",
    )
    server_name: str | None = Field(
        default=None, description="The name in its certificate, where it is not the URL's host"
    )
    allow_cleartext: bool = Field(
        default=False, description="Send the password without TLS to a host that is not this one"
    )

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def encrypted(self) -> bool:
        return self.start_tls or self.parts.scheme == "ldaps"

    @property
    def overheard(self) -> bool:
        """Whether others on the network could read what is sent to it."""
        host = self.parts.hostname or ""
        if self.encrypted or self.parts.scheme == "ldapi" or host == "localhost":
            return False
        try:
            return not ip_address(host).is_loopback
        except ValueError:
            return True

    @model_validator(mode="after")
    def _is_reachable(self) -> Self:
        if "@" in self.parts.netloc:
            raise ValueError("a server's url holds no name or password: they belong under bind")
        scheme = self.parts.scheme
        if scheme not in {"ldap", "ldaps", "ldapi"}:
            raise ValueError(f"{self.url!r} must begin with ldaps://, ldap:// or ldapi://")
        if scheme != "ldapi" and not self.parts.hostname:
            raise ValueError(f"{self.url!r} names no host")
        if scheme != "ldapi" and self.parts.path.strip("/"):
            raise ValueError(
                f"{self.url!r} goes beyond the port; bases are told under users and groups"
            )
        if self.start_tls and scheme != "ldap":
            raise ValueError(f"start_tls is for ldap:// only, not {self.url!r}")
        if self.parts.port == 0:  # asking for it raises ValueError where it is no port at all
            raise ValueError(f"{self.url!r} has no usable port")
        return self


Server = Annotated[
    ServerConfig, BeforeValidator(_server, json_schema_input_type=str | ServerConfig)
]


class BindConfig(Part):
    """Who syncd is to the directory."""

    method: Literal["simple", "external", "anonymous"] = Field(
        default="simple",
        description="A name and a password; SASL EXTERNAL (client certificate, ldapi); nobody",
    )
    dn: str | None = Field(
        default=None, description="The account's DN; Active Directory also takes user@domain"
    )
    password: SecretStr | None = Field(
        default=None, description="Its password; better in the environment or password_file"
    )
    password_file: Path | None = Field(
        default=None, description="A file that holds the password; read anew for every reading"
    )
    certificate_file: Path | None = Field(
        default=None, description="PEM file of the client certificate"
    )
    key_file: Path | None = Field(
        default=None, description="PEM file of its private key, where that is a file of its own"
    )

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        passwords = (self.password is not None) + (self.password_file is not None)
        if self.method == "simple":
            if self.dn is None or passwords != 1:
                raise ValueError("a simple bind needs dn and one of password and password_file")
            if self.password is not None and not self.password.get_secret_value():
                raise ValueError(
                    "the password is empty: servers take that for an anonymous bind (RFC 4513)"
                )
        elif passwords or self.dn is not None:
            raise ValueError(f"dn and password are for method simple, not {self.method}")
        if self.key_file is not None and self.certificate_file is None:
            raise ValueError("key_file needs certificate_file")
        return self
