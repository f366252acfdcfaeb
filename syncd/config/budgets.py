"""What may be done within a window, in the file's own words."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, NonNegativeInt, field_validator

from syncd.config.shape import Duration, Strict
from syncd.core.model import ATTRIBUTES, USER_FIELDS, Kind, Op
from syncd.core.policy import ADMIN, DEFAULT_BUDGETS, EACH, RENAME, Budget, Purse

_OTHERS = "default"
_FIELDS = USER_FIELDS - {"user_name", "admin", "active"}


class BudgetSettings(Strict):
    """How many changes of one kind may be done within the window."""

    count: NonNegativeInt | None = None
    percent: Annotated[float | None, Field(ge=0, le=100)] = None
    minimum: NonNegativeInt = 20
    """Of fewer than this many, half may change, whatever the percentage."""

    @property
    def budget(self) -> Budget:
        return Budget(self.count, self.percent, self.minimum)


def _budget(kind: Kind, what: str, *each: str) -> Any:
    default = DEFAULT_BUDGETS.get((kind, what, *each))
    given = default and BudgetSettings(
        count=default.count, percent=default.percent, minimum=default.minimum
    )
    return Field(given, alias=f"{kind}.{what}")


class GroupBudgetsSettings(Strict):
    """What each group has by itself, of how many are in it in the target; null for any number."""

    member_add: BudgetSettings | None = _budget(Kind.MEMBER, Op.ADD, EACH)
    member_remove: BudgetSettings | None = _budget(Kind.MEMBER, Op.REMOVE, EACH)


class BudgetsSettings(Strict):
    """A budget for each kind of change; null allows any number. What is too much is held."""

    window: Duration = timedelta(hours=24)
    user_create: BudgetSettings | None = _budget(Kind.USER, Op.CREATE)
    user_update: BudgetSettings | None = _budget(Kind.USER, Op.UPDATE)
    user_rename: BudgetSettings | None = _budget(Kind.USER, RENAME)
    user_admin: BudgetSettings | None = _budget(Kind.USER, ADMIN)
    """Who becomes an administrator or is one no longer; of all users, with those to be created."""
    user_suspend: BudgetSettings | None = _budget(Kind.USER, Op.SUSPEND)
    user_restore: BudgetSettings | None = _budget(Kind.USER, Op.RESTORE)
    user_delete: BudgetSettings | None = _budget(Kind.USER, Op.DELETE)
    group_create: BudgetSettings | None = _budget(Kind.GROUP, Op.CREATE)
    group_update: BudgetSettings | None = _budget(Kind.GROUP, Op.UPDATE)
    group_rename: BudgetSettings | None = _budget(Kind.GROUP, RENAME)
    group_delete: BudgetSettings | None = _budget(Kind.GROUP, Op.DELETE)
    member_add: BudgetSettings | None = _budget(Kind.MEMBER, Op.ADD)
    member_remove: BudgetSettings | None = _budget(Kind.MEMBER, Op.REMOVE)
    per_group: GroupBudgetsSettings | None = GroupBudgetsSettings()
    per_attribute: Mapping[str, BudgetSettings | None] | None = {}
    """By field of a user, `default` for every other: whose value is replaced or cleared, of all
    users. An empty one that is filled does not count."""

    @field_validator("per_attribute")
    @classmethod
    def _known(
        cls, given: Mapping[str, BudgetSettings | None] | None
    ) -> Mapping[str, BudgetSettings | None] | None:
        for name in given or ():
            if name not in {*_FIELDS, _OTHERS} and not name.startswith(ATTRIBUTES):
                known = ", ".join((_OTHERS, *sorted(_FIELDS)))
                raise ValueError(f"no field of a user: {name}; known are {known}, attributes.NAME")
        return given

    @property
    def budgets(self) -> dict[Purse, Budget]:
        """As the policy has them."""
        found = dict(_given(self))
        if self.per_group is not None:
            found |= {(*purse, EACH): budget for purse, budget in _given(self.per_group)}
        if self.per_attribute is not None:
            each = Kind.USER, Op.UPDATE, EACH
            found[each] = DEFAULT_BUDGETS[each]
            for name, given in self.per_attribute.items():
                of = EACH if name == _OTHERS else name
                # Nothing said of one field would leave it to the budget of the others.
                found[Kind.USER, Op.UPDATE, of] = given.budget if given else Budget()
        return found


def _given(budgets: Strict) -> Iterator[tuple[Purse, Budget]]:
    for name, field in type(budgets).model_fields.items():
        if field.alias and isinstance(given := getattr(budgets, name), BudgetSettings):
            kind, what = field.alias.split(".")
            yield (Kind(kind), what), given.budget
