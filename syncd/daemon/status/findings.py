"""What a plan found besides its changes, and who approved of it: what is answered to whom."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from syncd.core.model import Kind, Op
from syncd.core.plan import Problem, Refusal
from syncd.daemon.status.telling import Sight
from syncd.daemon.status.views import Answer, Named, Value, View
from syncd.ledger.approvals import Approval
from syncd.ledger.plans import KeptPlan


class RefusalView(View):
    """A change that will not run, and the rule's words."""

    op: Op
    kind: Kind
    key: Named[str] = None
    name: Named[str] = None
    ref: Named[str] = None
    member: Named[str] = None
    fields: list[str] = Field(description="names of the fields that would change")
    before: Named[Mapping[str, Value]] = None
    after: Named[Mapping[str, Value]] = None
    reason: Named[str] = None
    rule: Named[str] = None
    causes: Mapping[str, str] = Field(
        description="by field: source, outside, both, unwritten or unsettled"
    )


class ProblemView(View):
    """A conflict for a person to decide, or a record that cannot be mapped."""

    kind: Kind
    key: Named[str] = None
    name: Named[str] = None
    why: Named[str] = None
    origin: Named[str] = None


class ApprovalView(Answer):
    """`changes` counts those that it is of, `used` those of them that were made since."""

    approval: int
    sync: str
    plan: str
    approved_by: Named[str] = None
    approved_at: datetime
    expires_at: datetime
    changes: int
    used: int
    people: int = Field(description="so many different people approve all that is left of it")
    needed: int = Field(description="so many must before any of it runs")


class PlanView(Answer):
    """A plan that a run began with. Counts of changes are by kind and op, as `user.suspend`.

    `held` and the other lists are a page; `offset` is for the next, null after the last.
    """

    digest: str
    run: int = Field(description="the newest that began with it")
    sync: str
    target: str
    created: datetime
    planned: Mapping[str, int]
    held_changes: Mapping[str, int]
    withheld: int
    withheld_why: Named[list[str]] = None
    withheld_changes: Mapping[str, int]
    notes: Named[list[str]] = None
    foreign: Mapping[str, int]
    sections: Mapping[str, int] = Field(description="how many there are in each of the lists")
    held: list[RefusalView]
    refused: list[RefusalView]
    unsettled: list[RefusalView]
    drifted: list[RefusalView]
    conflicts: list[ProblemView]
    failures: list[ProblemView]
    offset: int | None
    approvals: list[ApprovalView] = Field(description="that still let something through")


def refusal(of: Refusal, sight: Sight) -> RefusalView:
    change = of.change
    return RefusalView(
        op=change.op,
        kind=change.kind,
        key=sight.of(change.key),
        name=sight.of(change.name),
        ref=sight.of(change.ref),
        member=sight.of(change.member),
        fields=sorted({*change.before, *change.after}),
        before=sight.of(change.before),
        after=sight.of(change.after),
        reason=sight.of(change.reason),
        rule=sight.of(of.rule),
        causes={name: trace.cause.value for name, trace in change.traces.items()},
    )


def problem(of: Problem, sight: Sight) -> ProblemView:
    return ProblemView(
        kind=of.kind,
        key=sight.of(of.key),
        name=sight.of(of.name),
        why=sight.of(of.why),
        origin=sight.of(of.origin),
    )


def approval(of: Approval, people: tuple[int, int], sight: Sight) -> ApprovalView:
    """`people` are how many approve, and how many must."""
    return ApprovalView(
        names=sight.names,
        approval=of.approval,
        sync=of.sync,
        plan=of.digest,
        approved_by=sight.of(of.approved_by),
        approved_at=of.approved_at,
        expires_at=of.expires_at,
        changes=of.changes,
        used=of.used,
        people=people[0],
        needed=people[1],
    )


def plan(
    of: KeptPlan,
    refusals: tuple[list[Refusal], list[Refusal], list[Refusal], list[Refusal]],
    problems: tuple[list[Problem], list[Problem]],
    approvals: list[tuple[Approval, tuple[int, int]]],
    offset: int | None,
    sight: Sight,
) -> PlanView:
    """The lists are those of one page, in the answer's order; `offset` is the next page's."""
    held, refused, unsettled, drifted = refusals
    conflicts, failures = problems
    return PlanView(
        names=sight.names,
        digest=of.digest,
        run=of.run,
        sync=of.sync,
        target=of.target,
        created=of.created,
        planned=of.summary,
        held_changes=of.held,
        withheld=len(of.withheld),
        withheld_why=sight.of(list(of.withheld)),
        withheld_changes=of.withheld_changes,
        notes=sight.of(list(of.notes)),
        foreign=of.foreign,
        sections=of.sections,
        held=[refusal(one, sight) for one in held],
        refused=[refusal(one, sight) for one in refused],
        unsettled=[refusal(one, sight) for one in unsettled],
        drifted=[refusal(one, sight) for one in drifted],
        conflicts=[problem(one, sight) for one in conflicts],
        failures=[problem(one, sight) for one in failures],
        offset=offset,
        approvals=[approval(one, people, sight) for one, people in approvals],
    )
