"""Whose links lead to what the target has otherwise than before."""

from collections.abc import Iterator

from syncd.core.model import Key, Kind, Ref
from syncd.cycle.follow import name_batches
from syncd.cycle.reads import TargetRead
from syncd.cycle.selected import Selection
from syncd.cycle.subjects import Subjects
from syncd.ledger import Ledger


def moved(ledger: Ledger, sync: str, target: TargetRead) -> Iterator[tuple[Kind, Key]]:
    """What should be of these may not have been known."""
    for kind, read in (
        (Kind.USER, target.users),
        (Kind.GROUP, target.groups),
        (Kind.GROUP, target.members),
    ):
        for names in name_batches((*read.standing.moved(), *read.standing.gone())):
            refs = [(kind, Ref(name)) for name in names]
            for link in ledger.recall_links(sync, (), refs):
                yield link.kind, link.key


def looked_at(some: Selection | None, about: Subjects | None) -> Iterator[tuple[Kind, Key]]:
    """Those who are read by now, and about whom nobody has decided by what the sources say."""
    if some is not None and about is not None and about.unread:
        yield from ((link.kind, link.key) for link in some.links)
