"""Names that only one user, or one group, may have: ids with case, the rest without."""

from collections import defaultdict

from syncd.core.normal import normal
from syncd.located.places import Mistake, Table, mistake
from syncd.located.suggest import quoted


class Names:
    def __init__(self, what: str, mistakes: list[Mistake]) -> None:
        self._what, self._mistakes = what, mistakes
        self._first: defaultdict[str, dict[str, str]] = defaultdict(dict)

    def take(self, name: str, value: str, table: Table, where: str) -> None:
        """What stands at `where` is called so; who comes second makes a mistake."""
        taken = self._first.setdefault(name, {})
        first = taken.setdefault(value if name == "id" else normal(value, caseless=True), where)
        if first is not where:
            words = f"the {name} {quoted(value)} belongs already to the {self._what} at {first}"
            self._mistakes.append(mistake(table.entries.get(name, table), words))

    @property
    def ids(self) -> dict[str, str]:
        """All ids, and where each is."""
        return self._first["id"]
