"""What a supposition came to, as a value, and the exit code that follows from it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from syncd.core.outcome import Turn
from syncd.core.plan import Plan
from syncd.report import Exit, plan_exit_code
from syncd.sync import Sync
from syncd.whatif.difference import Difference


class Grounds(Struct, frozen=True):
    """What both plans stand on. `kept` has when each side was read that was not read now; it is
    empty where all of it is supposed. `overtaken_by` is a run of whose changes nothing is known."""

    kept: Mapping[str, datetime] = {}
    overtaken_by: int | None = None


class Supposed(Struct, frozen=True):
    """The plan `before` and the plan `after`, and what they differ in."""

    before: Plan
    after: Plan
    difference: Difference
    grounds: Grounds = Grounds()

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """By turn, then by what becomes of whom."""
        return {turn.value: dict(sorted(self.difference.counts[turn].items())) for turn in Turn}


def exit_code(supposed: Supposed, *, detailed: bool = False) -> Exit:
    """That of the plan afterwards where it could not read all; held where it holds what the
    first did not; and where `detailed`, pending where anybody is affected."""
    if supposed.after.withheld:
        return plan_exit_code(supposed.after)
    if supposed.difference.held:
        return Exit.HELD
    return Exit.PENDING if detailed and len(supposed.difference) else Exit.DONE


def nothing(sync: Sync, now: datetime) -> Plan:
    """What a sync would do that does not run."""
    return Plan(sync=sync.name, target=sync.target, created=now, config=sync.config)


def local_sources(sync: Sync) -> frozenset[str]:
    """Those that are nothing but files on this machine: to read them reaches nobody."""
    return frozenset(name for name, one in sync.sources.items() if is_local(one))


def is_local(source: object) -> bool:
    """By what a source, or its plug-in, says of itself (`ports.Source`)."""
    return bool(getattr(source, "local", False))


def prefixed(prefix: str, problems: Iterable[str]) -> list[str]:
    return [f"{prefix}{problem}" for problem in problems]
