"""A legal hold: for one person, nothing is stripped or deleted as long as it lasts."""

from datetime import datetime

from msgspec import Struct


class Hold(Struct, frozen=True):
    """Of `who`, which is a full key; where it is a `pattern`, also a glob over key, login and
    e-mail. `until` is the moment at which it is over, None for never. With `suspend` a leaver is
    suspended all the same. `since` is None where it stands in the configuration.
    """

    who: str
    reason: str
    by: str
    since: datetime | None = None
    until: datetime | None = None
    suspend: bool = True
    pattern: bool = False

    @property
    def words(self) -> str:
        since = f" since {self.since:%Y-%m-%d}" if self.since else ""
        return f"legal hold: {self.reason}, by {self.by}{since}"
