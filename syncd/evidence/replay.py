"""Compute a bundle's plan again from its members alone, and say what differs."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from syncd import __version__, planfile
from syncd.core.desired import Desired, Wanted
from syncd.core.evidence import Ruling
from syncd.core.merge import Person
from syncd.core.model import User
from syncd.core.plan import Plan
from syncd.core.question import Question
from syncd.core.stream import encode, lines_of
from syncd.cycle.evidence import VERSIONS, HadVersion, Stated
from syncd.errors import ConfigError
from syncd.evidence.audited import problems
from syncd.evidence.bundling import AUDIT, PEOPLE, PLAN, QUESTION, SAVED_PLAN, WANTED, member_of
from syncd.evidence.decided import decided, saved_plan
from syncd.evidence.form import BARE, evidence_of, question_of, type_of
from syncd.evidence.packing import Manifest
from syncd.evidence.plain import back
from syncd.evidence.unpacking import Bundle

_SHOWN = 10
"""So many differences are told."""


class Replayed(Struct, frozen=True, kw_only=True):
    """`plan` is the digest that the run had, `expected` what the members should lead to, and
    `computed` what they led to now; None where there is nothing to compare, for under pseudonyms
    they lead to another plan. `differences` are some of those between the plans. `needs` is
    the version of syncd that decided the run, where this is another. `audit` is what of the
    audit's lines is not as it was written."""

    bundle: str
    run: int
    sync: str
    plan: str
    expected: str | None
    computed: str | None
    pseudonymised: bool
    needs: str | None = None
    differences: tuple[str, ...] = ()
    audit: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        return self.computed is not None and self.computed == self.expected


def replay(bundle: Bundle) -> Replayed:
    """Raises `ConfigError` where a member is not what it should be."""
    manifest = bundle.manifest
    try:
        question = _question(bundle)
        versions = _values(bundle, member_of(VERSIONS), HadVersion)
        plan = decided(question, saved_plan(bundle.lines(SAVED_PLAN)), versions).plan
        then = planfile.load(list(bundle.lines(PLAN)), PLAN)
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        raise ConfigError(_unreadable(manifest, error)) from None
    comparable = manifest.replays_to is not None
    same = plan.digest == manifest.replays_to == then.digest
    return Replayed(
        bundle=bundle.digest or "",
        run=manifest.run,
        sync=manifest.sync,
        plan=manifest.plan,
        expected=manifest.replays_to,
        computed=plan.digest if comparable else None,
        pseudonymised=manifest.key is not None,
        needs=None if manifest.made_by == __version__ else manifest.made_by,
        differences=() if same or not comparable else tuple(_differences(then, plan)),
        audit=tuple(problems(bundle.lines(AUDIT))),
    )


def _unreadable(manifest: Manifest, error: Exception) -> str:
    if manifest.made_by == __version__:
        return f"the bundle of run {manifest.run} cannot be read: {error}"
    return (
        f"the bundle of run {manifest.run} is by syncd {manifest.made_by}, and this one, "
        f"{__version__}, cannot read it ({error}): replay it with that version"
    )


def _question(bundle: Bundle) -> Question:
    def values(section: str) -> Iterator[Any]:
        return _values(bundle, member_of(section), type_of(section))

    asked = bundle.value(QUESTION)
    asked_at = msgspec.convert(asked["asked_at"], datetime)
    question = question_of(back(asked["bare"], BARE), asked_at, values)
    if asked["ruling"] is None:
        return replace(question, desired=_desired(bundle, asked["desired"]))
    ruling, sources = back(asked["ruling"], Ruling), msgspec.convert(asked["sources"], list[Stated])
    return evidence_of(question, ruling, sources, values).question()


def _desired(bundle: Bundle, rest: Any) -> Desired:
    people = {one.key: one for one in _values(bundle, PEOPLE, Person)}
    users = tuple(_values(bundle, WANTED, Wanted[User]))
    return replace(back(rest, Desired), users=users, people=people)


def _values(bundle: Bundle, name: str, of: Any) -> Iterator[Any]:
    return map(msgspec.json.Decoder(of).decode, bundle.lines(name))


def _differences(then: Plan, now: Plan) -> Iterator[str]:
    """The first ones: what is in one plan only, or is otherwise in the other."""
    told = 0
    for name in Plan.__struct_fields__:
        if name == "created":
            continue
        for what in _unlike(getattr(then, name), getattr(now, name)):
            yield f"{name}: {what}"
            if (told := told + 1) == _SHOWN:
                return


def _unlike(then: Any, now: Any) -> Iterator[str]:
    if isinstance(then, str) or not isinstance(then, Sequence):
        if then != now:
            yield f"was {encode(then).decode()}, is now {encode(now).decode()}"
        return
    before, after = set(lines_of(then)), set(lines_of(now))
    yield from (f"only then: {line.decode()}" for line in sorted(before - after))
    yield from (f"only now: {line.decode()}" for line in sorted(after - before))
    if before == after and list(lines_of(then)) != list(lines_of(now)):
        yield "in another order"
