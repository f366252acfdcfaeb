"""What a target's list leaves out is asked for by its ref, before anybody believes that it is gone.

A list may hide what its reader has no right to see, or what an index has lost. Who were taken
for gone would be made a second time, or be forgotten.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from syncd.core.memory import Link
from syncd.core.model import Kind, Ref
from syncd.cycle.reads import PartRead, TargetRead
from syncd.ports import Backend, Collection

_MOST = 1000
"""So many are asked for. Where all of them are gone, so are the rest: a target that was emptied."""


def confirm_absence(target: TargetRead, backend: Backend, links: Iterable[list[Link]]) -> None:
    """Adds a gap where any of these is not in the reading, and is there all the same.

    Raises `BackendError` where the target cannot be asked.
    """
    left = dict.fromkeys((Kind.USER, Kind.GROUP), _MOST)
    hidden: dict[Kind, list[Ref]] = {Kind.USER: [], Kind.GROUP: []}
    of: dict[Kind, tuple[PartRead[Any], Collection[Any]]] = {
        Kind.USER: (target.users, backend.users),
        Kind.GROUP: (target.groups, backend.groups),
    }
    for some in links:
        for kind, (read, collection) in of.items():
            refs = {link.ref for link in some if link.kind is kind}
            missing = sorted(refs.difference(_there(read, refs)))[: left[kind]]
            left[kind] -= len(missing)
            hidden[kind] += [ref for ref in missing if collection.get(ref) is not None]
    for kind, refs_of in hidden.items():
        if refs_of:
            out = f"leaves out some that are there ({len(refs_of)}, such as {refs_of[0]})"
            why = f"the list of all {kind}s {out}: may syncd's account see everything?"
            target.gaps += (why,)


def _there(read: PartRead[Any], refs: set[Ref]) -> Iterator[Ref]:
    for one in read.standing.some(sorted(refs)):
        yield one.ref
