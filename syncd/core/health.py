"""Whether what was read to its end can be believed: what suddenly holds nobody cannot.

An export that went wrong, a filter that fits nobody and an unmounted directory all look like
everybody leaving at once; a target of which another copy was opened looks like everybody deleted.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from syncd.core.memory import Link
from syncd.core.merge import full_key
from syncd.core.model import Key, Kind, Ref
from syncd.core.records import Records

SEVERAL = 2
"""So many must be missed at once before it is strange: the last one of something may go."""


def distrust_empty(
    sources: Mapping[str, Records], links: Iterable[Link], may_be_empty: Collection[str] = ()
) -> dict[str, Records]:
    """The same records, with a gap where a source holds none of what several links came from."""
    empty = {
        name: [
            kind
            for kind, found in ((Kind.USER, records.users), (Kind.GROUP, records.groups))
            if not found
        ]
        for name, records in sources.items()
        if name not in may_be_empty
    }
    gaps = gaps_of_empty(empty, links)
    return {
        name: replace(records, gaps=(*records.gaps, *gaps.get(name, ())))
        for name, records in sources.items()
    }


def gaps_of_empty(
    empty: Mapping[str, Iterable[Kind]], links: Iterable[Link]
) -> dict[str, list[str]]:
    """By source, of kinds that it holds nothing of: that several linked things came from it."""
    kinds = [(full_key(name, Key("")), name, kind) for name, some in empty.items() for kind in some]
    linked: Counter[tuple[str, Kind]] = Counter()
    for link in links if kinds else ():
        for prefix, name, kind in kinds:
            if link.left_at is None and link.kind is kind and _came_from(prefix, link):
                linked[name, kind] += 1
    gaps: dict[str, list[str]] = defaultdict(list)
    for _, name, kind in kinds:
        if (number := linked[name, kind]) >= SEVERAL:
            gaps[name].append(
                f"holds no {kind} at all, but {number} that are in the target came from it; "
                f"if that is meant, name {name} in the policy's `may_be_empty`"
            )
    return gaps


def _came_from(prefix: str, link: Link) -> bool:
    return any(key.startswith(prefix) for key in (link.key, *link.aliases))


def strange_target(accounts: Collection[Ref], links: Iterable[Link]) -> tuple[str, ...]:
    """The gap of a target that holds none of several accounts that were made or adopted there."""
    linked = [link.ref for link in links if link.kind is Kind.USER]
    return () if not set(linked).isdisjoint(accounts) else none_is_there(len(linked))


def none_is_there(linked: int) -> tuple[str, ...]:
    """The gap of a target that holds none of so many."""
    if linked < SEVERAL:
        return ()
    why = f"holds none of the {linked} accounts that syncd keeps there: is it the right one? "
    return (why + "If it was emptied on purpose, say so: `syncd ledger accept-target`",)
