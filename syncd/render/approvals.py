"""What waits for an approval, and which approvals there are."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from syncd.core.plan import Refusal
from syncd.ledger import Approval
from syncd.render.listing import Page
from syncd.render.plan import header, refusals
from syncd.render.times import moment
from syncd.render.words import safe


class Headed(Protocol):
    """A plan, or what is kept of one."""

    @property
    def sync(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def created(self) -> datetime: ...


def render_held(plan: Headed, held: Sequence[Refusal], shown: int | None) -> Page:
    """`shown` is how many things are shown under each rule; None for all."""

    def parts() -> Iterator[RenderableType]:
        yield header(plan.sync, plan.target, plan.digest, plan.created)
        yield from refusals("Held", held, "what an approval lets through, once", shown)

    return Page(parts)


def render_approvals(
    approvals: Sequence[Approval], people: Mapping[int, int], needed: Mapping[str, int]
) -> RenderableType:
    """`people` is how many approve of the same, by approval; `needed` how many must, by sync."""
    if not approvals:
        return Text("Nothing is approved that was not made yet.")
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("approval", justify="right", no_wrap=True)
    for name in ("sync", "plan", "by", "expires"):
        table.add_column(name)
    for name in ("people", "changes", "made"):
        table.add_column(name, justify="right")
    for one in approvals:
        by = one.approved_by if one.file is None else f"{one.approved_by}, {one.file}"
        words = safe(one.sync), one.digest[:12], safe(by), moment(one.expires_at)
        count = f"{people.get(one.approval, 1)} of {needed.get(one.sync, 1)}"
        table.add_row(str(one.approval), *words, count, f"{one.changes:,}", f"{one.used:,}")
    return table
