"""What may be done by the API where `status.actions` is on: to run a sync, to approve a plan."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from syncd.daemon.live import Live
from syncd.daemon.status.callers import Caller
from syncd.daemon.status.door import peer
from syncd.daemon.status.openapi import ANSWERS
from syncd.daemon.status.problems import Refused
from syncd.daemon.status.views import RequestedView
from syncd.errors import ConfigError

_SyncPath = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


def actions_router(live: Live) -> APIRouter:
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

    router = APIRouter(tags=["actions"], responses=ANSWERS, dependencies=[Depends(may_act)])

    @router.post("/syncs/{sync:path}/run", status_code=202, summary="Run a sync now")
    def run(sync: _SyncPath, request: Request, response: Response) -> RequestedView:
        try:
            number = live.run_now(sync, f"the API, from {peer(request.scope)}")
        except ConfigError:
            raise Refused(404, "there is no such sync") from None
        response.headers["location"] = f"/requests/{number}"
        return RequestedView(request=number, sync=sync)

    return router
