"""What options take, and what they are where nothing is said."""

from enum import StrEnum
from typing import NamedTuple

SHOWN = 40
"""How many things a section shows unless all are asked for."""


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class TableOrJson(StrEnum):
    TABLE = "table"
    JSON = "json"


class Signing(NamedTuple):
    """How an approval is given; `shown` is how much of it is shown before, None for all."""

    sync: str | None
    expires: str | None
    by: str | None
    yes: bool
    shown: int | None


class Reading(NamedTuple):
    """How much is to be read; neither: what is due. In a `retry` all is written that differs."""

    full: bool = False
    quick: bool = False
    retry: bool = False


class Terms(NamedTuple):
    """What is said beforehand: that nobody is to be asked, and that a saved plan is to run whole or
    not at all."""

    yes: bool = False
    strict: bool = False
