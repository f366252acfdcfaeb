"""What one product does differently from others, as data; and what a verb of several calls owes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct

from syncd.errors import BackendError, Denied, Unavailable

_NONE: Mapping[str, str] = {}


def _no_more(_status: int, _body: bytes) -> type[BackendError] | None:
    return None


def _no_words(_body: bytes) -> str:
    return ""


class Dialect(Struct, frozen=True, kw_only=True):
    """`width` is how many calls may be under way at once: a backend's `concurrency`.

    `means` says by status what an answer means, where the product means something else by it than
    HTTP does; `reads` goes before, where the product's own words say more than its status, and says
    None where they do not; `words` finds what it says of a refusal where that stands in no usual
    place. An answer of more than `largest` octets is an error. `pauses` are seconds between the
    tries of a call that may be repeated; one that is asked to wait for longer than `patience` is
    not repeated.
    """

    width: int = 1
    media_type: str = "application/json"
    headers: Mapping[str, str] = _NONE
    means: Mapping[int, type[BackendError]] = {}
    reads: Callable[[int, bytes], type[BackendError] | None] = _no_more
    words: Callable[[bytes], str] = _no_words
    largest: int = 64 * 1024 * 1024
    pauses: tuple[float, ...] = (0.5, 1.0, 2.0)
    patience: float = 60.0


@contextmanager
def half_done() -> Iterator[None]:
    """Around the calls of one verb that come after its first one has changed something.

    Whatever they fail of, the verb as a whole is in doubt, so that it is not repeated and the next
    run looks: a create whose second call is refused must not be made again.
    """
    try:
        yield
    except Denied as error:
        raise BackendError(str(error)) from error
    except Unavailable as error:
        raise Unavailable(str(error), retry_after=error.retry_after) from error
    except BackendError as error:
        raise Unavailable(str(error)) from error
