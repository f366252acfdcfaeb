"""What a target's list leaves out is asked for by its ref, before anybody believes that it is gone.

A list may hide what its reader has no right to see, or what an index has lost. Who were taken
for gone would be made a second time, or be forgotten.
"""

from collections.abc import Iterator
from typing import Any

from syncd.core.model import Kind, Ref
from syncd.cycle.follow import name_batches
from syncd.cycle.reads import PartRead, TargetRead
from syncd.ledger import Ledger
from syncd.ports import Backend, Collection


def confirm_absence(target: TargetRead, backend: Backend, ledger: Ledger, sync: str) -> None:
    """Adds a gap for what is linked, is not in the reading, and is there all the same.

    Raises `BackendError` where the target cannot be asked.
    """
    for kind, read, collection in (
        (Kind.USER, target.users, backend.users),
        (Kind.GROUP, target.groups, backend.groups),
    ):
        hidden = list(_hidden(_missing(kind, read, ledger, sync), collection))
        if hidden:
            out = f"leaves out some that are there ({len(hidden)}, such as {hidden[0]})"
            why = f"the list of all {kind}s {out}: may syncd's account see everything?"
            target.gaps += (why,)


def _missing(kind: Kind, read: PartRead[Any], ledger: Ledger, sync: str) -> Iterator[Ref]:
    """Refs of links that the reading does not have; where it is known, that the last one had."""
    standing = read.standing
    if standing.based:
        for names in name_batches(standing.gone()):
            asked = [(kind, Ref(name)) for name in names]
            yield from sorted(link.ref for link in ledger.recall_links(sync, (), asked))
        return
    for links in ledger.each_link(sync, kind):
        refs = {link.ref for link in links}
        yield from sorted(refs.difference(one.ref for one in standing.some(sorted(refs))))


def _hidden(refs: Iterator[Ref], collection: Collection[Any]) -> Iterator[Ref]:
    for ref in refs:
        if collection.get(ref) is not None:
            yield ref
