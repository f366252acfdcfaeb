"""What options take, and what they are where nothing is said."""

from enum import StrEnum

SHOWN = 40
"""How many things a section shows unless all are asked for."""


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class TableOrJson(StrEnum):
    TABLE = "table"
    JSON = "json"
