"""All that is known of one run, as the members of a bundle."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import IO, Any

from msgspec import Struct
from msgspec.structs import replace

from syncd import __version__, planfile
from syncd.core.evidence import NOTHING
from syncd.core.model import Kind
from syncd.core.past import NOTHING as NOTHING_YET
from syncd.core.past import Known
from syncd.core.plan import Plan
from syncd.core.question import Question
from syncd.cycle.evidence import LINKS, VERSIONS, Stated
from syncd.cycle.heard import STUCK, WRITTEN, WasStuck, WasWritten
from syncd.errors import ConfigError
from syncd.evidence.decided import Decided, decided_again
from syncd.evidence.disguise import disguised
from syncd.evidence.form import Opened
from syncd.evidence.hiding import Hiding
from syncd.evidence.packing import Manifest, Packer
from syncd.evidence.plain import plain
from syncd.evidence.pseudonyms import Pseudonyms, name_of_key
from syncd.ledger import Approval, Ledger, Line, Run
from syncd.paging import Members

QUESTION, PLAN, SAVED_PLAN = "question.json", "plan.json", "saved-plan.json"
PEOPLE, WANTED, AUDIT = "people.jsonl", "wanted.jsonl", "audit.jsonl"

_REMEMBERED = {LINKS, WRITTEN, STUCK}
_AT_ONCE = 1000


class Bundled(Struct, frozen=True):
    """The bundle's digest and its manifest."""

    digest: str
    manifest: Manifest


def member_of(section: str) -> str:
    """The member that has a section's rows, one a line."""
    kind, at, source = section.partition("@")
    if section in _REMEMBERED:
        return f"memory/{section}s.jsonl" if section == LINKS else f"memory/{section}.jsonl"
    return f"sources/{source}.{kind}s.jsonl" if at else f"target/{kind}s.jsonl"


def bundle(
    ledger: Ledger, run: Run, evidence: Opened, audit: Iterable[bytes], file: IO[bytes]
) -> Bundled:
    """Into an empty file that can be read, too. `audit` are its lines about the run."""
    again = decided_again(evidence)
    with Packer(file) as packer:
        packer.add_value(QUESTION, _asked(evidence))
        for section in evidence.sections:
            packer.add_lines(member_of(section), evidence.values(section))
        _add_plans(packer, again)
        _add_run(packer, run, ledger.desk.approvals_of(run), _lines(ledger, run.run))
        packer.add(AUDIT, audit)
        _add_readings(packer, evidence.sources, run)
        return _sealed(packer, run, evidence, again.plan)


def pseudonymised(
    ledger: Ledger, run: Run, evidence: Opened, key: bytes, file: IO[bytes]
) -> Bundled:
    """The same with other names for people, as they are after merging and mapping: with other
    names, these would come to something else. The audit's lines prove nothing in other words, and
    are left out."""
    again = decided_again(evidence)
    if again.plan.digest != run.digest:
        raise ConfigError(_otherwise(run, evidence, again.plan))
    sources = [one.name for one in evidence.sources]
    policy, memory = again.question.policy, again.question.memory
    holds = [one.who for one in (*policy.legal_holds, *memory.holds) if one.pattern]
    hiding = Hiding(Pseudonyms(key, sources, policy.protect, holds))
    disguise = disguised(again, hiding)
    hidden = disguise.decided
    reasons = {one.id: one.reason for one in hidden.plan.changes}
    approvals = map(hiding.value, ledger.desk.approvals_of(run))
    lines = (hiding.line(line, reasons) for line in _lines(ledger, run.run))
    with Packer(file) as packer:
        _add_question(packer, hidden.question)
        packer.add_lines(member_of(VERSIONS), hidden.versions)
        _add_plans(packer, hidden)
        _add_run(packer, hiding.value(run), approvals, lines)
        _add_readings(packer, map(hiding.value, evidence.sources), run)
        plan = hidden.plan if disguise.same else None
        return _sealed(packer, run, evidence, plan, name_of_key(key))


