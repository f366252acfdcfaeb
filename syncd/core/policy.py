"""What an administrator allows: this page is all of it (`judge` acts on it)."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct, field

from syncd.core.hold import Hold
from syncd.core.model import Key, Kind, Op


class Leavers(StrEnum):
    """What becomes of an account whose person is in no source any more."""

    SUSPEND = "suspend"
    DELETE = "delete"
    IGNORE = "ignore"


class VanishedGroups(StrEnum):
    """What becomes of a group that is in no source any more."""

    EMPTY = "empty"
    DELETE = "delete"
    IGNORE = "ignore"


class Adopt(StrEnum):
    """By what an account that syncd did not create may become its own."""

    NEVER = "never"
    BY_EMAIL = "by_email"
    BY_USER_NAME = "by_user_name"


class Drift(StrEnum):
    """What becomes of a field that somebody changed in the target."""

    ENFORCE = "enforce"
    REPORT = "report"
    YIELD = "yield"


ANY_FIELD = "default"
"""Stands for the fields of which nothing is said."""


Purse = tuple[str, ...]
"""What a budget is of: kind and what is done, as `("user", "suspend")`; and where it is narrower,
of what: `("member", "remove", GROUP'S KEY)`, `("user", "update", FIELD)`."""

RENAME, ADMIN = "rename", "admin"
"""What is done, besides the ops: a user or a group gets another name; somebody becomes an
administrator, or is one no longer."""

EACH = "*"
"""In the place of a group's key, or of a field: the budget that each has by itself."""


class Budget(Struct, frozen=True):
    """How many changes of one kind a window may see.

    At most `count`, and at most `percent` of what there is of that kind, though one at least
    where it is not 0. A population under `minimum` is too small for percentages: there, more
    than half is over budget.
    """

    count: int | None = None
    percent: float | None = None
    minimum: int = 20

    def allowance(self, population: int) -> int | None:
        """The largest number that is within budget; None for any."""
        limits = [] if self.count is None else [self.count]
        if self.percent == 0:
            limits.append(0)
        elif self.percent is not None:
            share = self.percent / 100 if population >= self.minimum else 0.5
            limits.append(max(1, int(population * share)))
        return min(limits, default=None)


DEFAULT_BUDGETS: Mapping[Purse, Budget] = {
    (Kind.USER, Op.SUSPEND): Budget(percent=10),
    (Kind.USER, Op.DELETE): Budget(percent=10),
    (Kind.GROUP, Op.DELETE): Budget(percent=10),
    (Kind.MEMBER, Op.REMOVE): Budget(percent=20),
    (Kind.USER, RENAME): Budget(percent=10),
    (Kind.GROUP, RENAME): Budget(percent=20),
    (Kind.USER, ADMIN): Budget(count=10),
    (Kind.MEMBER, Op.REMOVE, EACH): Budget(percent=50, minimum=5),
    (Kind.USER, Op.UPDATE, EACH): Budget(percent=25),
}
"""What stops the known disasters without a word of configuration: an emptied or half-read source, a
group that lost its members, a column that was wiped or put in the place of another, and a mapping
that makes everybody an administrator. None of creations: a first import makes everybody."""


class Protect(Struct, frozen=True):
    """Whom nothing may take anything from: globs over login and e-mail, and groups' names.

    A protected group is never deleted or emptied, and its members are protected too.
    """

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


class Cohort(Struct, frozen=True):
    """Who comes in one wave: a share of all people, or who is named by login, as globs.

    `percent` is chosen by a hash of each person's key: the same people each time, and those of a
    larger share are those of a smaller one and more. `wait` is the time after the wave. Where
    people have other names than those, `keys` are who is in it.
    """

    percent: float = 0.0
    users: tuple[str, ...] = ()
    wait: timedelta = timedelta()
    keys: frozenset[Key] | None = None


class Waves(Struct, frozen=True):
    """The cohorts that come `first`, in turn; whoever is in none comes last.

    A plan of fewer than `minimum` changes has no waves. More than `errors` percent of a wave's
    changes that fail, or do not take, stop the run after it.
    """

    first: tuple[Cohort, ...] = ()
    minimum: int = 20
    errors: float = 0.0


class Policy(Struct, frozen=True):
    """The ladder of `leavers`: suspended once they are missed for `suspend_after`, stripped of
    their groups `strip_after` that (None for never), and deleted after another `grace`. A vanished
    group is deleted after `group_grace`, None for `grace`. `window` is the time of the budgets.
    `legal_holds` are those of the configuration.

    `may_be_empty` are the sources that are believed when they hold nobody, or no groups. `drift`
    is by a user's field, or `ANY_FIELD`. What never settles is tried again after
    `retry_unsettled`; None for never.
    """

    leavers: Leavers = Leavers.SUSPEND
    grace: timedelta = timedelta(days=30)
    restore: bool = True
    vanished_groups: VanishedGroups = VanishedGroups.EMPTY
    protect: Protect = Protect()
    adopt: Adopt = Adopt.NEVER
    adopt_groups: bool = False
    budgets: Mapping[Purse, Budget] = field(default_factory=lambda: DEFAULT_BUDGETS)
    window: timedelta = timedelta(hours=24)
    may_be_empty: tuple[str, ...] = ()
    waves: Waves = Waves()
    drift: Mapping[str, Drift] = {}
    retry_unsettled: timedelta | None = timedelta(days=7)
    suspend_after: timedelta = timedelta()
    strip_after: timedelta | None = None
    group_grace: timedelta | None = None
    legal_holds: tuple[Hold, ...] = ()

    @property
    def of_groups(self) -> timedelta:
        """So long after they vanished groups are deleted, where they are."""
        return self.grace if self.group_grace is None else self.group_grace

    def on_drift(self, name: str) -> Drift:
        """An administrator that somebody made in the target stays one only where that is said."""
        of_all = Drift.ENFORCE if name == "admin" else self.drift.get(ANY_FIELD, Drift.ENFORCE)
        return self.drift.get(name, of_all)

    def budget(self, purse: Purse) -> Budget | None:
        """Its own, or the one that each of its sort has."""
        if (own := self.budgets.get(purse)) is None and len(purse) == _NARROW:
            return self.budgets.get((*purse[:-1], EACH))
        return own


_NARROW = 3
