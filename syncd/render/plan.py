"""A plan on a terminal: what will happen, all that will not and why, and a line that sums up."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from syncd.core.model import Kind, Op
from syncd.core.plan import Change, Plan, Problem, Refusal
from syncd.render.changes import rows
from syncd.render.listing import Row, bullets, listing, more, title
from syncd.render.remarks import remarks
from syncd.render.words import moment, safe, summary

_SECTIONS = [
    (kind, op)
    for kind in (Kind.USER, Kind.GROUP)
    for op in (Op.CREATE, Op.UPDATE, Op.RESTORE, Op.SUSPEND, Op.DELETE)
]
_HELD = "over a budget, or waiting for one that is"
_REFUSED = "never runs as things stand"
_CONFLICTS = "a person must decide; until then nothing is done"
_FAILURES = "could not be mapped; nothing is done to these"
_ALLOWANCE = "If this is meant, allow it under `budget` in the sync's policy, and apply again."
_ADOPTION = {
    Kind.USER: "To take over accounts that exist already, set `adopt: by_email` or "
    "`adopt: by_user_name` in the sync's policy.",
    Kind.GROUP: "To take over groups that exist already, set `adopt_groups: true` in the sync's "
    "policy.",
}
_ALL_KINDS = frozenset(_ADOPTION)


def render_plan(plan: Plan, shown: int | None, advised: Collection[Kind] = _ALL_KINDS) -> Group:
    """`shown` is how many things each section shows; None for all.

    `advised` are the kinds whose adoption the policy does not allow yet.
    """
    return Group(
        _header(plan),
        *_withheld(plan),
        *_changes(plan.changes, shown),
        *_refusals("Held", plan.held, _HELD, shown),
        *_allowance(plan),
        *_refusals("Refused", plan.refused, _REFUSED, shown),
        *_problems("Conflicts", plan.conflicts, _CONFLICTS, shown),
        *_adoption(plan, advised),
        *_problems("Failures", plan.failures, _FAILURES, shown),
        *_remarks(plan, shown),
        Text(),
        Text(summary(plan), style="bold"),
    )


def _header(plan: Plan) -> Text:
    return Text.assemble(
        (f"{safe(plan.sync)} → {safe(plan.target)}", "bold"),
        (f"   plan {plan.digest[:12]}   {moment(plan.created)}", "dim"),
    )


def _withheld(plan: Plan) -> Iterator[RenderableType]:
    if not plan.withheld:
        return
    counted = ", ".join(f"{of:,} {name}" for name, of in plan.withheld_changes.items())
    text = Group(
        Text("Not all could be read, and what was not read proves no absence:"),
        bullets(plan.withheld),
        Text(
            "So nothing is suspended, deleted, demoted or taken out of a group until all is read "
            f"to its end. Left out now: {counted or 'nothing'}."
        ),
    )
    yield Text()
    yield Panel(text, title="Removals are withheld", title_align="left", border_style="yellow")


def _changes(changes: Sequence[Change], shown: int | None) -> Iterator[RenderableType]:
    for kind, op in _SECTIONS:
        some = [change for change in changes if change.kind is kind and change.op is op]
        if some:
            yield from title(f"{op.capitalize()} {kind}s", len(some))
            yield listing(rows(some, shown))
            yield from more(len(some) - len(some[:shown]))
    members = [change for change in changes if change.kind is Kind.MEMBER]
    if members:
        yield from title("Change members", len(members))
        yield listing(rows(members, shown))
        yield from more(len({change.key for change in members}) - (shown or len(members)))


def _refusals(
    words: str, refusals: Sequence[Refusal], explained: str, shown: int | None
) -> Iterator[RenderableType]:
    if not refusals:
        return
    yield from title(words, len(refusals), explained, "bold yellow")
    for rule, some in groupby(sorted(refusals, key=_rule), key=_rule):
        changes = [one.change for one in some]
        yield Text(f"  {safe(rule)}", style="yellow")
        yield Padding(listing(rows(changes, shown)), (0, 0, 0, 2), expand=False)
        yield from more(len(changes) - len(changes[:shown]))


def _rule(one: Refusal) -> str:
    """Changes that wait stand together, whatever each of them waits for."""
    waits = one.rule.startswith("waits for ")
    return "waits for a change that does not run" if waits else one.rule


def _allowance(plan: Plan) -> Iterator[RenderableType]:
    if any(one.rule.startswith("over budget ") for one in plan.held):
        yield Padding(Text(_ALLOWANCE, style="dim"), (0, 0, 0, 2))


def _problems(
    words: str, problems: Sequence[Problem], explained: str, shown: int | None
) -> Iterator[RenderableType]:
    if not problems:
        return
    yield from title(words, len(problems), explained, "bold red")
    yield listing(_problem(one) for one in problems[:shown])
    yield from more(len(problems) - len(problems[:shown]))


def _problem(one: Problem) -> Row:
    where = f"{one.kind} {one.key}" + (f", {one.origin}" if one.origin else "")
    details = Text.assemble(safe(one.why), (f"\n{safe(where)}", "dim"))
    return Row(Text("!", style="red"), Text(safe(one.name or one.key), style="red"), details)


def _adoption(plan: Plan, advised: Collection[Kind]) -> Iterator[RenderableType]:
    taken = {one.kind for one in plan.conflicts if " is taken by " in one.why}
    for kind, advice in _ADOPTION.items():
        # Where nothing is foreign, the name is an account's that is syncd's already.
        if kind in taken and kind in advised and plan.foreign.get(kind):
            yield Padding(Text(advice, style="dim"), (0, 0, 0, 2))


def _remarks(plan: Plan, shown: int | None) -> Iterator[RenderableType]:
    said = remarks(plan)
    if said:
        yield Text()
        yield bullets(said[:shown], style="dim")
        yield from more(len(said) - len(said[:shown]))
