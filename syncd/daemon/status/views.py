"""The answers of the API, as its OpenAPI document describes them.

What is called *named* in a description may tell of people: without the token it is null.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from syncd.core.model import Kind, Op

T = TypeVar("T")
Named = Annotated[T | None, Field(description="named: null without the token")]
Value = str | bool | None


class View(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(View):
    names: bool = Field(description="whether the token was shown: else all that is named is null")


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    id: str | None = Field(None, description="of an unexpected error, under which it is logged")


class ProgressView(View):
    """A cycle under way."""

    since: datetime
    what: str
    done: int
    total: int | None
    writing: bool


class ReadingView(View):
    """What the last cycle read of a source or the target; of a `delta` what was told of."""

    users: int
    groups: int
    delta: bool
    whole: bool
    gaps: Named[list[str]] = None
    seconds: float


class LastView(View):
    """What the last cycle of a sync came to. Counts are by kind and op, as `user.create`."""

    began_at: datetime
    ended_at: datetime
    outcome: str
    trouble: Named[str] = None
    run: int | None
    plan: str = Field(description="its digest; empty where there was no plan")
    pending: int
    planned: Mapping[str, int]
    done: Mapping[str, int]
    failed: Mapping[str, int]
    held: Mapping[str, int]
    refused: int
    conflicts: int
    unmapped: int
    unsettled: int
    never_settling: int = Field(description="fields that the target keeps otherwise")
    drifted: Mapping[str, int] = Field(description="fields changed outside: put_back, reported")
    withheld: int = Field(description="for how many reasons removals were not planned")
    withheld_why: Named[list[str]] = None
    withheld_changes: Mapping[str, int]
    sources: Mapping[str, ReadingView]
    target: ReadingView


class SyncView(View):
    """How a sync stands."""

    sync: str
    target: str
    enabled: bool
    verified_at: datetime | None = Field(description="the last verified success")
    verified_age: float | None = Field(description="seconds since then")
    failures: int = Field(description="cycles that failed in a row")
    failing_since: datetime | None
    next_run: datetime | None
    under_way: ProgressView | None
    last: LastView | None = Field(description="null before the first cycle")


class DaemonView(View):
    name: str
    version: str
    started_at: datetime
    seen_at: datetime
    leads: bool


class AuditView(View):
    """The audit that the daemon that answers keeps."""

    up: bool = Field(description="whether it has all that was committed, and can be written")
    whole: bool = Field(description="whether this daemon found it as it was written")
    trouble: Named[str] = None


class StatusView(Answer):
    """All syncs, the daemons that share the ledger, and the audit of the one that answers."""

    at: datetime
    daemon: str = Field(description="the one that answers")
    leads: bool
    syncs: list[SyncView]
    daemons: list[DaemonView]
    audit: AuditView | None = Field(description="null where none is kept")


class RunView(View):
    run: int
    sync: str
    target: str
    plan: str = Field(description="its digest")
    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None
    planned: int
    held: int
    refused: int
    conflicts: int
    withheld: int = Field(description="for how many reasons removals were not planned")
    withheld_why: Named[list[str]] = None
    done: int
    failed: int


class RunsView(Answer):
    """The newest first. `before` is for the next page, null after the last."""

    runs: list[RunView]
    before: int | None


class ChangeView(View):
    """A line of the journal. Without an outcome it is not known whether it was made."""

    line: int
    op: Op
    kind: Kind
    key: Named[str] = None
    name: Named[str] = None
    ref: Named[str] = None
    member: Named[str] = None
    member_ref: Named[str] = None
    fields: list[str] = Field(description="names of the fields that change")
    before: Named[Mapping[str, Value]] = None
    after: Named[Mapping[str, Value]] = None
    reason: Named[str] = None
    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None
    error: Named[str] = None


class RunDetailView(Answer):
    """A run and its changes in their order. `after` is for the next page, null after the last."""

    run: RunView
    changes: list[ChangeView]
    after: int | None


class RequestView(Answer):
    """A wish that a sync run now, and what became of it."""

    request: int
    sync: str
    mode: str
    asked_by: Named[str] = None
    asked_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    outcome: str | None


class RequestedView(View):
    """`request` is its number: /requests/NUMBER tells what becomes of it."""

    request: int
    sync: str
