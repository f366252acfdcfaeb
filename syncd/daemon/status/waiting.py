"""What waits for a person: what plans hold and why, what they could not decide, who approved."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from syncd.config.settings import Settings
from syncd.core.plan import Problem, Refusal
from syncd.ledger import Approval, KeptPlan
from syncd.ledger.desk import Desk
from syncd.ledger.plans import Problems, Refusals
from syncd.render.excerpt import rule_of

REFUSALS: Mapping[Refusals, str] = {
    "held": "over a budget, or waiting for one that is",
    "refused": "never runs as things stand",
    "unsettled": "the target keeps it otherwise each time; not written again for now",
    "drifted": "changed outside, and left so",
}
PROBLEMS: Mapping[Problems, str] = {
    "conflicts": "a person must decide; until then nothing is done",
    "failures": "could not be mapped; nothing is done to these",
}
_DIGEST = re.compile("[0-9a-f]{8,64}")
_LOOKED_AT = 500
_SHOWN = 3
_AT_ONCE = 20
_A_PAGE = 100


class Reasons(Struct, frozen=True):
    """Of one plan: rules that hold changes with how many each, of the first `of` that are held, and
    the first conflicts and failures. Of the newest approval, so many `people` approve of the same,
    and so many are `needed`."""

    rules: tuple[tuple[str, int], ...] = ()
    of: int = 0
    conflicts: tuple[Problem, ...] = ()
    failures: tuple[Problem, ...] = ()
    approval: Approval | None = None
    people: int = 0
    needed: int = 1


class Section(Struct, frozen=True):
    """Part of a section: of `total` things those from `offset` on, as many as are shown at once.
    `next` is where the part after this one begins."""

    name: str
    explained: str
    total: int
    offset: int
    next: int | None
    by_rule: Sequence[tuple[str, Sequence[Refusal]]] = ()
    problems: Sequence[Problem] = ()


def reasons(desk: Desk, digest: str, now: datetime, settings: Settings) -> Reasons:
    """Nothing where the plan is not kept any more."""
    if not digest:
        return Reasons()
    held = desk.findings(digest, "held", _LOOKED_AT)
    approvals = [one for one in desk.approvals(None, now) if one.digest == digest]
    newest = approvals[-1] if approvals else None
    return Reasons(
        rules=tuple(Counter(map(rule_of, held)).most_common(_SHOWN)),
        of=len(held),
        conflicts=tuple(desk.findings(digest, "conflicts", _SHOWN)),
        failures=tuple(desk.findings(digest, "failures", _SHOWN)),
        approval=newest,
        people=desk.people_of([newest], now)[newest.approval] if newest else 0,
        needed=people_needed(settings, newest.sync) if newest else 1,
    )


def people_needed(settings: Settings, sync: str) -> int:
    """So many different people must approve of what the sync holds."""
    of_sync = settings.syncs.get(sync)
    return of_sync.policy.approval.people if of_sync else 1


def find(desk: Desk, digest: str) -> KeptPlan | None:
    """By its digest or a beginning of it."""
    return desk.plan(digest) if _DIGEST.fullmatch(digest) else None


def sections(desk: Desk, plan: KeptPlan, only: str, offset: int) -> list[Section]:
    """The beginning of each that has anything, or a page of the only one that is looked at."""
    limit = _A_PAGE if only else _AT_ONCE
    found = []
    for refusals, words in REFUSALS.items():
        if _is_shown(plan, refusals, only):
            some = desk.findings(plan.digest, refusals, limit + 1, offset)
            begin = Section(
                refusals, words, plan.sections[refusals], offset, _end(some, limit, offset)
            )
            found.append(replace(begin, by_rule=_by_rule(some[:limit])))
    for problems, words in PROBLEMS.items():
        if _is_shown(plan, problems, only):
            those = desk.findings(plan.digest, problems, limit + 1, offset)
            begin = Section(
                problems, words, plan.sections[problems], offset, _end(those, limit, offset)
            )
            found.append(replace(begin, problems=those[:limit]))
    return found


def _end(some: Sequence[object], limit: int, offset: int) -> int | None:
    """Where the next part begins, of which the first thing was read too if there is one."""
    return offset + limit if len(some) > limit else None


def _is_shown(plan: KeptPlan, name: str, only: str) -> bool:
    return bool(plan.sections.get(name)) and only in {"", name}


def _by_rule(some: Iterable[Refusal]) -> list[tuple[str, Sequence[Refusal]]]:
    return [(rule, list(alike)) for rule, alike in groupby(some, lambda one: one.rule)]
