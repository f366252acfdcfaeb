"""What may be done by the API where `status.actions` is on: to run a sync, to approve a plan."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from syncd.config.assemble import of_today
from syncd.config.settings import Settings
from syncd.core.approval import why_not_now
from syncd.daemon.live import Live
from syncd.daemon.status import findings
from syncd.daemon.status.callers import Caller
from syncd.daemon.status.door import peer
from syncd.daemon.status.findings import ApprovalView
from syncd.daemon.status.openapi import ANSWERS
from syncd.daemon.status.plans import Digest, find
from syncd.daemon.status.problems import Refused
from syncd.daemon.status.telling import Seen
from syncd.daemon.status.views import RequestedView
from syncd.errors import ConfigError
from syncd.ledger import KeptPlan, Signature
from syncd.ledger.desk import SamePerson
from syncd.render.words import safe

_WORDS = r"^[^\x00-\x1f\x7f]+$"
_SyncPath = Annotated[str, Path(min_length=1, max_length=200, pattern=_WORDS)]


class Approve(BaseModel):
    """Who approves, and for how long that holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Annotated[str, Field(min_length=1, max_length=100, pattern=_WORDS)]
    hours: Annotated[int, Field(ge=1, le=24 * 30)] | None = None


def actions_router(live: Live) -> APIRouter:
    guarded = [Depends(_guard(live))]
    router = APIRouter(tags=["actions"], responses=ANSWERS, dependencies=guarded)

    @router.post("/syncs/{sync:path}/run", status_code=202, summary="Run a sync now")
    def run(sync: _SyncPath, request: Request, response: Response) -> RequestedView:
        try:
            number = live.run_now(sync, f"the API, from {peer(request.scope)}")
        except ConfigError:
            raise Refused(404, "there is no such sync") from None
        response.headers["location"] = f"/requests/{number}"
        return RequestedView(request=number, sync=sync)

    @router.post("/plans/{digest}/approve", status_code=201, summary="Let through what is held")
    def approve(digest: Digest, request: Request, seen: Seen, asked: Approve) -> ApprovalView:
        now, plan = datetime.now(UTC), find(live, digest)
        _check(plan, live.settings)
        by = f"{safe(asked.by)}, by the API from {peer(request.scope)}"
        rule, desk = live.settings.syncs[plan.sync].policy.approval, live.ledger.desk
        holds = rule.expires if asked.hours is None else timedelta(hours=asked.hours)
        signed = Signature(by, now, now + holds, asked.by)
        try:
            given = desk.approve(plan, signed, rule.people)
        except SamePerson as error:
            raise Refused(409, str(error)) from None
        people = desk.people_of([given], now).get(given.approval, 1), rule.people
        return findings.approval(given, people, seen)

    return router


def _check(plan: KeptPlan, settings: Settings) -> None:
    """As `syncd approve` does. Raises `Refused`."""
    sync = settings.syncs.get(plan.sync)
    if sync is None:
        raise Refused(409, "the plan is of a sync that is not in the configuration any more")
    if sync.target != plan.target:
        raise Refused(409, f"the plan is for the target {plan.target}, which is now {sync.target}")
    if why := why_not_now(plan, of_today(settings, plan.sync)):
        raise Refused(409, f"the plan {why}")
    if not plan.held:
        raise Refused(409, "the plan holds nothing: there is nothing to approve")


def _guard(live: Live) -> Callable[[Request], None]:
    def may_act(request: Request) -> None:
        """By the action token in `Authorization` alone: a browser sends cookies by itself."""
        caller: Caller = request.state.caller
        if not live.settings.status.actions:
            raise Refused(403, "actions are switched off; status.actions switches them on")
        if caller.acts:
            return
        if caller.sees_names:
            raise Refused(403, "this needs the token of status.action_token")
        raise Refused(401, "this needs the token of status.action_token: Bearer TOKEN")

    return may_act
