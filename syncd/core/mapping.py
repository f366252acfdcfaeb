"""Make target fields of a person's attributes: by name, or by a template.

Templates are Jinja2's, sandboxed and strict: a name that the person does not have is that
person's error. What a mapping leaves empty is cleared in the target.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from syncd.core.merge import Person, first
from syncd.core.model import ATTRIBUTES, USER_FIELDS, RawValue, State, User, Value, user_of
from syncd.core.normal import normal

if TYPE_CHECKING:
    from jinja2 import Environment, Template

IDENTITY = USER_FIELDS - {"active", "admin"}
"""Fields that come from the attribute of the same name unless told otherwise.

`active` follows the person's state, and `admin` is a privilege: mapped only where told."""


class Unmappable(Exception):
    """This person cannot be mapped; the message says which field and why."""


class Scope(Struct, frozen=True):
    """Whom a sync takes: members of any of these groups, with these attributes, without those.

    Patterns are shell globs, compared without case; "*" fits whoever has the attribute at all.
    Empty takes everybody.
    """

    member_of: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = {}
    unless: Mapping[str, tuple[str, ...]] = {}


class UserMapping(Struct, frozen=True):
    """Target field <- attribute name, or template where it has braces.

    `always` is kept true; None leaves the field alone. `on_create` is given once.
    """

    take: Scope = Scope()
    always: Mapping[str, str | None] = {}
    on_create: Mapping[str, str] = {}


class GroupMapping(Struct, frozen=True):
    """`take` and `skip` are globs over the group's display name in its source.

    `rename` is a template over the group's attributes that gives its name in the target.
    """

    take: tuple[str, ...] = ("*",)
    skip: tuple[str, ...] = ()
    rename: str | None = None


class Mapper:
    """A user mapping made ready: `managed` fields are kept true, those in `once` are given once."""

    def __init__(
        self, mapping: UserMapping, supplied: frozenset[str], held: frozenset[str]
    ) -> None:
        """`supplied` are the attributes any source states; `held` the fields the target has."""
        identity = {name: name for name in IDENTITY & supplied}
        rules = {**identity, **mapping.always}
        self._always = {
            field: _rule(text)
            for field, text in rules.items()
            if text is not None and field not in mapping.on_create and holds(held, field)
        }
        self._once = {
            field: _rule(text) for field, text in mapping.on_create.items() if holds(held, field)
        }
        self._supplied = supplied
        self._rules = (*self._always.items(), *self._once.items())
        self.managed = frozenset(self._always)
        self.once = frozenset(self._once)

    def user(self, person: Person) -> User:
        """Raises `Unmappable`."""
        if person.state is None and person.reason:
            raise Unmappable(
                f"it is not known whether they are suspended: {person.reason}; "
                "nothing is done to them until that can be read"
            )
        given = person.attributes
        fields = {field: _value(field, rule, given) for field, rule in self._rules}
        if not fields.get("user_name"):
            raise Unmappable("user_name is empty: the source has no such attribute for them")
        fields["active"] = person.state is not State.SUSPENDED
        return user_of(fields)

    def part(self, fields: Collection[str]) -> Callable[[Mapping[str, RawValue]], dict[str, Value]]:
        """Maps these fields only; those that cannot be mapped are left out."""
        rules = [(field, rule) for field, rule in self._rules if field in fields]

        def some(attributes: Mapping[str, RawValue]) -> dict[str, Value]:
            found: dict[str, Value] = {}
            for field, rule in rules:
                try:
                    found[field] = _value(field, rule, attributes)
                except Unmappable:
                    continue
            return found

        return some

    def doubts(self, persons: Sequence[Person]) -> "Doubts":
        """What the mapping by name does to these."""
        named = [
            (field, rule)
            for field, rule in sorted((*self._always.items(), *self._once.items()))
            if isinstance(rule, str)
        ]
        lists = [p.attributes for p in persons if tuple in map(type, p.attributes.values())]
        several: Counter[tuple[str, str]] = Counter()
        for attributes in lists:
            several.update(
                (field, rule)
                for field, rule in named
                if isinstance(value := attributes.get(rule), tuple) and len(value) > 1
            )
        missed = frozenset(
            (field, rule)
            for field, rule in named
            if rule not in self._supplied
            and persons
            and not any(person.attributes.get(rule) for person in persons)
        )
        return Doubts(len(persons), missed, several)


