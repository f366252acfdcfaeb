"""What is measured once, whatever the size of the directory: starting, people files, HTTP."""

from collections.abc import Callable

from tests.benchmarks.measure import Figure, Subject, in_turn, this

STARTUP, YAML, HTTP = "startup", "yaml", "http"

_MODULES = {STARTUP: "startup", YAML: "yaml_reading", HTTP: "http_apply"}
"""Each measures its own things in turn, and tells what it found."""


def once(name: str, watch: Callable[[str], None]) -> dict[str, Figure]:
    return in_turn([Subject(name, this(_MODULES[name]))], 1, watch)


ONCE_PARTS = tuple(_MODULES)
