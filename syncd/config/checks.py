"""Check what only the whole configuration shows: names that refer to others, fields, templates."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from syncd.config.settings import Part, PolicySettings, SyncSettings
from syncd.core.mapping import holds, is_template, template
from syncd.core.model import Kind
from syncd.core.policy import ANY_FIELD, VanishedGroups
from syncd.database import database_url, place
from syncd.located.suggest import did_you_mean, quoted
from syncd.plugins import backend_plugin
from syncd.ports import Holds

Found = Iterator[tuple[tuple[str | int, ...], str]]


def cross_check(
    syncs: Mapping[str, SyncSettings],
    targets: Mapping[str, Part],
    names: Mapping[str, Collection[str]],
    base: Path,
) -> Found:
    """Each mistake's path and words.

    `names` are of all sources and targets, right or wrong; relative paths are relative to `base`.
    """
    for name, sync in syncs.items():
        path = ("syncs", name)
        for loc, words in (
            *_sources(sync, names["sources"]),
            *_merge(sync),
            *_may_be_empty(sync),
            *_ladder(sync.policy),
            *_target(sync, names["targets"]),
            *_mapping(sync, targets.get(sync.target)),
            *_drift(sync, targets.get(sync.target)),
        ):
            yield (*path, *loc), words
    yield from _rivals(syncs, {name: _store(name, part, base) for name, part in targets.items()})


def _sources(sync: SyncSettings, known: Collection[str]) -> Found:
    for index, source in enumerate(sync.sources):
        if source not in known:
            words = f"there is no source {quoted(source)}{did_you_mean(source, known)}"
            yield ("sources", index), words
        elif source in sync.sources[:index]:
            yield ("sources", index), f"{quoted(source)} stands here twice"


def _merge(sync: SyncSettings) -> Found:
    merge = sync.merge
    if merge.precedence and merge.by is None:
        yield ("merge", "precedence"), "says nothing without merge.by: no records are one person"
    for attribute, sources in merge.precedence.items():
        for index, source in enumerate(sources):
            if source not in sync.sources:
                yield ("merge", "precedence", attribute, index), _no_source(source, sync)


def _may_be_empty(sync: SyncSettings) -> Found:
    for index, source in enumerate(sync.policy.may_be_empty):
        if source not in sync.sources:
            yield ("policy", "may_be_empty", index), _no_source(source, sync)


def _ladder(policy: PolicySettings) -> Found:
    if policy.ladder is None:
        return
    of_groups = policy.vanished_groups is VanishedGroups.DELETE
    for name, instead in (("leavers", "ladder.delete"), ("grace", "ladder.delete")):
        if name in policy.model_fields_set and not (name == "grace" and of_groups):
            yield ("policy", name), f"contradicts the ladder: say {instead} instead, or no ladder"


def _no_source(name: str, sync: SyncSettings) -> str:
    return f"this sync has no source {quoted(name)}{did_you_mean(name, sync.sources)}"


def _target(sync: SyncSettings, known: Collection[str]) -> Found:
    if sync.target not in known:
        yield (
            ("target",),
            f"there is no target {quoted(sync.target)}{did_you_mean(sync.target, known)}",
        )


def _mapping(sync: SyncSettings, part: Part | None) -> Found:
    declares = backend_plugin(part.type).declares if part else None
    for rules, mapping in (("always", sync.users.always), ("on_create", sync.users.on_create)):
        for field, text in mapping.items():
            path = ("users", rules, field)
            if field == "active":
                yield path, "active follows the person's state and cannot be mapped"
            elif declares and not holds(declares[Kind.USER].fields, field):
                yield path, _unheld(sync.target, field, declares[Kind.USER])
            yield from _template(path, text)
    for field in sync.users.on_create.keys() & sync.users.always.keys():
        yield ("users", "on_create", field), "is also under always; it can be only one of them"
    rename = sync.groups.rename
    if rename is not None:
        if not is_template(rename):
            example = "{{ display_name }}"
            yield ("groups", "rename"), f"gives every group one name; write {example} in it"
        yield from _template(("groups", "rename"), rename)


def _drift(sync: SyncSettings, part: Part | None) -> Found:
    held = backend_plugin(part.type).declares[Kind.USER] if part else None
    for field in sync.policy.drift:
        path = ("policy", "drift", field)
        if field == "active":
            yield path, "active follows the person's state; see leavers and restore"
        elif field != ANY_FIELD and held and not holds(held.fields, field):
            yield path, _unheld(sync.target, field, held, (ANY_FIELD,))


def _unheld(target: str, field: str, held: Holds, besides: tuple[str, ...] = ()) -> str:
    fields = [*sorted(held.fields - {"active"}), *besides]
    return f"the target {quoted(target)} has no such field{did_you_mean(field, fields)}"


def _template(path: tuple[str, ...], text: str | None) -> Found:
    if text is None:
        return
    if not text:
        yield path, "is empty; null leaves the field alone, and '{{ \"\" }}' clears it"
    if is_template(text):
        from jinja2 import TemplateSyntaxError  # noqa: PLC0415  slow; many mappings have no template

        try:
            template(text)
        except TemplateSyntaxError as error:
            yield path, f"is not a template: {error.message}"


def _rivals(syncs: Mapping[str, SyncSettings], stores: Mapping[str, str]) -> Found:
    """Two syncs of one target would undo each other's work, for ever."""
    first: dict[str, str] = {}
    for name, sync in syncs.items():
        store = stores.get(sync.target, sync.target)
        if sync.enabled and first.setdefault(store, name) != name:
            other = first[store]
            same = ", which is the same database" if syncs[other].target != sync.target else ""
            words = (
                f"the sync {quoted(other)} writes to {quoted(syncs[other].target)} too{same}; give "
                "both sources to one sync, or disable one"
            )
            yield ("syncs", name, "target"), words


def _store(name: str, part: Part, base: Path) -> str:
    """What a target is, under whatever name: a database, where its type says so."""
    url = getattr(part.config, "url", None) if part.type == "sql" else None
    return place(database_url(url, None, base)) if isinstance(url, str) else name
