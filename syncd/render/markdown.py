"""A plan as Markdown, for a merge request: escaped, long sections folded, short enough to post."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from syncd.core.model import ATTRIBUTES, NAME_FIELD, Op
from syncd.core.plan import Change, Plan, Problem
from syncd.render.changes import in_order
from syncd.render.excerpt import ByRule, Excerpt, Gains
from syncd.render.remarks import remarks
from syncd.render.times import moment
from syncd.render.traces import traced
from syncd.render.words import NOTHING, SIGNS, safe, summary, value

LONGEST = 60_000
"""Characters. GitHub takes 65,536 in a comment, GitLab more."""

_SHOWN = (200, 50, 10, 1)
_FOLD = 10
_PUNCTUATION = re.compile(r"([\\`*_\[\]|~#])")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def render_markdown(plan: Plan) -> str:
    """As much of each section as fits; what is left out is counted."""
    excerpts = _excerpts(plan)
    tried = ("\n".join(_lines(plan, excerpts, shown)) for shown in _SHOWN)
    fitting = next((text for text in tried if len(text) <= LONGEST), None)
    return fitting or f"### {prose(plan.sync)}\n\n**{summary(plan)}**\n"


class _Excerpts(NamedTuple):
    changes: Excerpt
    held: ByRule
    refused: ByRule
    unsettled: ByRule
    drifted: ByRule


def _excerpts(plan: Plan) -> _Excerpts:
    """All of the plan that may be told."""
    most = max(_SHOWN)
    changes = Excerpt(most, most)
    for change in plan.changes:
        changes.add(change)
    lists = (plan.held, plan.refused, plan.unsettled, plan.drifted)
    return _Excerpts(changes, *(ByRule(some, most, most) for some in lists))


def prose(text: str) -> str:
    """Foreign text as nothing but text."""
    return _PUNCTUATION.sub(r"\\\1", _html(text))


def _html(text: str) -> str:
    plain = "".join(_HTML.get(letter, letter) for letter in safe(text))
    return plain.replace("@", "@\u2060")  # not a mention


def code(text: str) -> str:
    """Foreign text in a code span, where no mention, link or HTML is seen in it."""
    inside = safe(text).replace("|", "\\|") or NOTHING
    longest = max((len(run) for run in re.findall("`+", inside)), default=0)
    fence = "`" * (longest + 1)
    gap = " " if longest else ""
    return f"{fence}{gap}{inside}{gap}{fence}"


def _lines(plan: Plan, excerpts: _Excerpts, shown: int) -> Iterator[str]:
    yield f"### {prose(plan.sync)} → {prose(plan.target)}"
    yield f"\n**{summary(plan)}**"
    if plan.withheld:
        yield "\n**Removals are withheld:** not all could be read, so nothing is suspended,"
        yield "deleted, demoted or taken out of a group.\n"
        yield from bullet_list(plan.withheld, shown)
    yield from _changes("Changes", excerpts.changes, shown)
    yield from _refusals("Held", excerpts.held, shown)
    if plan.held:
        yield "\nIf these are meant: `syncd plan --out FILE`, and `syncd approve FILE`."
    yield from _refusals("Refused", excerpts.refused, shown)
    yield from _refusals("Never settles", excerpts.unsettled, shown)
    yield from _refusals("Changed outside", excerpts.drifted, shown)
    yield from _problems("Conflicts, for a person to decide", plan.conflicts, shown)
    yield from _problems("Could not be mapped", plan.failures, shown)
    if said := remarks(plan):
        yield ""
        yield from bullet_list(said, shown)
    yield f"\nPlan `{plan.digest[:12]}`, {moment(plan.created)}\n"


def _changes(words: str, some: Excerpt, shown: int) -> Iterator[str]:
    rows = [_row(change) for change in some.first[:shown]]
    rows += [_member_row(gains, shown) for gains in some.gains[: shown - len(rows)]]
    yield from table(f"{words} ({some.changes:,})", rows, some.things + some.groups)


def _refusals(words: str, some: ByRule, shown: int) -> Iterator[str]:
    for rule, excerpt in some.rules[:shown]:
        yield from _changes(f"{words}: {rule}", excerpt, shown)
    left = some.beyond + sum(excerpt.changes for _, excerpt in some.rules[shown:])
    if left:
        yield f"\n{words} by other rules: {left:,} more."


def _problems(words: str, problems: Sequence[Problem], shown: int) -> Iterator[str]:
    rows = [
        ("!", code(one.name or one.key), f"{prose(one.why)}<br>{code(one.key)} {prose(one.origin)}")
        for one in problems[:shown]
    ]
    yield from table(f"{words} ({len(problems):,})", rows, len(problems))


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
    if change.op is Op.CREATE:
        return after
    trace = change.traces.get(name)
    why = f" ({prose(traced(trace))})" if trace else ""
    return f"{code(value(change.before.get(name)))} → {after}{why}"


def _member_row(gains: Gains, shown: int) -> _Row:
    users = [f"{SIGNS[op]}{code(user)}" for op, some in gains.users.items() for user in some]
    left = gains.counts.total() - len(users[:shown])
    listed = " ".join(users[:shown]) + (f" and {left:,} more" if left else "")
    return "=", code(gains.group), listed


def table(title: str, rows: Sequence[_Row], number: int) -> Iterator[str]:
    """Folded where it is long. GitLab and GitHub want the blank line after the summary."""
    if not number:
        return
    fold = number > _FOLD
    summed = f"\n<details><summary>{_html(title)}</summary>\n"
    yield summed if fold else f"\n#### {prose(title)}\n"
    yield "| | who | what |"
    yield "| --- | --- | --- |"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    if number > len(rows):
        yield f"\n… and {number - len(rows):,} more."
    if fold:
        yield "\n</details>"


def bullet_list(lines: Sequence[str], shown: int) -> Iterator[str]:
    yield from (f"- {prose(line)}" for line in lines[:shown])
    if len(lines) > shown:
        yield f"- … and {len(lines) - shown:,} more"
