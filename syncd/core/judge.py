"""Decide what may run: every change comes out accepted, held, refused or withheld, with a rule.

The rules, in this order: what the target cannot do and what is protected is refused; what takes
away is withheld unless all was read; what is over budget is held (`excess`); the last administrator
stays.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.hold import Hold
from syncd.core.mapping import holds
from syncd.core.model import Kind, Op, Ref, Stored, User, Value
from syncd.core.plan import Change, Refusal, only
from syncd.core.policy import Protect
from syncd.core.protection import leaves_hold, loses_protection

_NEEDED_FIELD = {Op.SUSPEND: "active", Op.RESTORE: "active"}


class Abilities(Struct, frozen=True):
    """What the target can do with one kind, as its backend declares."""

    fields: frozenset[str]
    immutable: frozenset[str]
    required: frozenset[str]
    ops: frozenset[Op]


class Facts(Struct, frozen=True):
    """What a judgement of single changes rests on.

    `protected` refs come with the rule's words, `protect` is that rule. `stopped` is what a legal
    hold stops, with its words; `holds` are those that know people by their names too. `gaps` say
    why not all was read.
    """

    abilities: Mapping[Kind, Abilities]
    protected: Mapping[tuple[Kind, Ref], str]
    gaps: Sequence[str]
    protect: Protect = Protect()
    stopped: Mapping[tuple[Op, Ref], str] = {}
    holds: Sequence[Hold] = ()


class Sifted(Struct, frozen=True):
    """`possible` may run if the budgets allow it; `withheld` is what only a whole reading could
    have led to."""

    possible: list[Change]
    refused: list[Refusal]
    withheld: list[Change]


def sift(changes: Iterable[Change], facts: Facts) -> Sifted:
    """What can be said of each change by itself."""
    possible, refused = _refuse(changes, facts)
    proven, withheld = _withhold(possible, facts)
    return Sifted(proven, refused, withheld)


def _refuse(changes: Iterable[Change], facts: Facts) -> tuple[list[Change], list[Refusal]]:
    possible: list[Change] = []
    refused: list[Refusal] = []
    for whole in changes:
        for change in _parts(whole, facts):
            rule = _impossible(change, facts) or _guarded(change, facts)
            if rule:
                refused.append(Refusal(change, rule))
            else:
                possible.append(change)
    return possible, refused


def _parts(change: Change, facts: Facts) -> Iterable[Change]:
    """An update in parts that may be judged apart, so that one field does not stop the others."""
    if change.op is not Op.UPDATE:
        return (change,)
    apart = {name for name in change.after if _unchangeable(change, name, facts)}
    if change.demotes:
        apart.add("admin")
    rest = change.after.keys() - apart
    return [
        only(change, fields) for fields in (rest, *({name} for name in sorted(apart))) if fields
    ]


def _unchangeable(change: Change, name: str, facts: Facts) -> str:
    abilities = facts.abilities[change.kind]
    if name in abilities.immutable:
        return f"the target cannot change {name} after creation"
    if change.after[name] is None and name in abilities.required:
        return f"the target cannot be without {name}, and the source has none"
    rule = loses_protection(change, name, facts.protect)
    return rule or leaves_hold(change, name, facts.holds)


def _impossible(change: Change, facts: Facts) -> str:
    abilities = facts.abilities[change.kind]
    if change.op not in abilities.ops:
        return f"the target cannot {change.op} a {change.kind}"
    if change.op is Op.UPDATE:
        words = (_unchangeable(change, name, facts) for name in change.after)
        return next(filter(None, words), "")
    if change.op is Op.CREATE:
        missing = sorted(name for name in abilities.required if change.after.get(name) is None)
        missing = [name for name in missing if name != "active"]
        if missing:
            return f"the target needs {', '.join(missing)}, and the source has none"
    needed = _NEEDED_FIELD.get(change.op)
    if needed and not holds(abilities.fields, needed):
        return f"the target cannot {change.op} a {change.kind}"
    return ""


def _guarded(change: Change, facts: Facts) -> str:
    if not change.removes:
        return ""
    if change.kind is not Kind.MEMBER:
        return _kept(change, facts) if change.ref else ""
    rules = [facts.protected.get((Kind.GROUP, change.ref), "") if change.ref else ""]
    rules += [facts.protected.get((Kind.USER, change.member_ref), "")] if change.member_ref else []
    return next(filter(None, rules), "")


def _kept(change: Change, facts: Facts) -> str:
    ref = change.ref or Ref("")
    rule = facts.protected.get((change.kind, ref), "")
    return rule or (facts.stopped.get((change.op, ref), "") if change.kind is Kind.USER else "")


def _withhold(changes: list[Change], facts: Facts) -> tuple[list[Change], list[Change]]:
    if not facts.gaps:
        return changes, []
    proven = [change for change in changes if not change.removes]
    return proven, [change for change in changes if change.removes]


def keep_an_administrator(
    changes: list[Change], accounts: Sequence[Stored[User]]
) -> tuple[list[Change], list[Refusal]]:
    """Whatever runs, somebody who can log in stays administrator, if anybody was before."""
    before = {a.ref for a in accounts if a.entity.active and a.entity.admin}
    losing = [c for c in changes if c.kind is Kind.USER and c.removes and c.ref in before]
    if not before or before - {change.ref for change in losing}:
        return changes, []
    if gaining := _gaining(changes, accounts, before):
        needy = {id(change) for change in losing}
        return [
            replace(c, needs=(*c.needs, *gaining)) if id(c) in needy else c for c in changes
        ], []
    last = min(losing, key=lambda change: change.key).ref
    rule = "protected: the last administrator"
    refused = [Refusal(change, rule) for change in losing if change.ref == last]
    return [c for c in changes if not (c in losing and c.ref == last)], refused


def _gaining(
    changes: Iterable[Change], accounts: Iterable[Stored[User]], before: Collection[Ref]
) -> list[str]:
    """Ids of the changes that make somebody an administrator who can log in once all is done."""
    after: dict[str, dict[str, Value]] = {
        one.ref: {"active": one.entity.active, "admin": one.entity.admin} for one in accounts
    }
    steps: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        if change.kind is Kind.USER and change.ref not in before:
            account = change.ref or change.id
            after.setdefault(account, {"active": True}).update(change.after)
            if change.after.keys() & {"active", "admin"}:
                steps[account].append(change.id)
    made = [
        account for account in steps if after[account]["active"] and after[account].get("admin")
    ]
    return sorted(one for account in made for one in steps[account])


def rejoin(changes: Iterable[Change]) -> list[Change]:
    """Parts of one update that were all accepted are one update again."""
    joined: dict[str, Change] = {}
    for change in changes:
        if (other := joined.get(change.id)) is not None:
            change = replace(  # noqa: PLW2901  the two parts as one
                other,
                # Of the two, the longer one says that a part was approved.
                reason=max(other.reason, change.reason, key=len),
                before={**other.before, **change.before},
                after={**other.after, **change.after},
                traces={**other.traces, **change.traces},
                needs=tuple(dict.fromkeys((*other.needs, *change.needs))),
                approved=tuple(sorted({*other.approved, *change.approved})),
            )
        joined[change.id] = change
    return list(joined.values())
