"""What the daemon does, as events of the log; docs/logging.md has a table of them."""

import logging
import traceback
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol

from syncd.daemon.lines import NOTICE
from syncd.hidden import Hidden
from syncd.ledger import DONE, Ended, Reading, Standing
from syncd.standing import has_run

_LEVELS = {
    "lead_lost": logging.WARNING,
    "lead_won": NOTICE,
    "ledger_trouble": logging.ERROR,
    "audit_trouble": logging.ERROR,
    "audit_mended": NOTICE,
    "back_off": NOTICE,
    "busy": NOTICE,
    "reload_refused": logging.ERROR,
    "reloaded": NOTICE,
    "ready": NOTICE,
    "serving": NOTICE,
    "run_now": NOTICE,
    "stopping": NOTICE,
    "stopped": NOTICE,
    "broken_off": logging.WARNING,
    "bug": logging.ERROR,
    "message_failed": logging.WARNING,
    "message_dropped": logging.ERROR,
}
"""Of what else happens; info where it is not named here."""

_MOST_PROBLEMS = 50
_MOST_FRAMES = 12


class Log(Protocol):
    """Where events go: `syncd.daemon.log.configure` makes one."""

    def tell(self, level: int, event: str, **fields: Any) -> None: ...

    def tells(self, level: int) -> bool:
        """Whether anybody would see it."""
        ...


class Voice:
    """A listener that tells the log. Values of fields that `hidden` has stand in no line."""

    def __init__(self, log: Log, hidden: Hidden) -> None:
        self._log, self.hidden = log, hidden

    def cycle_begun(self, sync: str) -> None:
        self._log.tell(logging.INFO, "cycle begun", sync=sync)

    def changes(self, sync: str, run: int, ended: Sequence[Ended]) -> None:
        """One event each: at warning where the change failed."""
        all_too = self._log.tells(logging.INFO)
        for one in ended:
            fine = one.outcome == DONE
            if all_too or not fine:
                level = logging.INFO if fine else logging.WARNING
                self._log.tell(level, "change", sync=sync, run=run, **self._change(one))

    def cycle_ended(self, before: Standing | None, standing: Standing, seconds: float) -> None:
        sums = {
            name: sum(getattr(standing, name).values())
            for name in ("planned", "done", "failed", "held")
        }
        told = {"run": standing.run, "outcome": standing.outcome, "seconds": seconds}
        if not has_run(standing):
            self._tell(logging.INFO, "cycle ended", standing, **told | {"run": None})
        else:
            self._tell(logging.INFO, "cycle ended", standing, **told, **sums)
            self._found(before, standing)
        if standing.failures:
            self._tell(
                logging.ERROR,
                "failed",
                standing,
                outcome=standing.outcome,
                error=standing.trouble,
                failures=standing.failures,
                since=standing.failing_since,
            )

    def happened(self, event: str, **words: object) -> None:
        """`problems` are an event each; an `error` that is an exception is told with its place."""
        level, name = _LEVELS.get(event, logging.INFO), event.replace("_", " ")
        fields: dict[str, Any] = {one: word for one, word in words.items() if word is not None}
        error, problems = fields.get("error"), fields.pop("problems", None)
        if isinstance(error, BaseException):
            fields |= failure(error, with_words=not self.hidden.any)
        if not isinstance(problems, list | tuple):
            self._log.tell(level, name, **fields)
            return
        for problem in problems[:_MOST_PROBLEMS]:
            self._log.tell(level, name, **fields, error=problem)
        if (more := len(problems) - _MOST_PROBLEMS) > 0:
            self._log.tell(level, name, **fields, error=f"and {more:,} more")

    def _found(self, before: Standing | None, standing: Standing) -> None:
        """What somebody should look at, besides what was done. The same plan says nothing new."""
        plan = standing.digest[:12]
        level = logging.DEBUG if before and before.digest == standing.digest else NOTICE
        if standing.held:
            approve = f"syncd approve {plan}"
            self._tell(level, "held", standing, plan=plan, held=standing.held, approve=approve)
        if standing.conflicts:
            self._tell(level, "conflicts", standing, plan=plan, conflicts=standing.conflicts)
        if standing.unmapped:
            self._tell(level, "unmapped", standing, plan=plan, records=standing.unmapped)
        for source, reading in standing.sources.items():
            self._gaps("source incomplete", standing, reading, source=source)
        self._gaps("target incomplete", standing, standing.target_reading)
        if standing.withheld:
            withheld = sum(standing.withheld_changes.values())
            why = standing.withheld
            self._tell(logging.WARNING, "withheld", standing, removals=withheld, why=why)

    def _gaps(self, event: str, standing: Standing, reading: Reading, **names: str) -> None:
        if reading.gaps:
            counts = {"users": reading.users, "groups": reading.groups}
            self._tell(logging.WARNING, event, standing, **names, **counts, why=reading.gaps)

    def _tell(self, level: int, event: str, standing: Standing, **fields: Any) -> None:
        given = {name: one for name, one in fields.items() if one is not None and one != ""}
        self._log.tell(level, event, sync=standing.sync, target=standing.target, **given)

    def _change(self, ended: Ended) -> dict[str, Any]:
        change, hidden = ended.change, self.hidden
        ref = ended.ref if ended.ref is not None else change.ref
        found: dict[str, Any] = {
            "op": change.op,
            "kind": change.kind,
            **hidden.fields({"key": change.key}),
            "name": hidden.name(change),
            "outcome": ended.outcome,
        }
        if change.member is not None:
            found |= hidden.fields({"member": change.member})
        if ref is not None:
            found |= hidden.fields({"ref": ref})
        if change.before:
            found["before"] = hidden.fields(change.before)
        if change.after:
            found["after"] = hidden.fields(change.after)
        if change.reason:
            found["reason"] = hidden.words(change.reason, change)
        if ended.error:
            found["error"] = hidden.words(ended.error, change)
        return found


def failure(error: BaseException, *, with_words: bool = True) -> Mapping[str, Any]:
    """An exception as fields. Its words may quote anything, so that they can be left out."""
    words = f"{type(error).__name__}: {error}" if with_words else type(error).__name__
    return {"error": words, "at": list(_frames(error.__traceback__))}


def _frames(trace: TracebackType | None) -> Iterator[str]:
    """Where it was raised comes first; the files' names begin with their package's."""
    for frame in reversed(traceback.extract_tb(trace)[-_MOST_FRAMES:]):
        folders = frame.filename.replace("\\", "/").split("/")
        yield f"{'/'.join(folders[-3:])}:{frame.lineno} {frame.name}"
