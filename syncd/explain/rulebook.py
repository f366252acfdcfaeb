"""The rules that an explanation names, and where they stand."""

from collections.abc import Mapping
from typing import Self

from msgspec import Struct

from syncd.core.mapping import UserMapping, is_template
from syncd.core.merge import Precedence
from syncd.sync import Sync


class Rulebook(Struct, frozen=True):
    """`sources` in order of precedence; `places` in the configuration by the setting's name below
    the sync, such as `users.always.title`, as far as they are known."""

    users: UserMapping = UserMapping()
    merge: Precedence = Precedence()
    sources: tuple[str, ...] = ()
    places: Mapping[str, str] = {}

    @classmethod
    def of(cls, sync: Sync) -> Self:
        return cls(sync.users, sync.merge, tuple(sync.sources), sync.places)

    def rule(self, field: str) -> str:
        """What gives a field of the target, in words."""
        if field == "active":
            return "follows the person's state"
        once = field in self.users.on_create
        text = self.users.on_create.get(field) or self.users.always.get(field) or field
        what = f"template {text}" if is_template(text) else f"attribute {text}"
        return f"{what}, once" if once else what

    def place(self, field: str) -> str:
        """Where that is said."""
        if field == "active":
            return ""
        for part, given in (("on_create", self.users.on_create), ("always", self.users.always)):
            if field in given:
                return self.places.get(f"users.{part}.{field}", "")
        return "by name"
