"""How settings are called where they are not in the file: `SYNCD_TARGETS__STORE__PASSWORD`."""

from collections.abc import Iterable, Sequence

PREFIX = "syncd_"
DELIMITER = "__"
NAMED = {"sources": "source", "targets": "target", "syncs": "sync"}
"""The mappings by name, and what one of each is called."""
TOP = (
    "state_directory",
    "ledger",
    *NAMED,
    "daemon",
    "status",
    "notify",
    "log",
    "audit",
    "approvals",
    "evidence",
)


def ours(names: Iterable[str]) -> dict[str, str]:
    """Environment variables that are settings, and each one's setting.

    Kubernetes sets SYNCD_PORT and the like for a service called syncd: names without a delimiter
    are others' as long as they are not ours.
    """
    settings = {name: name[len(PREFIX) :] for name in names if name.lower().startswith(PREFIX)}
    return {
        name: setting
        for name, setting in settings.items()
        if DELIMITER in setting or setting.lower() in TOP
    }


def variable(path: Sequence[str | int]) -> str:
    """The environment variable that sets what stands under `path`."""
    return f"{PREFIX}{DELIMITER.join(map(str, path))}".upper().replace("-", "_")