def _otherwise(run: Run, evidence: Opened, plan: Plan) -> str:
    return (
        f"what is kept of run {run.run} leads to another plan ({plan.digest}) than it had "
        f"({run.digest}): it was decided by syncd {evidence.made_by}, and this is {__version__}; "
        "make the bundle with that version, or without pseudonyms"
    )


def _asked(evidence: Opened) -> dict[str, Any]:
    return {
        "asked_at": evidence.asked_at,
        "bare": plain(evidence.bare),
        "ruling": plain(evidence.ruling, in_order=False),
        "sources": evidence.sources,
    }


def _add_question(packer: Packer, question: Question) -> None:
    desired, seen, memory = question.desired, question.seen, question.memory
    bare = replace(
        question,
        desired=NOTHING,
        seen=replace(seen, users=(), groups=(), members=()),
        memory=replace(memory, links=(), past=NOTHING_YET),
    )
    fields = plain(bare)
    del fields["desired"]
    rest = plain(replace(desired, users=(), people={}, groups_of={}))
    packer.add_value(
        QUESTION, {"asked_at": question.now, "bare": fields, "ruling": None, "desired": rest}
    )
    # Who knows all names knows their order too: so it is that of the pseudonyms everywhere.
    packer.add_lines(PEOPLE, sorted(desired.people.values(), key=attrgetter("key")))
    packer.add_lines(WANTED, desired.users)
    packer.add_lines(member_of("user"), sorted(seen.users, key=attrgetter("ref")))
    packer.add_lines(member_of("group"), sorted(seen.groups, key=attrgetter("ref")))
    by_group = groupby(sorted(seen.members), attrgetter("group"))
    members = (Members(group, tuple(one.user for one in some)) for group, some in by_group)
    packer.add_lines(member_of("member"), members)
    packer.add_lines(member_of(LINKS), sorted(memory.links, key=attrgetter("kind", "key")))
    if isinstance(past := memory.past, Known):
        written = (WasWritten(*thing, fields) for thing, fields in past.values.items())
        packer.add_lines(member_of(WRITTEN), written)
        packer.add_lines(member_of(STUCK), map(WasStuck, past.misses, past.misses.values()))


def _add_plans(packer: Packer, again: Decided) -> None:
    packer.add(PLAN, planfile.lines(again.plan))
    if again.saved is not None:
        packer.add(SAVED_PLAN, planfile.lines(again.saved))


def _add_run(
    packer: Packer, run: Run, approvals: Iterable[Approval], lines: Iterable[Line]
) -> None:
    packer.add_value("run.json", run)
    packer.add_value("approvals.json", list(approvals))
    packer.add_lines("journal.jsonl", lines)


def _lines(ledger: Ledger, run: int) -> Iterator[Line]:
    after = 0
    while some := ledger.chronicle.lines_of(run, after=after, limit=_AT_ONCE):
        yield from some
        after = some[-1].line


def _add_readings(packer: Packer, sources: Iterable[Stated], run: Run) -> None:
    """How many things each side had of those that the run was about, and their digest."""

    def counted(*sections: str) -> dict[str, Any]:
        names = {section: member_of(section) for section in sections}
        known = {name: packer.members[name] for name in names.values() if name in packer.members}
        return {name: {"number": one.lines, "sha256": one.sha256} for name, one in known.items()}

    readings = {
        f"source {one.name}": {
            "whole": not one.gaps,
            "gaps": one.gaps,
            **counted(f"{Kind.USER}@{one.name}", f"{Kind.GROUP}@{one.name}"),
        }
        for one in sources
    }
    readings[f"target {run.target}"] = counted("user", "group", "member")
    packer.add_value("readings.json", readings)


def _sealed(
    packer: Packer, run: Run, evidence: Opened, plan: Plan | None, key: str | None = None
) -> Bundled:
    manifest = Manifest(
        made_by=evidence.made_by,
        run=run.run,
        sync=run.sync,
        plan=run.digest,
        replays_to=None if plan is None else plan.digest,
        key=key,
        members=packer.members,
    )
    return Bundled(packer.seal(manifest), manifest)
