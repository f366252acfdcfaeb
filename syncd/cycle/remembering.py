"""What the ledger remembers of those whom a question is about."""

from collections.abc import Sequence
from datetime import datetime

from syncd.core.ladder import delays
from syncd.core.memory import Link, Memory
from syncd.ledger import Ledger
from syncd.sync import Sync


def remember(
    sync: Sync, ledger: Ledger, now: datetime, links: Sequence[Link] | None, *, all_of: bool = False
) -> Memory:
    """Of these links, or for None of every one; `all_of` is for links that are not all that there
    are. For how long runs have watched is asked only where anybody may wait on the ladder, or for
    the end of a hold."""
    policy, name = sync.policy, sync.name
    since = now - policy.window
    if links is None:
        return ledger.recall(name, since, now, sync.consent, delays(policy))
    ending = any(hold.until is not None for hold in policy.legal_holds)
    waiting = all_of or ending or any(link.left_at is not None for link in links)
    asked = delays(policy) if waiting else ()
    return ledger.recall_rest(name, since, now, tuple(links), sync.consent, asked)
