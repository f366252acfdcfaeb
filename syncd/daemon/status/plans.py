"""/plans/DIGEST: what a plan found, page by page."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query

from syncd.daemon.live import Live
from syncd.daemon.status import findings
from syncd.daemon.status.findings import PlanView
from syncd.daemon.status.openapi import ANSWERS
from syncd.daemon.status.problems import Refused
from syncd.daemon.status.telling import Seen
from syncd.daemon.status.waiting import people_needed
from syncd.ledger import Approval
from syncd.ledger.plans import Ambiguous, KeptPlan

Digest = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-fA-F]{8,64}$",
        description="of the plan, or the first 8 or more letters of it",
    ),
]
_Limit = Annotated[int, Query(ge=1, le=500, description="so many of each list")]
_Offset = Annotated[int, Query(ge=0, le=10_000_000, description="as the last page says")]


def plans_router(live: Live) -> APIRouter:
    router = APIRouter(tags=["plans"], responses=ANSWERS)

    @router.get("/plans/{digest}", summary="What a plan found: held, refused, conflicts, failures")
    def plan(digest: Digest, seen: Seen, limit: _Limit = 100, offset: _Offset = 0) -> PlanView:
        found, desk = find(live, digest), live.ledger.desk
        refusals = (
            desk.findings(found.digest, "held", limit, offset),
            desk.findings(found.digest, "refused", limit, offset),
            desk.findings(found.digest, "unsettled", limit, offset),
            desk.findings(found.digest, "drifted", limit, offset),
        )
        problems = (
            desk.findings(found.digest, "conflicts", limit, offset),
            desk.findings(found.digest, "failures", limit, offset),
        )
        of_plan = approvals(live, found, datetime.now(UTC))
        more = any(len(one) == limit for one in (*refusals, *problems))
        following = offset + limit if more else None
        return findings.plan(found, refusals, problems, of_plan, following, seen)

    return router


def approvals(live: Live, plan: KeptPlan, now: datetime) -> list[tuple[Approval, tuple[int, int]]]:
    """The good ones of the plan; each with how many people approve of the same, and how many
    must."""
    desk, needed = live.ledger.desk, people_needed(live.settings, plan.sync)
    good = [one for one in desk.approvals(plan.sync, now) if one.digest == plan.digest]
    people = desk.people_of(good, now)
    return [(one, (people.get(one.approval, 1), needed)) for one in good]


def find(live: Live, digest: str) -> KeptPlan:
    """Raises `Refused` where no plan, or more than one, begins so."""
    try:
        found = live.ledger.desk.plan(digest)
    except Ambiguous as error:
        raise Refused(409, str(error)) from None
    if found is None:
        raise Refused(404, "there is no such plan; the newest of each sync are kept")
    return found
