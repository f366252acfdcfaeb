"""Load the configuration: checked whole before anything is read, all mistakes at once.

file <- credentials <- environment -> each part by its plug-in -> all by `Settings` -> cross-checks
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from syncd.config.checks import cross_check
from syncd.config.layers import Layers
from syncd.config.naming import NAMED, variable
from syncd.config.settings import Part, Settings, SyncSettings
from syncd.config.words import Loc, complaints
from syncd.errors import ConfigError
from syncd.located.places import Items, Mistake, Table, Text, mistake
from syncd.located.suggest import did_you_mean, quoted
from syncd.located.yamlfile import load
from syncd.plugins import BACKENDS, SOURCES, plugin, types

PARTS = {"sources": SOURCES, "targets": BACKENDS}
M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

_NAME = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Raises `ConfigError` with every problem and its place."""
    document = load(path, str(path))
    root = document.root
    mistakes = list(document.mistakes)
    if isinstance(root, Items) or (isinstance(root, Text) and not root.absent):
        mistakes.append(mistake(root, "a configuration is a mapping of names to values"))
    if document.broken or mistakes:
        raise _wrong(mistakes)
    layers = Layers(root if isinstance(root, Table) else Table(str(path), 1, 1, {}, []), environ)
    settings = _Check(layers, path.absolute().parent, environ).settings()
    if settings is None or layers.mistakes:
        raise _wrong(layers.mistakes)
    settings.placed({name: _places(name, sync, layers) for name, sync in settings.syncs.items()})
    return settings


def _places(name: str, sync: SyncSettings, layers: Layers) -> dict[str, str]:
    """Of what an explanation names: which people are taken, merged by what, and mapped how."""
    users, take = sync.users, sync.users.take
    rules = [
        *(("users", "always", field) for field in users.always),
        *(("users", "on_create", field) for field in users.on_create),
        *(("users", "take", "member_of") for _ in take.member_of[:1]),
        *(("users", "take", "where", attribute) for attribute in take.where),
        *(("users", "take", "except", attribute) for attribute in take.unless),
        *(("merge", "by") for _ in [sync.merge.by] if _),
    ]
    return {".".join(rule): layers.place(("syncs", name, *rule)) for rule in rules}


class _Check:
    def __init__(self, layers: Layers, base: Path, environ: Mapping[str, str]) -> None:
        self._layers, self._base = layers, base
        state_directory = environ.get("STATE_DIRECTORY", "").split(":")[0] or ".syncd"
        self._tree = {"state_directory": state_directory, **layers.tree}

    def settings(self) -> Settings | None:
        """None where they cannot be made. Mistakes are added to the layers'."""
        self._check_names()
        sources = self._each("sources", self._part)
        targets = self._each("targets", self._part)
        syncs = self._each("syncs", self._sync)
        names = {group: list(self._inside(group)) for group in PARTS}
        for loc, words in cross_check(syncs, targets, names, self._base):
            self._note(loc, words)
        tree = {**self._tree, "sources": sources, "targets": targets, "syncs": syncs}
        return self._checked(Settings, tree, ())

    def _check_names(self) -> None:
        for group, what in NAMED.items():
            seen: dict[str, str] = {}
            for name in self._inside(group):
                alike = seen.setdefault(name.replace("-", "_"), name)
                if not _NAME.fullmatch(name):
                    words = f"a {what}'s name is of a-z, 0-9 and single - or _ between them"
                    self._note((group, name), words)
                elif alike != name:
                    words = f"is the same name as {quoted(alike)} to the environment, without a -"
                    self._note((group, name), words)

    def _inside(self, group: str) -> dict[str, Any]:
        inner = self._tree.get(group)
        return inner if isinstance(inner, dict) else {}

    def _each(self, group: str, make: Callable[[str, str, Any], T | None]) -> dict[str, T]:
        """Those that are right; the wrong ones are noted."""
        if not isinstance(self._tree.get(group), dict | None):
            self._note((group,), "should be a mapping of names to values")
        made = {name: make(group, name, raw) for name, raw in self._inside(group).items()}
        return {name: one for name, one in made.items() if one is not None}

    def _sync(self, group: str, name: str, raw: Any) -> SyncSettings | None:
        return self._checked(SyncSettings, raw, (group, name))

    def _part(self, group: str, name: str, raw: Any) -> Part | None:
        if not isinstance(raw, dict):
            self._note((group, name), "should be a mapping with a type")
            return None
        type_ = raw.get("type")
        if not isinstance(type_, str):
            known = types(PARTS[group])
            self._note((group, name), f"type is missing{did_you_mean('', known)}")
            return None
        try:
            model: type[BaseModel] = plugin(PARTS[group], type_).Config
        except ConfigError as error:
            self._note((group, name, "type"), str(error))
            return None
        values = raw if "type" in model.model_fields else _without_type(raw)
        config = self._checked(model, values, (group, name))
        return None if config is None else Part(type=type_, config=config)

    def _checked(self, model: type[M], values: Any, path: Loc) -> M | None:
        try:
            return model.model_validate(values, context=self._base)
        except ValidationError as error:
            for complaint in complaints(error, model):
                loc = (*path, *complaint.loc)
                hint = f"; {variable(loc)} can give it" if complaint.secret else ""
                self._note(loc, complaint.words + hint, name=complaint.name)
        except ConfigError as error:
            self._note(path, str(error))
        return None

    def _note(self, loc: Loc, words: str, *, name: bool = False) -> None:
        self._layers.mistakes.append(self._layers.mistake(loc, words, name=name))


def _without_type(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name != "type"}


def _wrong(mistakes: list[Mistake]) -> ConfigError:
    return ConfigError(*dict.fromkeys(str(one) for one in sorted(mistakes)))
