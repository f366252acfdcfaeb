"""Templates to HTML. All text is escaped; what people or systems wrote is made harmless besides."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from syncd import __version__
from syncd.core.model import ATTRIBUTES, NAME_FIELD, Op, Value
from syncd.core.plan import Change
from syncd.daemon.status import chart
from syncd.daemon.status.fields import field_rows
from syncd.ledger import Line
from syncd.render import times, words
from syncd.render.changes import in_order
from syncd.render.owning import how
from syncd.render.traces import traced

_HEADERS = {"Vary": "Cookie, Authorization"}
"""Besides those that the guard gives every answer."""

_NAMELESS = "(no name)"


def sees_names(request: Request) -> bool:
    """Whether the guard found that the caller has shown the token."""
    return getattr(request.state, "sees_names", False) is True


def answer(
    request: Request, template: str, status: int, now: datetime, **told: object
) -> HTMLResponse:
    """The page, with what every page knows: the time, who asks and where they are."""
    told = {
        "now": now,
        "names": sees_names(request),
        "path": request.url.path,
        "query": {},
        "version": __version__,
        **told,
    }
    html = _environment().get_template(template).render(told)
    # What was no text to begin with (half a surrogate pair in a file's name) is no UTF-8 either.
    return HTMLResponse(html.encode("utf-8", "replace"), status, _HEADERS)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("syncd.daemon.status"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "ago": times.ago,
        "clock": times.clock,
        "counted": words.counted,
        "in_order": _fields,
        "joined": words.joined,
        "lasting": times.length,
        "moment": times.moment,
        "name": _name,
        "number": words.number,
        "rfc3339": times.rfc3339,
        "safe_text": words.safe,
        "short": _short,
        "total": _total,
        "traced": traced,
        "value": words.value,
    }
    environment.globals |= {
        "CHART": {"column": chart.COLUMN, "gap": chart.GAP, "height": chart.HEIGHT},
        "SIGNS": words.SIGNS,
        "field_rows": field_rows,
        "fields_of": fields_of,
        "how": how,
    }
    return environment


def fields_of(line: Line | Change) -> Sequence[tuple[str, str | None, str]]:
    """Field, what it was and what it became; of a creation, what was given beside the name."""
    if line.op in {Op.SUSPEND, Op.RESTORE}:
        return []  # the word says it
    created = line.op is Op.CREATE
    named = NAME_FIELD.get(line.kind) if created else None
    return [
        (
            _short(field),
            None if created else words.value(line.before.get(field)),
            words.value(line.after[field]),
        )
        for field in in_order(line.after.keys() - {named})
    ]


def _fields(of: Mapping[str, Value]) -> Sequence[tuple[str, Value]]:
    return [(_short(name), of[name]) for name in in_order(of)]


def _name(text: str) -> str:
    return words.safe(text) if text.strip() else _NAMELESS


def _short(field: str) -> str:
    return words.safe(field.removeprefix(ATTRIBUTES))


def _total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())
