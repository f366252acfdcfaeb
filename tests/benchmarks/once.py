"""What is measured once, whatever the size of the directory: starting, people files, HTTP."""

from collections.abc import Callable

from tests.benchmarks.measure import Figure, Subject, in_turn, this

STARTUP, YAML, HTTP = "startup", "yaml", "http"

_MODULES = {STARTUP: "startup", YAML: "yaml_reading", HTTP: "http_apply"}
"""Each measures its own things in turn, and tells what it found: `A`, `B`, and `A, of B` in times or
in percent; `people`, where their number matters. Of HTTP: `http apply`, `wrk`, `http apply, of wrk`
in percent, and `calls per change`. `once_rows` says what of it is to reach what."""


_MOST = 100_000
"""As many people in files are enough to show what each of them costs."""


def once(name: str, people: int, watch: Callable[[str], None]) -> dict[str, Figure]:
    """With so many people, or fewer, where their number matters."""
    command = ["env", f"BENCH_SIZE={min(people, _MOST)}", *this(_MODULES[name])]
    return in_turn([Subject(name, command)], 1, watch)


ONCE_PARTS = tuple(_MODULES)
