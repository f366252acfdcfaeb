"""The YAML source: people and groups kept by hand or by a program, in files under version control.

All or nothing: with any mistake in any file the reading raises `SourceError` with all of
them, so that a bad file never looks like people who left.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from syncd.core.model import GroupRecord, UserRecord
from syncd.errors import SourceError
from syncd.located.yamlfile import load
from syncd.paging import Page
from syncd.ports import Cursor
from syncd.sources.yaml.files import find
from syncd.sources.yaml.references import check_names, flatten
from syncd.sources.yaml.roster import Roster
from syncd.sources.yaml.schema import TEXTS
from syncd.sources.yaml.users import Users


def _zone(name: str) -> tzinfo:
    # "UTC" must work where no time zone data is installed.
    return UTC if name == "UTC" else ZoneInfo(name)


def _known_zone(name: str) -> str:
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone such as Europe/Berlin") from None
    return name


class YamlConfig(BaseModel):
    """A source of `type: yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["yaml"]
    paths: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        Field(min_length=1, description="Files, directories and globs, relative to this file."),
    ]
    time_zone: Annotated[
        str,
        AfterValidator(_known_zone),
        Field(description="Where a day begins, for valid_from and valid_until."),
    ] = "UTC"


class YamlReading(Struct, frozen=True):
    """Always whole: a reading that would not be is never made."""

    _users: Users
    groups: tuple[GroupRecord, ...]
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cursor: Cursor | None = None

    @property
    def users(self) -> tuple[UserRecord, ...]:
        """By key."""
        found = (page.decode(at) for page in self.user_pages for at in range(len(page.prints)))
        records = (sighting.record for sighting in found if sighting.record)
        return tuple(sorted(records, key=lambda user: user.key))

    @property
    def user_pages(self) -> Iterator[Page[UserRecord]]:
        return self._users.pages()


class YamlSource:
    Config: ClassVar[type[BaseModel]] = YamlConfig
    supplies = frozenset({*TEXTS, "admin"})
    local = True

    def __init__(
        self, name: str, config: YamlConfig, base: Path, today: Callable[[], date] | None = None
    ) -> None:
        """`today` is the date in `config.time_zone`."""
        zone = _zone(config.time_zone)
        self._name, self._config, self._base = name, config, base
        self._today = today or (lambda: datetime.now(zone).date())

    def read(self, since: Cursor | None = None) -> YamlReading:  # noqa: ARG002  files are always read whole
        roster = Roster(self._name, self._today())
        files, missing = find(self._config.paths, self._base)
        roster.mistakes += missing
        broken = bool(missing)
        for file in files:
            streamed = {"users": roster.users.take, "groups": roster.group}
            document = load(file.path, file.shown, streamed)
            roster.top(document.root)
            roster.mistakes += document.mistakes
            broken |= document.broken
        # A file that could not be read may hold those who seem to be nobody.
        groups = [] if broken else self._resolved(roster)
        if roster.mistakes:
            raise SourceError(*dict.fromkeys(str(one) for one in sorted(roster.mistakes)))
        return YamlReading(roster.users, tuple(groups))

    def close(self) -> None:
        """Nothing stays open between readings."""

    @staticmethod
    def _resolved(roster: Roster) -> list[GroupRecord]:
        check_names(roster)
        return flatten(roster)
