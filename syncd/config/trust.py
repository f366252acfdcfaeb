"""The configuration of what makes runs trustworthy: who approves, and the audit."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, PositiveInt, SecretStr, ValidationInfo, field_validator, model_validator

from syncd.config.shape import Duration, Strict


class ApprovalSettings(Strict):
    """What lets through what is over budget."""

    people: Annotated[int, Field(ge=1, le=2)] = 1
    """So many different people must approve the very same change."""
    expires: Duration = timedelta(hours=24)
    """So long an approval holds where nothing else is said."""

    @field_validator("expires")
    @classmethod
    def _some(cls, value: timedelta) -> timedelta:
        if value <= timedelta():
            raise ValueError("should be more than nothing")
        return value


class AuditSettings(Strict):
    """What was done, in files that show every later change."""

    enabled: bool = True
    """false: no audit is kept on this machine."""
    required: bool = False
    """true: nothing is begun, and a run breaks off, while the audit cannot be written."""
    segment_megabytes: PositiveInt = 64
    """A file of this size takes no more lines; each month begins a new one anyway."""
    keep: Duration | None = None
    """Closed files that end before that time are removed; null: none ever is."""
    private_key: SecretStr | None = None
    """Signs checkpoints: the Ed25519 key in PEM itself."""
    private_key_file: Path | None = None
    """The same, as a file."""
    checkpoint_every: PositiveInt = 1000
    """With a key, a checkpoint is signed after so many lines, and each run that did anything."""

    @field_validator("private_key_file")
    @classmethod
    def _absolute(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        return info.context / value if value and isinstance(info.context, Path) else value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.private_key is not None and self.private_key_file is not None:
            raise ValueError("private_key and private_key_file contradict each other: say one")
        return self


class EvidenceSettings(Strict):
    """What runs were decided from, for `syncd bundle` and `syncd explain --at`."""

    keep: Duration | None = timedelta(days=90)
    """So long it is kept in the ledger; null: not at all."""

    @field_validator("keep")
    @classmethod
    def _some(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value <= timedelta():
            raise ValueError("should be more than nothing, or null to keep none")
        return value
