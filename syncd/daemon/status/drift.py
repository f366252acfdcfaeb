"""What somebody else changed in the target and syncd put back, as far as the journal tells.

Nobody tells syncd who changed what. But each line has what the target held before, and an
earlier line what syncd wrote there last: where the two differ, another hand was there in between,
or the target itself keeps something else than it is given.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from syncd.core.model import ATTRIBUTES, Kind, Op, Value
from syncd.core.normal import same
from syncd.ledger import DONE, Line

_UNKNOWN = object()
_CHANGING = frozenset({Op.UPDATE, Op.SUSPEND, Op.RESTORE})


class Drift(Struct, frozen=True):
    """`written` is what syncd had written of the field, `found` what stood there instead, and
    `put` what syncd set it to in `line`. Of a whole account or member: whether it is there."""

    line: Line
    field: str
    written: Value
    found: Value
    put: Value


def drift(lines: Iterable[Line], earlier: Iterable[Line]) -> list[Drift]:
    """Of these lines, the newest first; `earlier` are the done ones of the same things, with those
    among them. Of one sync, in any order."""
    asked = {line.line for line in lines}
    each = {line.line: line for line in earlier if line.outcome == DONE}
    last: dict[tuple[Kind, str, str | None], dict[str, Value]] = {}
    found: list[Drift] = []
    for number in sorted(each):
        line = each[number]
        known = last.setdefault((line.kind, line.key, line.member), {})
        if number in asked:
            found += _between(line, known)
        known.update(_left_by(line))
        if line.op is Op.DELETE:
            known.clear()
    return found[::-1]


def _between(line: Line, known: dict[str, Value]) -> Iterator[Drift]:
    """What was otherwise before this line than the lines before it had left it."""
    if line.kind is Kind.MEMBER or line.op in {Op.CREATE, Op.DELETE}:
        word = "member" if line.kind is Kind.MEMBER else "account"
        there = line.op in {Op.REMOVE, Op.DELETE}
        if known.get(_THERE, there) is not there:
            yield Drift(line, word, not there, there, not there)
        return
    for field in sorted(line.after if line.op in _CHANGING else ()):
        written, before = known.get(field, _UNKNOWN), line.before.get(field)
        if written is not _UNKNOWN and not same(_value(written), before, caseless=True):
            shown = field.removeprefix(ATTRIBUTES)
            yield Drift(line, shown, _value(written), before, line.after[field])


def _left_by(line: Line) -> dict[str, Value]:
    if line.kind is Kind.MEMBER:
        return {_THERE: line.op is Op.ADD}
    active = {"active": True} if line.op is Op.CREATE and line.kind is Kind.USER else {}
    return {**active, **line.after, _THERE: True}


def _value(known: object) -> Value:
    return known if isinstance(known, str | bool) else None


_THERE = ""
"""No field has this name: under it stands whether the thing is there at all."""
