"""What all sections of the configuration are made of."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _duration(value: object) -> object:
    match = re.fullmatch(r"(\d{1,4})([smhdw])", value, re.ASCII) if isinstance(value, str) else None
    if match is None:
        raise ValueError("should be a time such as 30d: a number up to 9999, and s, m, h, d or w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,4}[smhdw]$"}),
]
Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class Strict(BaseModel):
    """Unknown names are errors, and no message repeats what was given: it could be a secret.

    The JSON Schema takes what stands below a field as its description (syncd.config.schema).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Placed(Strict):
    """Settings that know where some of them were written. Nothing else depends on it, and no
    digest."""

    _places: Mapping[str, Mapping[str, str]] = {}

    @property
    def places(self) -> Mapping[str, Mapping[str, str]]:
        """By sync, of the rules about people, by their names below the sync."""
        return self._places

    def placed(self, places: Mapping[str, Mapping[str, str]]) -> None:
        self._places = places
