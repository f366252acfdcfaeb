"""Digests of settings: by which it is known whether they are the same."""

import hashlib
import json
import re
from typing import Any

from syncd.config.settings import Part, Settings
from syncd.sync import source_part, target_part

_URL_PASSWORD = re.compile(r"(://[^/?#@]*?):[^/?#@]*@")
_UNSAID: tuple[Any, ...] = (None, "**********")
"""What pydantic shows of an option that is not there, and of a secret that is."""


def digest(settings: Settings, name: str) -> str:
    """SHA-256 of all that the sync is made from, as hexadecimal, secrets left out."""
    sync = settings.syncs[name]
    parts = [settings.targets[sync.target], *(settings.sources[one] for one in sync.sources)]
    made_from = [
        sync.model_dump(mode="json", exclude={"enabled", "full_every", "schedule"}),
        *(part.model_dump(mode="json") for part in parts),
    ]
    return _digest(_without_passwords(made_from))


def parts(settings: Settings, name: str) -> dict[str, str]:
    """Of each source of the sync and of its target alone, as messages call them. The same whether
    secrets are there or not: what is read does not depend on them."""
    sync = settings.syncs[name]
    found = {source_part(one): settings.sources[one] for one in sync.sources}
    found[target_part(sync.target)] = settings.targets[sync.target]
    return {called: _digest([part.type, _shown(part)]) for called, part in found.items()}


def differing(old: Settings, new: Settings, part: str) -> list[str]:
    """The settings of a source or target, as messages call it, that are not the same in both."""
    group, _, name = part.partition(" ")
    before, after = (_shown(getattr(one, f"{group}s")[name]) for one in (old, new))
    names = before.keys() | after.keys()
    return sorted(name for name in names if before.get(name) != after.get(name))


def _shown(part: Part) -> dict[str, Any]:
    """Its settings that are said and no secret."""
    return dict(_said(_without_passwords(part.model_dump(mode="json")))["config"])


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _said(inner) for name, inner in value.items() if inner not in _UNSAID}
    return value


def _digest(made_from: Any) -> str:
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def _without_passwords(value: Any) -> Any:
    """SecretStr is masked already; a URL may have a password in it."""
    if isinstance(value, dict):
        return {name: _without_passwords(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_passwords(inner) for inner in value]
    return _URL_PASSWORD.sub(r"\1@", value) if isinstance(value, str) else value
