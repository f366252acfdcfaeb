"""The configuration's shape: what may stand in the file, in the file's own words."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    Field,
    NonNegativeInt,
    SecretStr,
    SerializeAsAny,
    ValidationInfo,
    field_validator,
    model_validator,
)

from syncd.config.budgets import BudgetsSettings
from syncd.config.running import (
    DaemonSettings,
    LogSettings,
    NotifySettings,
    ScheduleSettings,
    StatusSettings,
)
from syncd.config.shape import Duration, Placed, Strict, Texts
from syncd.config.trust import ApprovalSettings, AuditSettings, EvidenceSettings
from syncd.core.policy import Adopt, Drift, Leavers, VanishedGroups
from syncd.database import database_url, without_password
from syncd.errors import ConfigError


class Part(Strict):
    """A source or target: its type and that plug-in's own checked configuration."""

    type: str
    config: SerializeAsAny[BaseModel]


_SHORTEST_LIFE = timedelta(seconds=2)


class LedgerSettings(Strict):
    """Where syncd keeps its own memory."""

    url: str | None = None
    """sqlite:///FILE or postgresql://USER@HOST/DATABASE; ledger.db in the state directory."""
    password: SecretStr | None = None
    lock_life: Duration = timedelta(seconds=10)
    """A silent holder of a lock on PostgreSQL loses it after this time."""

    @field_validator("lock_life")
    @classmethod
    def _alive(cls, value: timedelta) -> timedelta:
        if value < _SHORTEST_LIFE:
            raise ValueError("should be 2s or more: servers and networks pause for shorter times")
        return value

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, given: Any) -> Any:
        """A password inside the URL is kept as the secret that it is."""
        if not isinstance(given, Mapping) or not isinstance(given.get("url"), str):
            return given
        try:
            url, inside = without_password(given["url"])
        except ConfigError:
            return given
        return {**given, "url": url, "password": given.get("password") or inside}

    @field_validator("url")
    @classmethod
    def _usable(cls, value: str | None) -> str | None:
        try:
            _ = value and database_url(value)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return value


class MergeSettings(Strict):
    """When records of several sources are one person."""

    by: str | None = None
    """The attribute whose equal values make one person of several records."""
    precedence: dict[str, Texts] = {}
    """Attribute: names of sources; the first that has a value gives it."""


class TakeSettings(Strict):
    """Which people a sync takes; all of it must be true."""

    member_of: Texts = ()
    """Names of groups, as globs; any of them."""
    where: dict[str, Texts] = {}
    """Attribute: globs, any of them."""
    unless: Annotated[dict[str, Texts], Field(alias="except")] = {}
    """Attribute: globs, none of them."""


class UsersSettings(Strict):
    """Which people, and how a target's fields are made: of an attribute or by a template."""

    take: TakeSettings = TakeSettings()
    always: dict[str, str | None] = {}
    """Target field: attribute or template, kept true; null leaves the field alone."""
    on_create: dict[str, str] = {}
    """Target field: attribute or template, given once."""


class GroupsSettings(Strict):
    """Which groups, by name, and what they are called in the target."""

    take: Texts = ("*",)
    skip: Texts = ()
    rename: str | None = None
    """A template over the group's attributes."""


class ProtectSettings(Strict):
    """Whom nothing may take anything from."""

    users: Texts = ()
    """Logins or e-mail addresses, as globs."""
    groups: Texts = ()
    """Names of groups, as globs; their members are protected too."""


class LadderSettings(Strict):
    """The way down of an account whose person is in no source any more: the delay of each step,
    which counts from the step before."""

    suspend: Duration = timedelta()
    """After they were first missed."""
    strip: Duration | None = None
    """Out of all groups that syncd keeps, so long after the suspension. null: never."""
    delete: Duration | None = None
    """So long after that, or after the suspension where none are stripped. null: never."""


class LegalHoldSettings(Strict):
    """Somebody whose account is neither stripped of groups nor deleted, whoever asks for it."""

    user: str
    """SOURCE:KEY, or a login or e-mail; a glob."""
    reason: str
    until: date | None = None
    """The last day of it. null: until it is taken out of here."""
    suspend: bool = True
    """false: a leaver is not suspended either."""


