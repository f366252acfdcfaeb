"""`syncd approve`: shows what a plan held, asks, and lets the next run make exactly that."""

import re
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace
from pydantic import TypeAdapter, ValidationError
from rich.text import Text

from syncd import planfile
from syncd.cli.opening import Opened, login, now, who, writable
from syncd.cli.screen import asks
from syncd.cli.words import Signing
from syncd.config.approvals import filed_approvals
from syncd.config.assemble import chosen, ledger, of_today
from syncd.config.settings import Settings
from syncd.config.shape import Duration
from syncd.core.approval import why_not_now
from syncd.core.model import Kind
from syncd.core.plan import Change, Plan, Refusal
from syncd.errors import ConfigError
from syncd.ledger import Approval, KeptPlan, Ledger, Signature
from syncd.ledger.desk import SamePerson
from syncd.render.approvals import render_approvals, render_held
from syncd.render.times import moment
from syncd.render.words import number, safe
from syncd.report import Exit

_NOBODY = (
    "nobody is there to be asked: standard input is no terminal; say --yes to approve without a "
    "question"
)
_DIGEST = re.compile("[0-9a-fA-F]{8,64}")
_LONGEST_NAME = 200


def approve(opened: Opened, what: str, how: Signing) -> int:
    """Of the plan with that digest, or of the one in that file."""
    if not how.yes and not asks():
        raise ConfigError(_NOBODY)
    at, by = now(), _name(how.by)
    with closing(writable(opened)) as memory:
        plan = _plan(memory, what)
        _check(plan, what, how.sync, opened.settings)
        held = _known(memory, plan) if isinstance(plan, Plan) else memory.desk.held(plan)
        opened.screen.show(render_held(plan, held, how.shown))
        opened.screen.show(Text())
        if not how.yes and not _ask(opened, len(held), plan.target):
            opened.screen.say("Nothing was approved.")
            return Exit.DONE
        signed = Signature(
            by, at, _until(how.expires, at, opened.settings, plan.sync), _person(how.by)
        )
        people = opened.settings.syncs[plan.sync].policy.approval.people
        try:
            given = memory.desk.approve(plan, signed, people)
        except SamePerson as error:
            raise ConfigError(str(error)) from None
        so_far = memory.desk.people_of([given], at)[given.approval]
    opened.screen.say(
        f"approval {given.approval} by {given.approved_by}: {_told(given, so_far, people)}"
    )
    return Exit.DONE


def _told(given: Approval, so_far: int, people: int) -> str:
    of, until = given.sync, moment(given.expires_at)
    changes = number(given.changes, "change")
    if so_far < people:
        return (
            f"{so_far} of {people} for {changes} of {of}, until {until}; another person must"
            " approve the same before anything of it runs"
        )
    return f"the next run of {of} makes {changes}, if it wants the same still, until {until}"


def list_(opened: Opened, sync: str | None) -> int:
    settings = opened.settings
    if sync is not None:
        chosen(settings, [sync])
    with closing(ledger(settings, write=False)) as memory:
        at, desk = now(), memory.desk
        found = desk.approvals(sync, at)
        people = desk.people_of(found, at)
        given = {name: of_today(settings, name) for name in settings.syncs}
        files = desk.file_standings(filed_approvals(settings.approvals, settings.base), at, given)
    needed = {name: one.people for name, one in given.items()}
    opened.screen.show(render_approvals(found, people, needed))
    taken = {one.file for one in found}
    waiting = [one for one in files if one.why_not or one.filed.file not in taken]
    for one in waiting if sync is None else [one for one in waiting if one.sync in {"", sync}]:
        why = one.why_not or "the next run takes it up"
        opened.screen.show(Text(f"{safe(one.filed.file)}: {safe(why)}", style="dim"))
    return Exit.DONE


def withdraw(opened: Opened, approval: int) -> int:
    with closing(writable(opened)) as memory:
        gone = memory.desk.withdraw_approval(approval, now(), who())
    rest = number(gone.changes - gone.used, "change")
    opened.screen.say(f"approval {approval} is withdrawn: {rest} of {gone.sync} wait again")
    return Exit.DONE


def _plan(memory: Ledger, what: str) -> KeptPlan | Plan:
    if not _DIGEST.fullmatch(what):
        if Path(what).is_file():
            return planfile.read(Path(what))
        raise ConfigError(
            f"{what!r} is neither a plan's digest, 64 hexadecimal letters of which the first 8 "
            "will do, nor the file of one"
        )
    if (plan := memory.desk.plan(what)) is not None:
        return plan
    raise ConfigError(
        f"no run had a plan {what}, or it is long ago: `syncd apply` and the service keep theirs, "
        "`syncd status` names the last one; a plan that was only looked at is approved by its "
        "file, from `syncd plan --out FILE`"
    )


def _known(memory: Ledger, plan: Plan) -> list[Refusal]:
    """What a file holds, by the names that the ledger has for its keys: in the file anybody may be
    called anything, and what is approved goes by keys."""
    kinds = Kind.USER, Kind.GROUP
    names = {
        (link.kind, link.key): link.name
        for kind in (kinds if plan.held else ())
        for link in memory.recall_kind(plan.sync, kind)
    }

    def name(change: Change) -> str:
        if change.member is None:
            return names.get((change.kind, change.key), change.name)
        user, group = names.get((Kind.USER, change.member)), names.get((Kind.GROUP, change.key))
        return f"{user} in {group}" if user and group else change.name

    return [replace(one, change=replace(one.change, name=name(one.change))) for one in plan.held]


def _check(plan: KeptPlan | Plan, what: str, sync: str | None, settings: Settings) -> None:
    """What it holds may only be let through where `apply` would take it."""
    if sync is not None and sync != plan.sync:
        raise ConfigError(f"{what} is a plan of the sync {plan.sync}, not {sync}")
    chosen(settings, [plan.sync])
    target = settings.syncs[plan.sync].target
    if plan.target != target:
        raise ConfigError(f"{what} is a plan for the target {plan.target}, which is now {target}")
    if why := why_not_now(plan, of_today(settings, plan.sync)):
        raise ConfigError(f"{what} {why}")
    if not plan.held:
        raise ConfigError(f"the plan {what} holds nothing: there is nothing to approve")


def _name(by: str | None) -> str:
    name = safe((by if by is not None else who()).strip())
    if not 0 < len(name) <= _LONGEST_NAME:
        raise ConfigError(f"--by: should be a name of at most {_LONGEST_NAME} letters")
    return name


def _person(by: str | None) -> str:
    """Who it is, on whatever machine."""
    return by if by is not None else login()


def _until(expires: str | None, at: datetime, settings: Settings, sync: str) -> datetime:
    if expires is None:
        return at + settings.syncs[sync].policy.approval.expires
    try:
        until = at + TypeAdapter(Duration).validate_python(expires)
    except (ValidationError, OverflowError):
        until = at
    if until <= at:
        raise ConfigError("--expires: should be a time such as 30m, 24h or 7d")
    return until


def _ask(opened: Opened, held: int, target: str) -> bool:
    these = f"these {held:,} changes" if held > 1 else "this change"
    opened.screen.err.print(f"Approve {these} to {safe(target)}? [y/N] ", end="")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
