"""A group is deleted once nobody of ours is left in it whom a guard keeps, or who is to be removed.

A deletion takes all members at once, and draws on no budget of theirs; so it would go past whatever
holds or refuses the removal of one. Leavers whom nothing keeps, and what is foreign, go with it.
"""

from collections.abc import Collection, Iterable, Sequence

from syncd.core.members import Memberships, Roll, Who
from syncd.core.model import Kind, Op
from syncd.core.plan import Change, Refusal


def refuse_occupied(
    changes: Collection[Change], memberships: Memberships, roll: Roll, *, removes: bool
) -> list[Refusal]:
    """The deletions of groups among these that wait. `removes` is whether the target can remove a
    member: or else only a deletion ever empties a group."""
    deletions = {
        change.ref: change
        for change in changes
        if change.kind is Kind.GROUP and change.op is Op.DELETE
    }
    if not deletions:
        return []
    return [
        Refusal(deletions[ref], rule)
        for ref, users in memberships.current()
        if ref in deletions and (rule := _rule(roll.by_ref(users), removes=removes))
    ]


def without(changes: Iterable[Change], refused: Iterable[Refusal]) -> list[Change]:
    """The changes but for these."""
    gone = {one.change.id for one in refused}
    return [change for change in changes if change.id not in gone]


def _rule(members: Iterable[Who], *, removes: bool) -> str:
    """Why a group with these members stays; empty where it need not."""
    there = sorted(members, key=lambda who: who.key)
    if kept := [who for who in there if who.guarded]:
        return f"waits for {_those(kept)} in it: {kept[0].guarded}"
    leaving = [who for who in there if removes and (who.named or who.strip)]
    return f"waits for {_those(leaving)} to be out of it" if leaving else ""


def _those(some: Sequence[Who]) -> str:
    return some[0].name if len(some) == 1 else f"{len(some):,} members, such as {some[0].name},"
