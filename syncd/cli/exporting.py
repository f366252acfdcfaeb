"""`syncd export TARGET`: what a target holds as people files, to start from what is there."""

from contextlib import closing
from pathlib import Path

from syncd.cli.opening import Opened
from syncd.cli.progress import Waiting
from syncd.core.question import Seen
from syncd.cycle.look import read_target
from syncd.errors import ConfigError, Incomplete
from syncd.export import PeopleFiles, people_files
from syncd.located.suggest import did_you_mean, quoted
from syncd.plugins import backend_plugin
from syncd.render.words import number, safe
from syncd.report import Exit

_HINT = (
    "To make these accounts syncd's: name {out} in the paths of a source of `type: yaml`, set "
    "`adopt: by_user_name` and `adopt_groups: true` in the sync's policy, and try `syncd plan`."
)


def export(opened: Opened, target: str, out: Path | None) -> int:
    """Into new files in `out`, or to standard output."""
    files = out and {name: out / f"{name}.yaml" for name in ("users", "groups")}
    for path in (files or {}).values():
        if path.exists():
            raise ConfigError(f"{path} is there already; name another directory with --out")
    seen = _read(opened, target)
    exported = people_files(seen)
    for left_out in exported.left_out:
        opened.screen.say(f"left out: {safe(left_out)}", "yellow")
    if not files:
        opened.screen.write(exported.users + exported.groups)
        return Exit.DONE
    _write(exported, files)
    counts = f"{number(len(seen.users), 'user')} and {number(len(seen.groups), 'group')}"
    opened.screen.say(f"{counts} of {target}: {', '.join(str(path) for path in files.values())}")
    opened.screen.say(_HINT.format(out=out))
    return Exit.DONE


def _read(opened: Opened, target: str) -> Seen:
    targets = opened.settings.targets
    if target not in targets:
        raise ConfigError(f"there is no target {quoted(target)}{did_you_mean(target, targets)}")
    part = targets[target]
    backend = backend_plugin(part.type)(target, part.config, opened.settings.base)
    with closing(backend), Waiting(opened.screen.err) as waiting:
        seen = read_target(backend, waiting)
    if seen.gaps:
        gaps = "\n".join(seen.gaps)
        raise Incomplete(f"{target} could not be read whole, so nothing is exported:\n{gaps}")
    return seen


def _write(exported: PeopleFiles, files: dict[str, Path]) -> None:
    try:
        for name, path in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(getattr(exported, name))
    except OSError as error:
        raise ConfigError(f"{error.filename} cannot be written: {error.strerror}") from None
