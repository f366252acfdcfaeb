"""`syncd bundle` and `syncd replay`: the evidence of one run, in a file, and what it proves."""

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, NamedTuple

from syncd import __version__
from syncd.cli.opening import Opened
from syncd.cli.screen import Screen
from syncd.cli.words import TableOrJson
from syncd.config.assemble import audit_directory, ledger
from syncd.config.settings import Settings
from syncd.errors import ConfigError
from syncd.evidence.audited import lines_of
from syncd.evidence.bundling import Bundled, pseudonymised
from syncd.evidence.bundling import bundle as bundled
from syncd.evidence.decided import opened as opened_evidence
from syncd.evidence.form import Opened as Evidence
from syncd.evidence.pseudonyms import new_key, read_key
from syncd.evidence.replay import Replayed
from syncd.evidence.replay import replay as replayed
from syncd.evidence.unpacking import Bundle
from syncd.ledger import Ledger, Run
from syncd.render.words import safe
from syncd.report import Exit

_INCOMPARABLE = (
    "no plan to compare: this one hangs on the order of the names themselves; "
    "a bundle with names replays"
)


class Asked(NamedTuple):
    run: int
    out: Path | None
    pseudonymise: bool
    key_file: Path | None
    new_key: Path | None


def bundle(opened: Opened, asked: Asked, format_: TableOrJson) -> int:
    """Into a new file; nothing is left of it where it cannot be made whole."""
    screen, key = opened.screen, _key(asked)
    path = asked.out or Path(f"run-{asked.run}.syncd.zip")
    with closing(ledger(opened.settings, write=False)) as memory:
        run = memory.chronicle.known_run(asked.run)
        evidence = _evidence(memory, run, opened.settings)

        def write(file: IO[bytes]) -> Bundled:
            if key is not None:
                return pseudonymised(memory, run, evidence, key, file)
            directory = audit_directory(opened.settings)
            audit = lines_of(directory, memory.trail.identity(), run.run)
            return bundled(memory, run, evidence, audit, file)

        made = _written(path, write)
    if format_ is TableOrJson.JSON:
        screen.write_json({"file": str(path), "digest": made.digest, "manifest": made.manifest})
    else:
        for line in _told(path, made):
            screen.write(line)
    return Exit.DONE


def make_key(screen: Screen, path: Path | None) -> int:
    """Without a run: only the key is made."""
    if path is None:
        raise ConfigError("which run? Say `syncd bundle RUN`; `syncd history` has their numbers")
    new_key(path)
    screen.say(f"{path}: a new key for pseudonyms; whoever has it can try names against them")
    return Exit.DONE


def _key(asked: Asked) -> bytes | None:
    if asked.key_file is not None and asked.new_key is not None:
        raise ConfigError("--key-file and --new-key contradict each other: say one of them")
    if not asked.pseudonymise:
        if asked.key_file or asked.new_key:
            raise ConfigError("a key is for --pseudonymise: say that too")
        return None
    if asked.new_key is not None:
        return new_key(asked.new_key)
    if asked.key_file is None:
        raise ConfigError("with which key? Say --key-file FILE, or --new-key FILE to make one")
    return read_key(asked.key_file)


def _evidence(memory: Ledger, run: Run, settings: Settings) -> Evidence:
    if (found := opened_evidence(memory, run.run)) is not None:
        return found
    if run.undoes is not None:
        what = f"it is an undo of run {run.undoes}, and was decided from what that did; "
        why = f"{what}`syncd show {run.undoes}` and `syncd show {run.run}` have it"
    elif settings.evidence.keep is None:
        why = "evidence.keep is null: none is kept"
    elif (oldest := memory.archive.oldest(run.sync)) is not None and run.run < oldest.run:
        why = f"of sync {run.sync} it is kept from run {oldest.run} on (evidence.keep)"
    elif not (run.planned or run.held or run.refused or run.conflicts):
        why = "nothing had changed, so it was about nobody"
    else:
        why = "it is older than the time in evidence.keep, or by a syncd that kept none"
    raise ConfigError(f"there is no evidence of run {run.run}: {why}")


def _written(path: Path, write: Callable[[IO[bytes]], Bundled]) -> Bundled:
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise ConfigError(f"{path} is there already; name another file with --out") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    try:
        with path.open("w+b") as file:
            return write(file)
    except OSError as error:
        _remove(path)
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    except BaseException:
        _remove(path)
        raise


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _told(path: Path, made: Bundled) -> list[str]:
    manifest = made.manifest
    lines = [
        f"{path}: run {manifest.run} of sync {manifest.sync}",
        f"  members     {len(manifest.members)}",
        f"  digest      {made.digest}",
        f"  plan        {manifest.plan}",
    ]
    if manifest.replays_to is None:
        lines.append(f"  replays to  {_INCOMPARABLE}")
    elif manifest.key is not None:
        lines.append(
            f"  replays to  {manifest.replays_to}, for people have pseudonyms by key {manifest.key}"
        )
    elif manifest.replays_to != manifest.plan:
        lines.append(
            f"  replays to  {manifest.replays_to}: the run was decided by syncd "
            f"{manifest.made_by}, and this is {__version__}"
        )
    return [f"{line}\n" for line in lines]


def replay(screen: Screen, path: Path, format_: TableOrJson) -> int:
    with Bundle(path) as opened:
        found = replayed(opened)
    if found.needs is not None:
        screen.say(
            f"the run was decided by syncd {found.needs}, and this is {__version__}: "
            "where the plans differ, replay with that version",
            "yellow",
        )
    if format_ is TableOrJson.JSON:
        screen.write_json(found)
    else:
        screen.write("".join(f"{line}\n" for line in _verdict(found)))
    return Exit.DONE if found.same and not found.audit else Exit.NOT_CONVERGED


def _verdict(found: Replayed) -> list[str]:
    run = f"run {found.run} of sync {safe(found.sync)}"
    digest = f"bundle {found.bundle}: all of it is as it was made"
    audit = [f"audit: {safe(problem)}" for problem in found.audit]
    if found.same:
        whose = f"the same plan, {found.computed}"
        if found.pseudonymised:
            whose += f" with pseudonyms; {found.plan} with names"
        return [digest, f"{run}: {whose}", *audit]
    if found.expected is None:
        return [digest, f"{run}: {_INCOMPARABLE}; {found.plan} with names", *audit]
    return [
        digest,
        f"{run}: another plan, {found.computed}; the bundle says {found.expected}",
        *(f"  {safe(one)}" for one in found.differences),
        *audit,
    ]
