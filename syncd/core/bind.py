"""Hold a saved plan against the world of now: what has moved since is refused, the rest may run."""

from msgspec.structs import replace

from syncd.core.memory import Mark, Remark
from syncd.core.order import drop_waiting, in_order, refusal_place
from syncd.core.plan import Change, Plan, Refusal
from syncd.errors import ConfigError


def bind(saved: Plan, fresh: Plan) -> Plan:
    """Those changes of `saved` that `fresh`, planned just now, would make in the same way.

    Raises `ConfigError` where the saved plan is for another sync, target or configuration.
    """
    for what, then, now in (
        ("sync", saved.sync, fresh.sync),
        ("target", saved.target, fresh.target),
        ("configuration", saved.config, fresh.config),
    ):
        if then != now:
            raise ConfigError(f"the plan was made for {what} {then}, this is {now}; plan again")
    current = {change.id: change for change in fresh.changes}
    kept, moved = [], []
    for change in saved.changes:
        other = current.get(change.id)
        if other is not None and _essence(other) == _essence(change):
            kept.append(other)
        else:
            moved.append(Refusal(change, "moved since the plan was made; plan again"))
    runnable = drop_waiting(kept, fresh.held)
    new = len(current.keys() - {change.id for change in saved.changes})
    waits = "1 change is" if new == 1 else f"{new} changes are"
    note = f"{waits} not in the saved plan: left for the next one"
    return replace(
        fresh,
        changes=tuple(in_order(runnable.changes)),
        held=tuple(sorted((*fresh.held, *runnable.held), key=refusal_place)),
        refused=tuple(sorted((*fresh.refused, *moved, *runnable.refused), key=refusal_place)),
        marks=tuple(mark for mark in fresh.marks if _may_remember(mark, saved)),
        notes=(*fresh.notes, *([note] if new else [])),
    )


def _may_remember(mark: Mark, saved: Plan) -> bool:
    """Whose account becomes whose was part of what was approved; the rest is only observed."""
    return mark.remark not in {Remark.ADOPT, Remark.REKEY} or mark in saved.marks


def _essence(change: Change) -> tuple[object, ...]:
    return change.ref, dict(change.before), dict(change.after), change.member_ref
