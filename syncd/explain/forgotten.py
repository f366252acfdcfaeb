"""Those who are in no source, and to whom no link leads any more: what is written of them."""

from syncd.core.model import Key, Kind, Op
from syncd.explain.explanation import Explanation, Owned
from syncd.explain.journal import Journal
from syncd.ledger import DONE, Ledger
from syncd.sync import Sync

_GONE = "is in no source, and no account is remembered: this is what was written of them"


def forgotten(sync: Sync, ledger: Ledger, who: str, most: int) -> list[Explanation]:
    """Users whom the word has ever meant, by the ledger alone; at most so many."""
    word = who.strip()
    if not word:
        return []
    found = ledger.chronicle.once_called(sync.name, word, list(sync.sources), most)
    journal = Journal(ledger, sync.name)
    return [_told(sync, ledger, journal, key, name) for key, name in sorted(found.items())]


def _told(sync: Sync, ledger: Ledger, journal: Journal, key: Key, name: str) -> Explanation:
    lines, remarks = journal.lines(key), journal.remarks(key)
    links = ledger.recall_links(sync.name, {(Kind.USER, key)}, ())
    link = links[0] if links else None
    ended = [
        (one.begun_at, one.run, one.reason)
        for one in lines
        if one.kind is Kind.USER and one.op is Op.DELETE and one.outcome == DONE
    ]
    owned = journal.owned(link) if link else None
    if owned is None and ended:
        at, run, reason = ended[0]
        owned = Owned("deleted by syncd", reason, run, at)
    return Explanation(
        sync=sync.name,
        target=sync.target,
        name=link.name if link else name,
        key=key,
        aliases=link.aliases if link else (),
        not_wanted="" if link else _GONE,
        link=link,
        lines=lines,
        remarks=remarks,
        owned=owned,
        forgotten=True,
    )
