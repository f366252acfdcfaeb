"""`syncd check`: reach the ledger, each source and each target, and say what is there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial
from time import monotonic

from rich.text import Text

from syncd.cli.failures import guarded, worst
from syncd.cli.opening import Opened, now
from syncd.cli.progress import Waiting
from syncd.config.approvals import filed_approvals
from syncd.config.assemble import identity_of, ledger, of_today
from syncd.config.settings import Settings
from syncd.core.model import Kind, Op, State
from syncd.core.question import Seen
from syncd.core.records import Records
from syncd.cycle.elsewhere import elsewhere
from syncd.cycle.look import read_sources, read_target
from syncd.errors import ConfigError
from syncd.located.suggest import did_you_mean, quoted
from syncd.plugins import backend_plugin, source_plugin
from syncd.ports import Backend
from syncd.render.listing import bullets
from syncd.render.times import moment
from syncd.render.words import number, safe
from syncd.report import Exit
from syncd.whatif import is_local


def check(opened: Opened, names: Sequence[str], *, offline: bool = False) -> int:
    """The worst exit code of all steps; each is tried, whatever became of the others. `offline`
    reaches nothing but files, and no ledger."""
    settings = opened.settings
    sources, targets = _named(settings, names) if names else _enabled(settings)
    steps = _Steps(opened)
    steps.good("configuration", _counts(settings))
    tried: dict[str, Callable[[], int]] = {}
    if offline:
        sources = [name for name in sources if is_local(source_plugin(settings.sources[name].type))]
        targets = []
    else:
        tried["ledger"] = steps.ledger
        tried |= {"approvals": steps.approvals} if settings.approvals else {}
    tried |= {f"source {name}": partial(steps.source, name) for name in sources}
    tried |= {f"target {name}": partial(steps.target, name) for name in targets}
    return worst([guarded(step, opened.screen, f"✗ {what}") for what, step in tried.items()])


def _named(settings: Settings, names: Sequence[str]) -> tuple[list[str], list[str]]:
    known = {*settings.sources, *settings.targets}
    for name in names:
        if name not in known:
            words = f"there is no source and no target {quoted(name)}"
            raise ConfigError(words + did_you_mean(name, known))
    return (
        [name for name in settings.sources if name in names],
        [name for name in settings.targets if name in names],
    )


def _enabled(settings: Settings) -> tuple[list[str], list[str]]:
    syncs = [sync for sync in settings.syncs.values() if sync.enabled]
    sources = dict.fromkeys(name for sync in syncs for name in sync.sources)
    return list(sources), list(dict.fromkeys(sync.target for sync in syncs))


def _counts(settings: Settings) -> str:
    parts: Mapping[str, Mapping[str, object]] = {
        "sync": settings.syncs,
        "source": settings.sources,
        "target": settings.targets,
    }
    return ", ".join(number(len(some), noun) for noun, some in parts.items())


class _Steps:
    """Each reaches one thing, shows what is there, and gives the exit code."""

    def __init__(self, opened: Opened) -> None:
        self._settings, self._screen = opened.settings, opened.screen

    def good(self, what: str, words: str, began: float | None = None) -> None:
        line = Text.assemble(("✓ ", "green"), (safe(what), "bold"), f"  {safe(words)}")
        if began is not None:
            line.append(f"  {monotonic() - began:.1f} s", style="dim")
        self._screen.show(line)

    def ledger(self) -> int:
        with closing(ledger(self._settings, write=False)) as memory:
            runs = memory.runs(limit=1)
            other = [
                f"target {sync.target}: {why}"
                for name, sync in self._settings.syncs.items()
                if sync.enabled
                and (why := elsewhere(memory, name, identity_of(self._settings, sync.target)))
            ]
        said = [f"last run {one.run} of {one.sync}, {moment(one.begun_at)}" for one in runs]
        self.good("ledger", "".join(said) or "no run yet")
        for why in other:
            self._screen.say(f"✗ {safe(why)}", "red")
        return Exit.TARGET if other else Exit.DONE

    def approvals(self) -> int:
        """Files; those that let nothing through are said, and nothing is wrong with that."""
        files = filed_approvals(self._settings.approvals, self._settings.base)
        with closing(ledger(self._settings, write=False)) as memory:
            given = {name: of_today(self._settings, name) for name in self._settings.syncs}
            found = memory.desk.file_standings(files, now(), given)
        self.good("approvals", number(len(files), "file"))
        self._points(f"{one.filed.file}: {one.why_not}" for one in found if one.why_not)
        return Exit.DONE

    def source(self, name: str) -> int:
        part, began = self._settings.sources[name], monotonic()
        source = source_plugin(part.type)(name, part.config, self._settings.base)
        with closing(source), Waiting(self._screen.err) as waiting:
            records = read_sources({name: source}, waiting)[name]
        self._verdict(f"source {name}", _held(records), records.gaps, began)
        self._points(records.notes)
        return Exit.SOURCE if records.gaps else Exit.DONE

    def target(self, name: str) -> int:
        part, began = self._settings.targets[name], monotonic()
        backend = backend_plugin(part.type)(name, part.config, self._settings.base)
        with closing(backend), Waiting(self._screen.err) as waiting:
            seen = read_target(backend, waiting)
        self._verdict(f"target {name}", _seen(seen), seen.gaps, began)
        self._points(_abilities(backend))
        return Exit.TARGET if seen.gaps else Exit.DONE

    def _verdict(self, what: str, words: str, gaps: Sequence[str], began: float) -> None:
        if not gaps:
            self.good(what, words, began)
            return
        self._screen.say(f"✗ {what}  {words}, and not all of it: no removal is planned so", "red")
        for gap in gaps:
            self._screen.say(f"    {safe(gap)}", "red")

    def _points(self, lines: Iterable[str]) -> None:
        found = [self._screen.redact(line) for line in lines]
        if found:
            self._screen.show(bullets(found, style="dim"))


def _held(records: Records) -> str:
    states = [user.state for user in records.users]
    said = [
        f"{of:,} {words}"
        for state, words in ((State.SUSPENDED, "suspended"), (State.LEFT, "not there by date"))
        if (of := states.count(state))
    ]
    users = number(len(states), "user") + (f" ({', '.join(said)})" if said else "")
    return f"{users}, {number(len(records.groups), 'group')}"


def _seen(seen: Seen) -> str:
    inactive = sum(not user.entity.active for user in seen.users)
    own = next((user.entity.user_name for user in seen.users if user.ref == seen.own), None)
    users = number(len(seen.users), "user") + (f" ({inactive:,} suspended)" if inactive else "")
    parts = [users, number(len(seen.groups), "group"), number(len(seen.members), "member")]
    return ", ".join([*parts, *([f"logged in as {own}"] if own else [])])


def _abilities(backend: Backend) -> Iterable[str]:
    for kind, ops in (
        (Kind.USER, backend.users.holds.ops),
        (Kind.GROUP, backend.groups.holds.ops),
        (Kind.MEMBER, backend.members.ops),
    ):
        yield f"{kind}s: {', '.join(op for op in Op if op in ops) or 'none'}"
