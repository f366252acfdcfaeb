"""What a plan says beside its changes: what an apply remembers, notes, and what is left alone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import groupby

from syncd.core.memory import Mark, Remark
from syncd.core.plan import Plan, Wave
from syncd.render.times import length
from syncd.render.words import joined, number

_SAID: Mapping[Remark, str] = {
    Remark.ADOPT: "adopts {who}",
    Remark.CLAIM: "finds {who} of an earlier run, which did not learn of it",
    Remark.REKEY: "finds {who} under the key of another source",
    Remark.ALIASES: "learns in which further sources {who} can be found",
    Remark.FORGET: "forgets {who}, gone from source and target",
    Remark.LEFT: "misses {who} in the sources for the first time",
    Remark.RETURNED: "finds {who} again that had been missing",
    Remark.SUSPENDED: "finds {who} suspended by an earlier run, which did not learn of it",
    Remark.STRIPPED: "finds {who} in no group that there was to be stripped of",
    Remark.ACTIVE: "finds {who} active that syncd had suspended; somebody else lifted that",
}


def remarks(plan: Plan) -> list[str]:
    """One sentence each."""
    return [*_waves(plan.waves), *_marks(plan.marks), *plan.notes, *_foreign(plan.foreign)]


def _waves(waves: Sequence[Wave]) -> Sequence[str]:
    if not waves:
        return []
    turns = "".join(
        f"{one.words} ({number(one.changes, 'change')}){_then(one.wait)}" for one in waves[:-1]
    )
    last = f"{waves[-1].words} ({number(waves[-1].changes, 'change')})"
    return [f"comes in {len(waves)} waves, each looked at again before the next: {turns}{last}"]


def _then(wait: float) -> str:
    return f", {length(timedelta(seconds=wait))} later " if wait else ", then "


def _marks(marks: Iterable[Mark]) -> list[str]:
    said = []
    alike = sorted(marks, key=_alike)
    for (remark, kind, rule), some in groupby(alike, _alike):
        names = [one.name for one in some]
        noun = "account" if kind == "user" else "group"
        sentence = _SAID[remark].format(who=number(len(names), noun))
        how = f" {rule}" if rule else ""
        said.append(f"{sentence}{how}: {joined(names)}")
    return said


def _alike(one: Mark) -> tuple[Remark, str, str]:
    """Told in one sentence: the rule is part of it where accounts are adopted."""
    return one.remark, one.kind, one.rule if one.remark is Remark.ADOPT else ""


def _foreign(counts: Mapping[str, int]) -> Sequence[str]:
    there = [number(of, kind) for kind, of in counts.items() if of]
    if not there:
        return []
    return [f"{' and '.join(there)} in the target came from elsewhere and will be left alone"]
