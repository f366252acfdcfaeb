"""Whether a source that was read to its end can be believed: one that suddenly holds nobody cannot.

An export that went wrong, a filter that fits nobody and an unmounted directory all look like
everybody leaving at once.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from syncd.core.desired import Records
from syncd.core.memory import Link
from syncd.core.merge import full_key
from syncd.core.model import Key, Kind

_ONE: Final = 1


def distrust_empty(sources: Mapping[str, Records], links: Iterable[Link]) -> dict[str, Records]:
    """The same records, with a gap where a source holds none of what several links came from."""
    known = list(links)
    return {name: _checked(name, records, known) for name, records in sources.items()}


def _checked(source: str, records: Records, links: Iterable[Link]) -> Records:
    prefix = full_key(source, Key(""))
    gaps = list(records.gaps)
    for kind, found in ((Kind.USER, records.users), (Kind.GROUP, records.groups)):
        linked = sum(link.kind is kind and link.key.startswith(prefix) for link in links)
        if not found and linked > _ONE:
            gaps.append(
                f"holds no {kind} at all, but {linked} that came from it are in the target; "
                f"if that is meant, take {source} out of the sync's `sources`"
            )
    return replace(records, gaps=tuple(gaps))
