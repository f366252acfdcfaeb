"""`syncd audit`: whether what was written down is as it was written, and signed words of it."""

import os
from collections.abc import Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import NamedTuple

import msgspec
from rich.text import Text

from syncd.audit.audit import Audit
from syncd.audit.checkpoint import Checkpoint, Verifier, new_pair, read_checkpoints
from syncd.audit.lock import reading
from syncd.audit.place import remembered
from syncd.audit.segments import segments
from syncd.audit.verdict import Anchors, Problem, Verdict
from syncd.audit.verify import verify as verify_files
from syncd.cli.opening import Opened, writable
from syncd.cli.screen import Screen
from syncd.config.assemble import audit_directory, audit_of, ledger, signer
from syncd.config.settings import Settings
from syncd.errors import AuditError, ConfigError
from syncd.render.words import number, safe
from syncd.report import Exit


class Given(NamedTuple):
    """What it is to be held against, and whether it is one file alone."""

    segment: Path | None
    checkpoint: Path | None
    public_key: Path | None


def verify(opened: Opened, given: Given, *, as_json: bool) -> int:
    settings = opened.settings
    try:
        checkpoints, key = _checkpoints(given), _key(given, settings)
        if given.segment is not None:
            anchors = Anchors(None, checkpoints, key, alone=True)
            verdict = verify_files([given.segment], anchors)
        else:
            verdict = _all(opened, checkpoints, key)
    except OSError as error:
        raise AuditError(f"{error.filename}: cannot be read: {error.strerror}") from error
    if as_json:
        opened.screen.write_json(_as_json(verdict))
    else:
        _show(opened.screen, verdict)
    return Exit.DONE if verdict.whole else Exit.NOT_WHOLE


def checkpoint(opened: Opened) -> int:
    if signer(opened.settings) is None:
        raise ConfigError(
            "nobody can sign: `syncd audit keygen --out FILE` makes a key, which"
            " audit.private_key_file names"
        )
    with closing(writable(opened)) as kept:
        audit = audit_of(opened.settings, kept, opened.screen.redact, lambda _: None)
        if audit is None:
            raise ConfigError("audit.enabled is false: there is no audit to sign")
        with closing(audit):
            made = _made(audit, opened.settings)
    opened.screen.write(msgspec.json.encode(made).decode() + "\n")
    return Exit.DONE


def keygen(screen: Screen, out: Path) -> int:
    private, public = new_pair()
    for path, content, mode in ((out, private, 0o600), (Path(f"{out}.pub"), public, 0o644)):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except OSError as error:
            raise ConfigError(f"--out: {path} cannot be created: {error.strerror}") from error
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    screen.say(
        f"the private key is {out}, for audit.private_key_file; {out}.pub is for whoever verifies,"
        " and needs no secrecy"
    )
    return Exit.DONE


def _made(audit: Audit, settings: Settings) -> Checkpoint:
    try:
        return audit.checkpoint()
    except OSError as error:
        where = audit_directory(settings)
        raise AuditError(f"the audit in {where} cannot be written: {error.strerror}") from error


def _checkpoints(given: Given) -> Sequence[Checkpoint]:
    if given.checkpoint is None:
        return ()
    text = given.checkpoint.read_text(encoding="utf-8", errors="replace")
    return read_checkpoints(text, str(given.checkpoint))


def _key(given: Given, settings: Settings) -> Verifier | None:
    """The one that was given; else that of the configuration."""
    if given.public_key is not None:
        return Verifier(given.public_key.read_bytes())
    own = signer(settings)
    return own.public() if own else None


def _all(opened: Opened, checkpoints: Sequence[Checkpoint], key: Verifier | None) -> Verdict:
    """Of all segments, as they are while nobody writes."""
    directory = audit_directory(opened.settings)
    with closing(ledger(opened.settings, write=False)) as kept:
        with reading(directory) if (directory / "lock").exists() else nullcontext():
            head, files = remembered(kept.trail, directory), segments(directory)
            size = files[-1].stat().st_size if files else None
        missing = kept.trail.newest() - (head.told if head else 0)
    verdict = verify_files(files, Anchors(head, checkpoints, key, size=size))
    if missing:
        behind = f"{number(missing, 'event')} of the ledger may not be told yet"
        verdict.notes.append(f"{behind}; the next run tells of them")
    if files and head is None:
        words = "the ledger remembers no end of this audit: that one was cut off would not be found"
        verdict.notes.append(words)
    return verdict


def _as_json(verdict: Verdict) -> object:
    return {"whole": verdict.whole, **msgspec.structs.asdict(verdict)}


def _show(screen: Screen, verdict: Verdict) -> None:
    for problem in verdict.problems:
        screen.show(_line(problem))
    for note in verdict.notes:
        screen.show(Text(f"note: {safe(note)}", style="dim"))
    what = _counts(verdict)
    if verdict.whole:
        screen.show(Text.assemble(("✓ ", "green"), f"the audit is whole: {what}"))
    else:
        wrong = number(len(verdict.problems), "problem")
        screen.show(Text.assemble(("✗ ", "red"), f"the audit is not whole: {wrong}; {what}"))


def _counts(verdict: Verdict) -> str:
    parts = [f"{number(verdict.lines, 'line')} in {number(verdict.files, 'file')}"]
    parts += [f"up to line {verdict.last}"] if verdict.lines else []
    if verdict.checkpoints:
        parts.append(f"{number(verdict.checkpoints, 'checkpoint')} signed by the key")
    if verdict.unchecked:
        words = f"{number(verdict.unchecked, 'checkpoint')} not checked (say --public-key FILE)"
        parts.append(words)
    return ", ".join(parts)


def _line(problem: Problem) -> Text:
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    text = Text.assemble((safe(place), "bold"), f": line {problem.seq}: {safe(problem.what)}")
    if problem.expected:
        text.append(f"\n    expected {safe(problem.expected)}\n    found    {safe(problem.found)}")
    return text