class CohortSettings(Strict):
    """Who comes in one wave: a share, those who are named, or both."""

    percent: Annotated[float, Field(ge=0, le=100)] = 0
    """A share of all people, by a hash of their keys: the same people each time."""
    users: Texts = ()
    """Logins, as globs."""
    wait: Duration = timedelta()
    """After this wave, before the next one."""

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.percent and not self.users:
            raise ValueError("needs `percent` or `users`: nobody would be in this wave")
        return self


class WavesSettings(Strict):
    """Larger plans are applied to few first, looked at again, and then to the others."""

    first: tuple[CohortSettings, ...] = ()
    """Who comes first, in turn; all others come last."""
    minimum: NonNegativeInt = 20
    """A plan of fewer changes is applied at once."""
    errors: Annotated[float, Field(ge=0, le=100)] = 0
    """So many percent of the changes may fail, or not take, before the next wave."""


class PolicySettings(Strict):
    """What an administrator allows."""

    leavers: Leavers = Leavers.SUSPEND
    """The ladder in one word; suspend and delete without a delay before the suspension."""
    grace: Duration = timedelta(days=30)
    """Between suspension and deletion, where deletion is allowed; of a vanished group too."""
    ladder: LadderSettings | None = None
    """The ladder step by step, instead of `leavers` and `grace`."""
    legal_holds: tuple[LegalHoldSettings, ...] = ()
    restore: bool = True
    """Lift the suspensions that syncd made itself."""
    vanished_groups: VanishedGroups = VanishedGroups.EMPTY
    protect: ProtectSettings = ProtectSettings()
    adopt: Adopt = Adopt.NEVER
    """By what an account that exists already becomes syncd's own."""
    adopt_groups: bool = False
    """Whether a group that exists already does, by its name."""
    may_be_empty: Texts = ()
    """Names of this sync's sources that may hold nobody, or no groups, and are believed so."""
    budget: BudgetsSettings = BudgetsSettings()
    approval: ApprovalSettings = ApprovalSettings()
    drift: dict[str, Drift] = {}
    """Target field, or default: what becomes of it when somebody changes it in the target."""
    retry_unsettled: Duration | None = timedelta(days=7)
    """When a field is written again that the target keeps otherwise each time; null: never."""
    waves: WavesSettings = WavesSettings()


class SyncSettings(Strict):
    """One pairing: sources -> target."""

    enabled: bool = True
    """false: runs only when it is named."""
    sources: Annotated[Texts, Field(min_length=1)]
    """Names, in order of precedence."""
    target: str
    merge: MergeSettings = MergeSettings()
    users: UsersSettings = UsersSettings()
    groups: GroupsSettings = GroupsSettings()
    policy: PolicySettings = PolicySettings()
    full_every: Duration | None = None
    """How often everything is read; between, only what has changed. null: each time."""
    schedule: ScheduleSettings = ScheduleSettings()


class Settings(Placed):
    """All of the configuration. `base` is the directory that relative paths are relative to."""

    state_directory: Path = Path(".syncd")
    """Default: systemd's, else .syncd beside the file."""
    ledger: LedgerSettings = LedgerSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    sources: dict[str, Part] = {}
    targets: dict[str, Part] = {}
    syncs: dict[str, SyncSettings] = {}
    daemon: DaemonSettings = DaemonSettings()
    status: StatusSettings = StatusSettings()
    notify: NotifySettings = NotifySettings()
    log: LogSettings = LogSettings()
    audit: AuditSettings = AuditSettings()
    approvals: Path | None = None
    """A directory of approvals as YAML files, beside the people files in git."""

    _base: Path = Path()

    @field_validator("state_directory", "approvals")
    @classmethod
    def _absolute(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        return info.context / value if value and isinstance(info.context, Path) else value

    def model_post_init(self, context: Any) -> None:
        if isinstance(context, Path):
            self._base = context

    @property
    def base(self) -> Path:
        return self._base
