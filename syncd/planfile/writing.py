"""Write a plan, a line at a time."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from syncd.core.plan import VERSION, Plan
from syncd.core.stream import encode, lines_of
from syncd.errors import ConfigError
from syncd.planfile.form import SAME, SECTIONS, Head, closing, opening, seal_of


def lines(plan: Plan) -> Iterator[bytes]:
    """With their ends."""
    same = {name: getattr(plan, name) for name in SAME}
    seal = seal_of(plan)
    head = Head(version=VERSION, digest=plan.digest, summary=plan.summary, seal=seal, **same)
    yield encode(head).removesuffix(b"}") + b",\n"
    for section in SECTIONS:
        yield opening(section) + b"\n"
        yield from _listed(lines_of(getattr(plan, section)))
        yield closing(section) + b"\n"


def _listed(values: Iterator[bytes]) -> Iterator[bytes]:
    """As JSON wants it: with commas between them."""
    last = next(values, None)
    if last is not None:
        for value in values:
            yield last + b",\n"
            last = value
        yield last + b"\n"


def write(plan: Plan, path: Path) -> None:
    """All of it or none; for its owner only, since plans hold personal data."""
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path} is not a file; name one for the plan")
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(lines(plan))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        if temporary:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()
