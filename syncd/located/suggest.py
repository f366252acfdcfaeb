"""Say what was probably meant, for every name that nothing is known by."""

from collections.abc import Collection
from difflib import get_close_matches

_MANY = 1_000
"""From here on only likely candidates are compared: difflib takes microseconds for each."""

_FEW = 16
_LINE = 60


def quoted(word: str) -> str:
    """The word in quotes, control characters escaped, and not longer than a line."""
    shown = word if len(word) <= _LINE else word[:_LINE] + "..."
    return '"' + shown.encode("unicode_escape").decode() + '"' if _odd(shown) else f'"{shown}"'


def did_you_mean(word: str, known: Collection[str]) -> str:
    """`; did you mean "x"?`, or what is known where that is short, or nothing."""
    if close := close_to(word, known, 1):
        return close
    if known and len(known) <= _FEW:
        return f"; known are {', '.join(sorted(known))}"
    return ""


def close_to(word: str, known: Collection[str], most: int) -> str:
    """`; did you mean "x" or "y"?` with at most so many, the nearest first, or nothing."""
    near = get_close_matches(word.casefold(), _likely(word, known), n=most, cutoff=0.6)
    if not near:
        return ""
    unfolded = {name.casefold(): name for name in reversed(list(known))}
    *others, last = [quoted(unfolded[name]) for name in dict.fromkeys(near)]
    meant = f"{', '.join(others)} or {last}" if others else last
    return f"; did you mean {meant}?"


def _likely(word: str, known: Collection[str]) -> list[str]:
    folded = [name.casefold() for name in known]
    if len(folded) < _MANY:
        return folded
    start = word[:1].casefold()
    return [name for name in folded if name[:1] == start and abs(len(name) - len(word)) <= 2]  # noqa: PLR2004  two letters more or fewer are a slip


def _odd(text: str) -> bool:
    return any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in text)  # noqa: PLR2004  control characters and surrogates by their numbers
