"""A plan on a terminal: what will happen, all that will not and why, and a line that sums up."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from syncd.core.model import Kind
from syncd.core.plan import Change, Plan, Problem, Refusal
from syncd.render.listing import Page, Row, bullets, listing, listings, more, title
from syncd.render.remarks import remarks
from syncd.render.sections import by_rule, of_changes
from syncd.render.times import moment
from syncd.render.words import safe, summary

_HELD = "over a budget, or waiting for one that is"
_REFUSED = "never runs as things stand"
_UNSETTLED = "the target keeps it otherwise; `--retry-unsettled` writes it once more"
_DRIFTED = "and left so until the source changes"
_CONFLICTS = "a person must decide; until then nothing is done"
_FAILURES = "could not be mapped; nothing is done to these"
_ALLOWANCE = (
    "If this is meant, {how} lets exactly this through, once. What may always be so is allowed "
    "under `budget` in the sync's policy."
)
_ADOPTION = {
    Kind.USER: "To take over accounts that exist already, set `adopt: by_email` or "
    "`adopt: by_user_name` in the sync's policy.",
    Kind.GROUP: "To take over groups that exist already, set `adopt_groups: true` in the sync's "
    "policy.",
}
_ALL_KINDS = frozenset(_ADOPTION)


def render_plan(
    plan: Plan, shown: int | None, advised: Collection[Kind] = _ALL_KINDS, approve: str = ""
) -> Page:
    """`shown` is how many things each section shows; None for all.

    `advised` are the kinds whose adoption the policy does not allow yet. `approve` is how one
    approves what is held, where that is not done by the plan's digest.
    """
    return Page(lambda: _parts(plan, shown, advised, approve))


def _parts(
    plan: Plan, shown: int | None, advised: Collection[Kind], approve: str
) -> Iterator[RenderableType]:
    yield header(plan.sync, plan.target, plan.digest, plan.created)
    yield from withheld(plan)
    yield from _changes(plan.changes, shown)
    how = approve or f"`syncd approve {plan.digest[:12]}`"
    yield from refusals("Held", plan.held, _HELD, shown, _ALLOWANCE.format(how=how))
    yield from refusals("Refused", plan.refused, _REFUSED, shown)
    yield from refusals("Never settles", plan.unsettled, _UNSETTLED, shown)
    yield from refusals("Changed outside", plan.drifted, _DRIFTED, shown)
    yield from problems("Conflicts", plan.conflicts, _CONFLICTS, shown)
    yield from _adoption(plan, advised)
    yield from problems("Failures", plan.failures, _FAILURES, shown)
    yield from _remarks(plan, shown)
    yield Text()
    yield Text(summary(plan), style="bold")


def header(sync: str, target: str, digest: str, created: datetime) -> Text:
    return Text.assemble(
        (f"{safe(sync)} → {safe(target)}", "bold"),
        (f"   plan {digest[:12]}   {moment(created)}", "dim"),
    )


def withheld(plan: Plan) -> Iterator[RenderableType]:
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
    for section in of_changes(changes, shown):
        yield from title(section.words, section.number)
        yield from listings(section.rows)
        yield from more(section.left)


def refusals(
    words: str, those: Sequence[Refusal], explained: str, shown: int | None, allowance: str = ""
) -> Iterator[RenderableType]:
    """`allowance` is what to do where any is over a budget."""
    if not those:
        return
    over = False
    yield from title(words, len(those), explained, "bold yellow")
    for rule, _, rows, left in by_rule(those, shown):
        over = over or rule.startswith("over budget ")
        if rule:
            yield Padding(Text(safe(rule), style="yellow"), (0, 0, 0, 2))
        yield from listings(rows, indent=2)
        yield from more(left)
    if over and allowance:
        yield Padding(Text(allowance, style="dim"), (0, 0, 0, 2))


def problems(
    words: str, those: Sequence[Problem], explained: str, shown: int | None
) -> Iterator[RenderableType]:
    if not those:
        return
    yield from title(words, len(those), explained, "bold red")
    yield listing(_problem(one) for one in those[:shown])
    yield from more(len(those) - len(those[:shown]))


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
