"""Canary waves: who comes later meets no mistake that those before have met."""

from collections import defaultdict

from syncd.core.drift import ATTEMPTS
from syncd.core.plan import Plan, change_id
from syncd.core.waves import parted
from syncd.ledger import DONE, FAILED, Line
from tests.promises.past import Past
from tests.promises.run import Run


def no_wave_follows_a_bad_one(one: Run, _past: Past) -> None:
    """Where a wave began, all of those before had ended, and no more than may had failed of what had
    not done so each time before."""
    if one.plan is None or not one.plan.waves:
        return
    turns = _turns(one.plan)
    begun: list[list[tuple[Line, bool]]] = [[] for _ in one.plan.waves]
    for line in sorted(one.lines, key=lambda line: line.line):
        wave = turns[change_id(line.op, line.kind, line.key, line.member)].pop(0)
        begun[wave].append((line, line.outcome == DONE))
    last = max((number for number, some in enumerate(begun) if some), default=0)
    before: list[bool] = []
    for number in range(last):
        before += [done for line, done in begun[number] if done or not _is_stubborn(one, line)]
        assert len(begun[number]) == one.plan.waves[number].changes, f"wave {number} was left out"
        failed = 100 * before.count(False) / max(1, len(before))
        assert failed <= one.site.policy.waves.errors, f"{failed} % had failed by wave {number}"


def _is_stubborn(one: Run, line: Line) -> bool:
    """Whether the same was rejected in each of the last tries before this run."""
    tries = [
        other
        for other in one.site.ledger.lines(sync=line.sync, key=line.member or line.key)
        if other.run < line.run
        and other.outcome in {DONE, FAILED}
        and (other.op, other.kind, other.key, other.member)
        == (line.op, line.kind, line.key, line.member)
    ][:ATTEMPTS]
    return [(o.outcome, o.after) for o in tries] == [(FAILED, line.after)] * ATTEMPTS


def _turns(plan: Plan) -> dict[str, list[int]]:
    """In which waves each change comes; a step aside is of the change that it is for."""
    turns: dict[str, list[int]] = defaultdict(list)
    for number, some in enumerate(parted(plan.changes, plan.waves)):
        for change in some:
            turns[change_id(change.op, change.kind, change.key, change.member)].append(number)
    return turns
