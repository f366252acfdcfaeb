"""What one run did, to be undone: how to ask for it, and what is to be said of it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from syncd.core.model import Key, Kind
from syncd.core.plan import Change

DeedsOf = Callable[[Kind, Collection[Key]], Iterable[Change]]
"""What was done to these users, or groups, in its order."""

MemberDeedsOf = Callable[[Key], Iterable[Change]]
"""The same to one group's members."""


class Undo:
    """One run, and how to ask what it did, and later ones.

    `members` are its changes of one group's members, `lost` those of things that are syncd's no
    more. `since` and `members_since` are what later runs did. With `insists` what was changed since
    goes back too: to see whether an undo took. `counts` is what there is to be said when all was
    asked for: see `notes`.
    """

    def __init__(  # noqa: PLR0913  what was done, and when, each a name
        self,
        run: int,
        deeds: DeedsOf,
        members: MemberDeedsOf,
        lost: Sequence[Change] = (),
        *,
        since: DeedsOf = lambda _kind, _keys: (),
        members_since: MemberDeedsOf = lambda _group: (),
        insists: bool = False,
    ) -> None:
        self.run, self.deeds, self.members = run, deeds, members
        self.lost, self.insists = lost, insists
        self.since, self.members_since = since, members_since
        self.counts: Counter[str] = Counter()

    def notes(self) -> tuple[str, ...]:
        """What cannot be undone as a whole, in one sentence each."""
        return tuple(_cannot(of, n, self.run) for of, n in sorted(self.counts.items()))


def _cannot(of: str, number: int, run: int) -> str:
    kind, what = of.split()
    things = f"{number:,} {_THINGS[kind]}{'' if number == 1 else 's'}"
    return f"{things} that run {run} {what}: {_CANNOT[of]}"


_THINGS = {"user": "account", "group": "group", "member": "member"}
_CANNOT = {
    "user made": "suspended, and kept with what was given to them; nothing is deleted at once",
    "group made": "kept, for no group is deleted at once",
    "user deleted": "made anew of what the journal has, with another ref, no password, no group",
    "group deleted": "made anew, with another ref and without the members that it had",
    "member changed": "left as they are, for a later run made it otherwise, and so again",
}
