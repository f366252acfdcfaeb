"""A plan as Markdown, for a merge request: escaped, long sections folded, short enough to post."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from syncd.core.model import ATTRIBUTES, NAME_FIELD, Kind, Op
from syncd.core.plan import Change, Plan, Problem, Refusal
from syncd.render.changes import in_order
from syncd.render.remarks import remarks
from syncd.render.words import NOTHING, SIGNS, group_of_member, moment, safe, summary, value

LONGEST = 60_000
"""Characters. GitHub takes 65,536 in a comment, GitLab more."""

_SHOWN = (200, 50, 10, 1)
_FOLD = 10
_PUNCTUATION = re.compile(r"([\\`*_\[\]|~#])")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def render_markdown(plan: Plan) -> str:
    """As much of each section as fits; what is left out is counted."""
    tried = ("\n".join(_lines(plan, shown)) for shown in _SHOWN)
    fitting = next((text for text in tried if len(text) <= LONGEST), None)
    return fitting or f"### {prose(plan.sync)}\n\n**{summary(plan)}**\n"


def prose(text: str) -> str:
    """Foreign text as nothing but text."""
    return _PUNCTUATION.sub(r"\\\1", _html(text)).replace("@", "@\u2060")  # not a mention


def _html(text: str) -> str:
    return "".join(_HTML.get(letter, letter) for letter in safe(text))


def code(text: str) -> str:
    """Foreign text in a code span, where no mention, link or HTML is seen in it."""
    inside = safe(text).replace("|", "\\|") or NOTHING
    longest = max((len(run) for run in re.findall("`+", inside)), default=0)
    fence = "`" * (longest + 1)
    gap = " " if longest else ""
    return f"{fence}{gap}{inside}{gap}{fence}"


def _lines(plan: Plan, shown: int) -> Iterator[str]:
    yield f"### {prose(plan.sync)} → {prose(plan.target)}"
    yield f"\n**{summary(plan)}**"
    if plan.withheld:
        yield "\n**Removals are withheld:** not all could be read, so nothing is suspended,"
        yield "deleted, demoted or taken out of a group.\n"
        yield from _bullets(plan.withheld, shown)
    yield from _changes("Changes", plan.changes, shown)
    yield from _refusals("Held", plan.held, shown)
    yield from _refusals("Refused", plan.refused, shown)
    yield from _problems("Conflicts, for a person to decide", plan.conflicts, shown)
    yield from _problems("Could not be mapped", plan.failures, shown)
    if said := remarks(plan):
        yield ""
        yield from _bullets(said, shown)
    yield f"\nPlan `{plan.digest[:12]}`, {moment(plan.created)}\n"


def _changes(words: str, changes: Sequence[Change], shown: int) -> Iterator[str]:
    things = [_row(change) for change in changes if change.kind is not Kind.MEMBER]
    members = [change for change in changes if change.kind is Kind.MEMBER]
    by_group = groupby(sorted(members, key=lambda one: one.key), key=lambda one: one.key)
    rows = [*things, *(_member_row(list(some), shown) for _, some in by_group)]
    yield from _table(f"{words} ({len(changes):,})", rows, shown)


def _refusals(words: str, refusals: Sequence[Refusal], shown: int) -> Iterator[str]:
    for rule, some in groupby(sorted(refusals, key=lambda one: one.rule), lambda one: one.rule):
        yield from _changes(f"{words}: {rule}", [one.change for one in some], shown)


def _problems(words: str, problems: Sequence[Problem], shown: int) -> Iterator[str]:
    rows = [
        ("!", code(one.name or one.key), f"{prose(one.why)}<br>{code(one.key)} {prose(one.origin)}")
        for one in problems
    ]
    yield from _table(f"{words} ({len(problems):,})", rows, shown)


_Row = tuple[str, str, str]


def _row(change: Change) -> _Row:
    fields = [
        f"{prose(name.removeprefix(ATTRIBUTES))} {_step(change, name)}"
        for name in in_order(change.after)
        if change.op is Op.UPDATE or (change.op is Op.CREATE and name != NAME_FIELD[change.kind])
    ]
    return SIGNS[change.op], code(change.name), "<br>".join([*fields, prose(change.reason)])


def _step(change: Change, name: str) -> str:
    after = code(value(change.after[name]))
    return after if change.op is Op.CREATE else f"{code(value(change.before.get(name)))} → {after}"


def _member_row(changes: Sequence[Change], shown: int) -> _Row:
    users = [f"{SIGNS[one.op]}{code(group_of_member(one)[0])}" for one in changes]
    left = len(users) - len(users[:shown])
    listed = " ".join(users[:shown]) + (f" and {left:,} more" if left else "")
    return "=", code(group_of_member(changes[0])[1]), listed


def _table(title: str, rows: Sequence[_Row], shown: int) -> Iterator[str]:
    """Folded where it is long. GitLab and GitHub want the blank line after the summary."""
    if not rows:
        return
    fold = len(rows) > _FOLD
    summed = f"\n<details><summary>{_html(title)}</summary>\n"
    yield summed if fold else f"\n#### {prose(title)}\n"
    yield "| | who | what |"
    yield "| --- | --- | --- |"
    yield from (f"| {' | '.join(row)} |" for row in rows[:shown])
    if len(rows) > shown:
        yield f"\n… and {len(rows) - shown:,} more."
    if fold:
        yield "\n</details>"


def _bullets(lines: Sequence[str], shown: int) -> Iterator[str]:
    yield from (f"- {prose(line)}" for line in lines[:shown])
    if len(lines) > shown:
        yield f"- … and {len(lines) - shown:,} more"
