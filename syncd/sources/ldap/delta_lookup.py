"""Finds entries by their names, many with one search, and only where a full reading finds them."""

from collections.abc import Iterable, Iterator, Sequence

from syncd.sources.ldap import values
from syncd.sources.ldap.delta_search import Found, Searches, Unusable, any_of, batches
from syncd.sources.ldap.delta_touched import Extent

FEW = 2000
"""Names that are asked for one by one; of more, all entries are read."""


class Lookup:
    """`attribute` is that which has an entry's own DN."""

    def __init__(self, searches: Searches, attribute: str) -> None:
        self._searches = searches
        self._attribute = attribute
        self._proven = False

    def named(
        self, places: Sequence[Extent], dns: Sequence[str], wanted: Sequence[str], also: str = ""
    ) -> Iterator[Found]:
        """The entries that have one of these names."""
        normal = {values.comparable(dn) for dn in dns}
        if dns:
            self._prove(places)
        for extent in places:
            if len(dns) > FEW:
                found = self._searches.found(extent.query(wanted, also))
            else:
                found = self._by_dn(extent, dns, wanted, also)
            for octets, entry in found:
                if values.comparable(entry.dn) in normal:
                    yield octets, entry

    def having(
        self, places: Iterable[Extent], assertions: Iterable[tuple[str, str]], wanted: Sequence[str]
    ) -> Iterator[Found]:
        """The entries with one of these values, by attribute; others too where these are many."""
        pairs = list(dict.fromkeys(assertions))
        by_attribute: dict[str, list[str]] = {}
        for attribute, value in pairs:
            by_attribute.setdefault(attribute, []).append(value)
        conditions = [
            any_of(attribute, each)
            for attribute, some in by_attribute.items()
            for each in batches(some)
        ]
        for extent in places:
            for condition in [""] if len(pairs) > FEW else conditions:
                yield from self._searches.found(extent.query(wanted, condition))

    def _prove(self, places: Sequence[Extent]) -> None:
        """Raises `Unusable` where an entry that is there is not found by its name."""
        for extent in places:
            if self._proven:
                return
            for entry, _ in self._searches.ask(extent.query(["1.1"]), most=1).entries:
                query = extent.query(["1.1"], any_of(self._attribute, [entry.dn]))
                if not list(self._searches.found(query)):
                    raise Unusable(f"the server finds nothing by {self._attribute}")
                self._proven = True

    def _by_dn(
        self, extent: Extent, dns: Sequence[str], wanted: Sequence[str], also: str
    ) -> Iterator[Found]:
        for some in batches(dns):
            query = extent.query(wanted, f"{also}{any_of(self._attribute, some)}")
            yield from self._searches.found(query)
