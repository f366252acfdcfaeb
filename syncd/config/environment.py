"""What the environment and systemd's credentials set, as pydantic-settings reads it.

Values stay text. The library takes as long to import as a small plan to make, and mostly there is
nothing for it to read: whoever needs this module imports it then.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from syncd.config.naming import DELIMITER, PREFIX, TOP


class Unreadable(Exception):
    """The message says why, and shows nothing of what is in there."""


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The tree that these variables are."""
    return _Environment(environ)()


def from_credentials(directory: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The tree, and each credential's text by its name. Raises `Unreadable`."""
    try:
        credentials = _Credentials(directory)
    except OSError as error:
        raise Unreadable(str(error)) from None
    except (ValueError, SettingsError):
        # A ValueError is that of a file which is no text; it would show what is in there.
        raise Unreadable("a credential is not text, or too big") from None
    return credentials(), {name: value or "" for name, value in credentials.env_vars.items()}


class _Top(BaseSettings):
    """What the upper layers may set: anything inside these."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=DELIMITER, hide_input_in_errors=True
    )

    state_directory: str = ""
    ledger: dict[str, Any] = {}
    sources: dict[str, Any] = {}
    targets: dict[str, Any] = {}
    syncs: dict[str, Any] = {}
    daemon: dict[str, Any] = {}
    status: dict[str, Any] = {}
    notify: dict[str, Any] = {}
    log: dict[str, Any] = {}
    audit: dict[str, Any] = {}
    approvals: str = ""
    evidence: dict[str, Any] = {}


class _Environment(EnvSettingsSource):
    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(_Top)
        self.env_vars = {name.lower(): value for name, value in environ.items()}

    def decode_complex_value(self, field_name: str, field: Any, value: Any) -> Any:  # noqa: ARG002  the parent's signature
        """As it is: a password of digits is no number."""
        return value


class _Credentials(NestedSecretsSettingsSource):
    def __init__(self, directory: str) -> None:
        super().__init__(
            SecretsSettingsSource(_Top),
            secrets_dir=directory,
            secrets_dir_missing="ok",
            secrets_prefix="",
            secrets_nested_delimiter=DELIMITER,
        )

    @classmethod
    def load_secrets(cls, path: Path) -> dict[str, str]:
        """Those that are settings: a unit may be given others, such as a binary keytab."""
        return {
            file.name: file.read_text(encoding="utf-8").rstrip("\r\n")
            for file in sorted(path.iterdir())
            if file.is_file() and (DELIMITER in file.name or file.name in TOP)
        }

    def decode_complex_value(self, field_name: str, field: Any, value: Any) -> Any:  # noqa: ARG002  the parent's signature
        """As it is: a password of digits is no number."""
        return value
