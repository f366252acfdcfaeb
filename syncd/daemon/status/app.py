"""The application of the status endpoint: its routes, behind its guard."""

from functools import partial

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from syncd import __version__
from syncd.daemon.live import Live
from syncd.daemon.status.actions import actions_router
from syncd.daemon.status.api import Metrics, api_router
from syncd.daemon.status.docs import docs_router
from syncd.daemon.status.door import Door
from syncd.daemon.status.guard import Guard
from syncd.daemon.status.openapi import document
from syncd.daemon.status.plans import plans_router
from syncd.daemon.status.problems import answer_by_problems
from syncd.daemon.status.session import session_router


def status_app(live: Live, metrics: Metrics | None = None, *pages: APIRouter) -> ASGIApp:
    """Of a daemon. `pages` are for people, and read `request.state.sees_names`."""
    app = FastAPI(
        title="syncd",
        summary="How a daemon's syncs stand, and what they did.",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    door = Door(live)
    made = partial(document, app)
    routers = (
        api_router(live, metrics),
        plans_router(live),
        actions_router(live),
        session_router(live, door),
        docs_router(made),
    )
    for router in (*routers, *pages):
        app.include_router(router)
    answer_by_problems(app)
    return Guard(app, live, door)
