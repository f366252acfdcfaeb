"""What can be made of a call: an error before or after its effect, or the death of the process."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from syncd.errors import Denied, Rejected, SyncdError, Unavailable
from tests.promises.site import Death, Hook


@dataclass(frozen=True)
class Fault:
    """`when` is before or after the effect; after it, nothing but silence is to be had."""

    when: str
    error: Callable[[], SyncdError]
    name: str

    def __repr__(self) -> str:
        return f"<{self.name}>"


def refused() -> SyncdError:
    return Unavailable("too many requests", refused=True, retry_after=0)


def silent() -> SyncdError:
    return Unavailable("no answer")


def denied() -> SyncdError:
    return Denied("the token is not valid any more")


def rejected() -> SyncdError:
    return Rejected("the target will not")


SILENT = Fault("before", silent, "before: silent")
TARGET_FAULTS = (
    *(
        Fault("before", error, f"before: {error.__name__}")
        for error in (refused, silent, denied, rejected)
    ),
    Fault("after", silent, "after: silent"),
)


def is_target(what: str) -> bool:
    return what.partition(".")[0] in ("users", "groups", "members", "batch")


def is_write(what: str) -> bool:
    """Whether it is a call that changes the target."""
    return is_target(what) and what.rpartition(".")[2] not in ("read", "get")


def is_edge(what: str) -> bool:
    """Whether it is where a transaction of the ledger that writes begins or ends."""
    return what in ("ledger.begin.immediate", "ledger.commit")


def anything(_what: str) -> bool:
    return True


def dies_at(number: int, where: Callable[[str], bool] = anything) -> Hook:
    """At the so many-eth moment before or after a call of that sort."""
    counted = count(1)

    def watch(_when: str, what: str) -> None:
        if where(what) and next(counted) == number:
            raise Death

    return watch


def fails_at(number: int, fault: Fault, where: Callable[[str], bool] = is_write) -> Hook:
    """The so many-eth call of that sort that the fault can be of."""
    counted = count(1)

    def watch(when: str, what: str) -> None:
        fits = when == fault.when and where(what) and _fits(fault, what)
        if fits and next(counted) == number:
            raise fault.error()

    return watch


def _fits(fault: Fault, what: str) -> bool:
    """What is stored as a batch is stored or not, and never rejected then."""
    return fault.error is not rejected or what != "batch.end"
