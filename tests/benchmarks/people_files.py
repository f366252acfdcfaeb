"""People files of any size, as a program that exports people would write them."""

from pathlib import Path

from tests.benchmarks import people

_PER_FILE = 10_000
_NAMES = {
    "user_name": "uid",
    "email": "mail",
    "given_name": "givenName",
    "family_name": "sn",
    "display_name": "displayName",
    "title": "title",
    "phone": "telephoneNumber",
}


def write(folder: Path, count: int) -> None:
    """Everybody has eight values: the key, and one in each of these."""
    for first in range(0, count, _PER_FILE):
        numbers = range(first, min(first + _PER_FILE, count))
        text = "users:\n" + "".join(_person(number) for number in numbers)
        Path(folder, f"people-{first:09}.yaml").write_text(text, encoding="utf-8")


def _person(number: int) -> str:
    values = people.person(number)
    lines = [f"    {ours}: {values[theirs]}\n" for ours, theirs in _NAMES.items()]
    return f"  - id: {people.key(number)}\n" + "".join(lines)
