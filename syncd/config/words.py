"""Say a validation error in the words of who wrote the configuration, without what was given."""

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from syncd.located.suggest import did_you_mean

Loc = tuple[str | int, ...]


class Complaint(NamedTuple):
    """Where in the model, in which words, whether it is the name there that is wrong, and whether
    it is a secret that is missing."""

    loc: Loc
    words: str
    name: bool
    secret: bool


def complaints(error: ValidationError, model: type[BaseModel]) -> list[Complaint]:
    details = error.errors(include_url=False, include_context=False, include_input=True)
    return [
        Complaint(
            detail["loc"],
            _words(detail, model),
            name=detail["type"] == "extra_forbidden",
            secret=detail["type"] == "missing" and _is_secret(model, detail["loc"]),
        )
        for detail in details
        if not (detail["type"] == "too_short" and _has_inner(detail["loc"], details))
    ]


def _has_inner(loc: Loc, details: list[ErrorDetails]) -> bool:
    """pydantic counts only the right items of a tuple, and so complains of each wrong one twice."""
    return any(len(d["loc"]) > len(loc) and d["loc"][: len(loc)] == loc for d in details)


_MAPPING = "should be a mapping of names to values"
_LIST = "should be a list, such as [a, b]"
_PLAIN = {
    "missing": "is missing",
    "too_short": "needs at least one",
    "path_type": "should be a path",
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
}
"""By pydantic's types of errors; its own words fit the rest."""


def _words(detail: ErrorDetails, model: type[BaseModel]) -> str:
    if detail["type"] == "extra_forbidden":
        *outer, name = detail["loc"]
        return f"is not known here{did_you_mean(str(name), fields_at(model, outer))}"
    if detail["input"] is None:
        return "has no value"
    words = detail["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
    return _PLAIN.get(detail["type"], words)


def _is_secret(model: type[BaseModel], loc: Loc) -> bool:
    return fields_at(model, loc[:-1]).get(str(loc[-1])) is SecretStr


def fields_at(model: Any, loc: Sequence[str | int]) -> Mapping[str, Any]:
    """The names that are known at `loc` of a model, as the file writes them, and each one's type;
    empty for none."""
    for inner in _models(model):
        if not loc:
            fields = inner.model_fields.items()
            return {field.alias or name: field.annotation for name, field in fields}
        for name, field in inner.model_fields.items():
            if (field.alias or name) == loc[0]:
                return fields_at(field.annotation, loc[1:])
    origin, inside = get_origin(model), get_args(model)
    if loc and inside and origin in {dict, Mapping, list, tuple}:
        return fields_at(inside[1] if origin in {dict, Mapping} else inside[0], loc[1:])
    if origin in {Union, UnionType, Annotated}:
        # The first part may be pydantic's name for one side of the union.
        found = [fields_at(side, rest) for side in inside for rest in (loc, loc[1:])]
        return next(filter(None, found), {})
    return {}


def _models(annotation: Any) -> list[type[BaseModel]]:
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return [annotation] if is_model else []
