"""`syncd whatif`: who would be affected by another configuration, or by other people files."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from rich.text import Text

from syncd.cli.opening import Opened, each_sync, load_too, now, run
from syncd.cli.revision import as_of
from syncd.cli.words import Format
from syncd.config.assemble import assemble, chosen, ledger
from syncd.config.digests import differing
from syncd.config.settings import Settings
from syncd.core.plan import Plan, count
from syncd.core.stream import encode
from syncd.errors import ConfigError
from syncd.plugins import backend_plugin
from syncd.render.supposed import render_supposed
from syncd.render.supposed_markdown import supposed_markdown
from syncd.sync import source_part, target_part
from syncd.whatif import (
    Otherwise,
    Supposed,
    empty_target,
    exit_code,
    on_an_empty_target,
    on_what_was_kept,
)


class Asked(NamedTuple):
    """What the command line says; `shown` is how many rows a section has, None for all."""

    new: Path | None
    base: Path | None
    since: str | None
    syncs: list[str]
    format: Format
    shown: int | None
    detailed: bool


class _Side(NamedTuple):
    settings: Settings
    called: str


def whatif(config: Path | None, asked: Asked) -> int:
    """With a base, which is for where no ledger is, `config` may be the new one."""
    if asked.base is None and asked.since is None:
        return run(config, lambda opened: _by_the_ledger(opened, config, asked))
    new = asked.new or config
    return run(new, lambda opened: _without_ledger(opened, new, asked))


def _by_the_ledger(opened: Opened, config: Path | None, asked: Asked) -> int:
    if asked.new is None:
        raise ConfigError(
            "what is to be supposed? Say --config NEW; or without a ledger --base PATH or "
            "--since REVISION"
        )
    before = _Side(opened.settings, str(config))
    after = _Side(load_too(opened, asked.new), str(asked.new))

    def supposed(name: str) -> Supposed:
        if name not in before.settings.syncs:
            raise ConfigError(
                f"sync {name} is not in {config}: nothing is known of it before its first run"
            )
        nobody = empty_target({})
        with (
            closing(ledger(before.settings, write=False)) as memory,
            closing(assemble(before.settings, name, nobody)) as one,
            closing(assemble(after.settings, name, nobody)) as other,
        ):
            names = _differing(before.settings, after.settings, name)
            was = Otherwise(one, before.called, names)
            return on_what_was_kept(
                was if _ran(before, after, name) else None,
                Otherwise(other, after.called, names),
                memory,
                now(),
            )

    return _each(opened, before, after, asked, supposed)


def _without_ledger(opened: Opened, new: Path | None, asked: Asked) -> int:
    if asked.base is not None and asked.since is not None:
        raise ConfigError("--base and --since contradict each other: say one of them")
    if new is None:
        raise AssertionError("settings were opened from nowhere")
    if asked.since is not None:
        with as_of(asked.since, new) as was:
            settings = load_too(opened, was.config) if was.config else Settings()
            before = _Side(settings, asked.since)
            _look_where(before, was.top)
            return _scratch(opened, before, str(new), asked)
    base = asked.base or Path()
    base = base / new.name if base.is_dir() else base
    return _scratch(opened, _Side(load_too(opened, base), str(base)), str(new), asked)


def _look_where(before: _Side, top: Path) -> None:
    """An absolute path leads to what is in the repository now, whatever the revision has."""
    wrong = [
        f"sources.{name}: {text} is read as it is now, and not as {before.called} has it: say it "
        "relative to the configuration"
        for name, part in before.settings.sources.items()
        for text in _texts(part.config.model_dump())
        if Path(text).is_absolute() and Path(text).resolve().is_relative_to(top.resolve())
    ]
    if wrong:
        raise ConfigError(*wrong)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from chain.from_iterable(map(_texts, value.values()))
    elif isinstance(value, Iterable):
        yield from chain.from_iterable(map(_texts, value))


def _scratch(opened: Opened, before: _Side, called: str, asked: Asked) -> int:
    after = _Side(opened.settings, called)

    def supposed(name: str) -> Supposed:
        part = after.settings.targets[after.settings.syncs[name].target]
        target = empty_target(backend_plugin(part.type).declares)
        with ExitStack() as open_:
            old = None
            if _ran(before, after, name):
                old = open_.enter_context(closing(assemble(before.settings, name, target)))
            new = open_.enter_context(closing(assemble(after.settings, name, target)))
            return on_an_empty_target(old, new, now())

    return _each(opened, before, after, asked, supposed)


def _ran(before: _Side, after: _Side, name: str) -> bool:
    """One that would only now be enabled has done nothing of what it would do."""
    was = before.settings.syncs.get(name)
    return was is not None and (was.enabled or not after.settings.syncs[name].enabled)


def _each(
    opened: Opened,
    before: _Side,
    after: _Side,
    asked: Asked,
    suppose: Callable[[str], Supposed],
) -> int:
    names = chosen(after.settings, asked.syncs)
    if len(names) > 1 and asked.format is Format.JSON:
        raise ConfigError(
            f"--format json is one sync, and there are {len(names)}: "
            f"say which with --sync ({', '.join(names)})"
        )

    def one(name: str) -> int:
        supposed = suppose(name)
        _show(opened, supposed, before.called, after.called, asked)
        return exit_code(supposed, detailed=asked.detailed)

    code = each_sync(opened, names, one)
    enabled = {name for name, sync in before.settings.syncs.items() if sync.enabled}
    for name in sorted(enabled - after.settings.syncs.keys()):
        opened.screen.say(
            f"sync {name} is not in {after.called}: what it made would be left as it is"
        )
    return code


def _show(opened: Opened, supposed: Supposed, old: str, new: str, asked: Asked) -> None:
    match asked.format:
        case Format.TABLE:
            opened.screen.show(render_supposed(supposed, old, new, asked.shown))
            opened.screen.show(Text())
        case Format.JSON:
            opened.screen.write_lines(_json(supposed, old, new))
        case Format.MARKDOWN:
            opened.screen.write(supposed_markdown(supposed, old, new))


def _json(supposed: Supposed, old: str, new: str) -> Iterator[bytes]:
    """One object; each that is affected has a line of its own."""
    head = {
        "sync": supposed.after.sync,
        "target": supposed.after.target,
        "base": old,
        "config": new,
        "grounds": supposed.grounds,
        "before": _plan(supposed.before),
        "after": _plan(supposed.after),
        "counts": supposed.counts,
        "held": supposed.difference.held,
    }
    yield encode(head).removesuffix(b"}") + b',\n"affected":['
    between = b"\n"
    for line in supposed.difference.lines():
        yield between + line
        between = b",\n"
    yield b"\n]}\n"


def _plan(plan: Plan) -> dict[str, object]:
    return {
        "digest": plan.digest,
        "summary": plan.summary,
        "held": count(one.change for one in plan.held),
        "withheld": plan.withheld,
        "notes": plan.notes,
    }


def _differing(old: Settings, new: Settings, sync: str) -> Mapping[str, list[str]]:
    """The settings that are not the same, of the sync's sources and target that are in both."""
    names = [(source_part(name), old.sources, name) for name in new.syncs[sync].sources]
    target = new.syncs[sync].target
    names.append((target_part(target), old.targets, target))
    return {part: differing(old, new, part) for part, known, name in names if name in known}
