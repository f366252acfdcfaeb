"""What another configuration, or other people files, would do: two plans held side by side.

Both are the engine's own, of a cycle in which nothing but local files is read. What else there is
comes from a sync's ledger (`kept`), or where there is none, is what the first of the two
configurations comes to on an empty target (`scratch`).
"""

from syncd.whatif.kept import Otherwise, on_what_was_kept
from syncd.whatif.scratch import empty_target, on_an_empty_target
from syncd.whatif.supposed import Supposed, exit_code, is_local

__all__ = [
    "Otherwise",
    "Supposed",
    "empty_target",
    "exit_code",
    "is_local",
    "on_an_empty_target",
    "on_what_was_kept",
]