class Doubts(Struct, frozen=True):
    """What a mapping by name does to so many persons that may not be meant, by field and attribute.

    `missed` is what none of them has, though no source promised it; `several` counts who has more
    values of it than one.
    """

    persons: int = 0
    missed: frozenset[tuple[str, str]] = frozenset()
    several: Mapping[tuple[str, str], int] = {}

    def __add__(self, other: "Doubts") -> "Doubts":
        """Of both together."""
        if not self.persons or not other.persons:
            return self if self.persons else other
        several = Counter(self.several) + Counter(other.several)
        return Doubts(self.persons + other.persons, self.missed & other.missed, several)

    def __iter__(self) -> Iterator[str]:
        """One sentence each."""
        for field, rule in sorted({*self.missed, *self.several}):
            if (field, rule) in self.missed:
                yield f"{field} is empty for everybody: nobody has {rule}; is that name right?"
            if count := self.several.get((field, rule)):
                yield f"{field} is the first in order of several values of {rule} for {count}"


def holds(held: frozenset[str], field: str) -> bool:
    return field in held or (field.startswith(ATTRIBUTES) and f"{ATTRIBUTES}*" in held)


def matches(value: str, patterns: tuple[str, ...]) -> bool:
    """Whether any glob fits, without case and in Unicode's normal form."""
    value = normal(value, caseless=True)
    return any(fnmatchcase(value, normal(pattern, caseless=True)) for pattern in patterns)


def group_name(attributes: Mapping[str, RawValue], mapping: GroupMapping) -> str:
    """The group's name in the target. Raises `Unmappable`."""
    if mapping.rename is None:
        return first(attributes["display_name"])
    name = _evaluate("display_name", template(mapping.rename), attributes)
    if not name:
        raise Unmappable("the template in `rename` gives an empty name")
    return name


@cache
def template(text: str) -> "Template":
    """Raises `jinja2.TemplateSyntaxError`."""
    return _environment().from_string(text)


@cache
def _environment() -> "Environment":
    from jinja2 import StrictUndefined  # noqa: PLC0415  slow; many mappings have no template
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415  likewise

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.globals.clear()  # what a person does not have is an error, be it named `lipsum`
    return environment


def is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


def _rule(text: str) -> "Template | str":
    return template(text) if is_template(text) else text


def _value(field: str, rule: "Template | str", attributes: Mapping[str, RawValue]) -> Value:
    if isinstance(rule, str) and field not in _READERS:
        value = attributes.get(rule, "")
        if isinstance(value, str) and value.isascii():
            return value or None  # it is in normal form
    return _typed(field, _evaluate(field, rule, attributes))


_ABSENT = re.compile(r"('[^']+') is undefined")


def _evaluate(field: str, rule: "Template | str", attributes: Mapping[str, RawValue]) -> str:
    if isinstance(rule, str):
        return first(attributes.get(rule, ""))
    from jinja2 import TemplateError, UndefinedError  # noqa: PLC0415  as in `_environment`

    given = {
        name: _Several(sorted(value)) if isinstance(value, tuple) else value
        for name, value in attributes.items()
    }
    try:
        text = rule.render({**given, "attributes": given})
    except UndefinedError as error:
        words = _ABSENT.sub(r"the template needs \1, and there is none", error.message or "")
        raise Unmappable(f"{field}: {words}") from None
    except TemplateError as error:
        raise Unmappable(f"{field}: {error.message}") from None
    except Exception as error:  # noqa: BLE001  a template can raise anything, for one person
        raise Unmappable(f"{field}: {type(error).__name__}: {error}") from None
    return _one_line(field, text)


class _Several(tuple[str, ...]):
    """The values of one attribute as a template sees them: text where it wants text."""

    __slots__ = ()

    def __str__(self) -> str:
        return ", ".join(self)


def _one_line(field: str, text: str) -> str:
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise Unmappable(f"{field}: the template gives a line break or another control character")
    return text


def _typed(field: str, value: str) -> Value:
    if field in _READERS:
        return _READERS[field](value)
    return normal(value, caseless=False) or None


def _truth(value: str) -> bool:
    truths = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    truth = {"": False, **truths}.get(value.strip().lower())
    if truth is None:
        raise Unmappable(f"admin: {value!r} is neither true nor false")
    return truth


_READERS: dict[str, Callable[[str], Value]] = {"admin": _truth}
