"""What a schema says of its attributes (RFC 7643, section 7), and what follows for syncd."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from syncd.backends.scim.places import Place
from syncd.core.model import Op
from syncd.ports import Holds

_WRITABLE = {"readWrite", "immutable"}
_READABLE = {"default", "always"}
_UNIQUE = {"server", "global"}
_NAMES = {"user_name", "email"}
"""Fields that are compared without case where the schema says so. Others keep their case in every
server, and `caseExact` is about filters (section 2.2): a title is not left in capitals for it."""


class Attribute(Struct, frozen=True, rename="camel"):
    """With the defaults of section 2.2; what is null is not said."""

    name: str
    multi_valued: bool | None = None
    required: bool | None = None
    case_exact: bool | None = None
    mutability: str | None = None
    returned: str | None = None
    uniqueness: str | None = None
    sub_attributes: "Sequence[Attribute] | None" = None

    @property
    def writable(self) -> bool:
        return (self.mutability or "readWrite") in _WRITABLE

    @property
    def shown(self) -> bool:
        return (self.returned or "default") in _READABLE

    @property
    def immutable(self) -> bool:
        return self.mutability == "immutable"

    def sub(self, name: str) -> "Attribute | None":
        return named(self.sub_attributes or (), name)


class Schema(Struct, frozen=True):
    id: str
    attributes: Sequence[Attribute] = ()


class Shape(Struct, frozen=True):
    """What one collection of a server is like.

    `extensions` are those that every resource has. `read_only` attributes are not sent back by PUT.
    `formatted` is whether a person's whole name has to be given besides its parts. `member` are the
    parts of a member that have to be given besides its value.
    """

    endpoint: str
    schema: str
    places: Mapping[str, Place]
    holds: Holds
    extensions: tuple[str, ...] = ()
    read_only: frozenset[str] = frozenset()
    formatted: bool = False
    member: frozenset[str] = frozenset()
    empty_groups: bool = True


class Known(Struct):
    """The schemas of one resource type: its own under "", and extensions by their URNs."""

    schemas: Mapping[str, Sequence[Attribute]]
    held: dict[str, Place] = field(default_factory=dict)
    sets: dict[str, set[str]] = field(default_factory=dict)

    def find(self, place: Place) -> Attribute | None:
        return named(self.schemas.get(place.extension, ()), place.attribute)

    def take(self, name: str, place: Place) -> None:
        """Holds the field if the server keeps and shows it."""
        attribute = self.find(place)
        if attribute is None or not (attribute.writable and attribute.shown):
            return
        inner = attribute.sub(place.sub) if place.sub else attribute
        if inner is None or not (inner.writable and inner.shown):
            return
        if place.many:
            place = replace(
                place, typed=_given(attribute, "type"), primary=_given(attribute, "primary")
            )
        self.held[name] = place
        self._characteristics(name, place, attribute, inner)

    def _characteristics(
        self, name: str, place: Place, attribute: Attribute, inner: Attribute
    ) -> None:
        # An e-mail must have a value; whether there must be an e-mail is another question.
        required = attribute.required if place.many else inner.required
        single = not place.many and (attribute.immutable or inner.immutable)
        law = {
            "required": required,
            "immutable": single or (place.many and attribute.immutable),
            "unique": (inner.uniqueness or "none") in _UNIQUE,
            "caseless": name in _NAMES and not inner.case_exact,
        }
        for kind, holds in law.items():
            if holds:
                self.sets.setdefault(kind, set()).add(name)

    def holds(self, always: set[str], ops: set[Op], *, keeps_keys: bool) -> Holds:
        """`always` are required whatever the schema says: syncd has them of everything."""
        fields = frozenset(self.held)

        def some(kind: str) -> frozenset[str]:
            return frozenset(self.sets.get(kind, ()))

        return Holds(
            fields=fields,
            immutable=some("immutable"),
            caseless=some("caseless"),
            unique=some("unique"),
            required=some("required") | (always & fields),
            ops=frozenset(ops),
            keeps_keys=keeps_keys,
        )


def named(attributes: Sequence[Attribute], name: str) -> Attribute | None:
    """Names of attributes are caseless (section 2.1)."""
    return next((one for one in attributes if one.name.lower() == name.lower()), None)


def _given(attribute: Attribute, sub: str) -> bool:
    found = attribute.sub(sub)
    return found is not None and found.writable
