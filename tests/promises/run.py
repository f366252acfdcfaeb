"""One apply, with all that the promises can be held against."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from msgspec.structs import replace

from syncd.core.desired import Desired
from syncd.core.plan import Change, Plan
from syncd.core.question import Question
from syncd.cycle import Mode
from syncd.engine import apply
from syncd.errors import SyncdError
from syncd.ledger import Line
from syncd.report import Report
from tests.promises.sight import Effect, Sight, effects, happened
from tests.promises.site import Hook, Site
from tests.wired import nothing


@dataclass
class Run:
    """`desired` is what should be, by all that there is before it; None where nothing could be read.
    `question` has it with all else; None also where calls are made to fail.

    `plan` is what the run was about to make; None where it came to none. `report` is None where
    it ended by an `error` or by a death. `sources_whole` is whether all that it read of them was.
    `disturbed` is whether any call was made to fail. `undo` is the run that it was to go back on.
    """

    site: Site
    mode: Mode
    saved: Plan | None
    question: Question | None
    desired: Desired | None
    before: Sight
    target_broken: bool
    undo: int | None = None
    sources_whole: bool = True
    plan: Plan | None = None
    report: Report | None = None
    error: SyncdError | None = None
    disturbed: bool = False
    times: list[datetime] = field(default_factory=list)
    after: Sight = field(init=False)

    @property
    def earliest(self) -> datetime:
        """Of the times that the run was told; the clock may have jumped meanwhile."""
        return min(self.times, default=self.site.now)

    @property
    def latest(self) -> datetime:
        return max(self.times, default=self.site.now)

    @property
    def undoes(self) -> int | None:
        """Also where a saved plan says so."""
        return self.saved.undoes if self.undo is None and self.saved is not None else self.undo

    @property
    def number(self) -> int | None:
        """None where it came to none."""
        return None if self.after.last_run == self.before.last_run else self.after.last_run

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        return tuple(effects(self.before, self.after))

    @cached_property
    def made(self) -> tuple[Change, ...]:
        """Those changes of the plan that the target shows to be made."""
        changes = self.plan.changes if self.plan else ()
        return tuple(one for one in changes if happened(one, self.before, self.after))

    @cached_property
    def lines(self) -> list[Line]:
        """What the journal has of it."""
        return [] if self.number is None else self.site.ledger.lines(run=self.number)

    @property
    def complete(self) -> bool:
        """Whether everything was read, tried and done."""
        report = self.report
        return (
            report is not None
            and report.run is not None
            and not (report.plan.withheld or report.execution.failed or report.execution.unknown)
            and not (report.execution.stopped or report.unverified)
        )


def run(  # noqa: PLR0913  all that an apply may be, each a name
    site: Site,
    mode: Mode = Mode.FULL,
    *,
    saved: Plan | None = None,
    watch: Hook = nothing,
    approve: Callable[[Plan], bool] = lambda _plan: True,
    undo: int | None = None,
    asks: bool = True,
) -> Run:
    """An apply, with each of its calls told to `watch`. With `asks` it is asked before what all
    comes to, as far as nobody makes a call fail."""
    disturbed = watch is not nothing
    question = None if site.well and (disturbed or not asks) else _asked(site)
    one = Run(
        site,
        mode,
        saved,
        question,
        site.desired() if question is None and site.well else question and question.desired,
        Sight.of(site),
        target_broken=site.target_broken,
        disturbed=disturbed,
        undo=undo,
    )

    def clock() -> datetime:
        one.times.append(site.clock())
        return one.times[-1]

    def looked_at(plan: Plan) -> bool:
        one.plan = _kept(plan)
        return approve(plan)

    with site.watched(watch):
        try:
            one.report = apply(
                site.sync,
                site.ledger,
                clock=clock,
                approve=looked_at,
                saved=saved,
                undo=undo,
                mode=mode,
            )
        except SyncdError as error:
            one.error = error
    one.sources_whole = site.sources_whole
    one.after = Sight.of(site)
    return one


def _kept(plan: Plan) -> Plan:
    """For later, when whatever its streams are read from is closed."""
    lists = ("changes", "held", "refused", "unsettled", "drifted")
    return replace(plan, **{name: tuple(getattr(plan, name)) for name in lists})


def _asked(site: Site) -> Question | None:
    try:
        return site.asked()
    except SyncdError:
        return None
