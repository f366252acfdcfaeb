"""Evidence in the ledger: what it is kept of, for how long, what it costs, and what it tells of a time."""

import json
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import pytest

from syncd.core.plan import Plan
from syncd.errors import ConfigError
from syncd.evidence.decided import decided_again, opened
from syncd.evidence.past import When, explained_at, when
from syncd.evidence.unpacking import Bundle
from syncd.ledger import open_ledger
from syncd.ledger.schema import PIECES
from tests.shell.command import CONFIG, World, small_world
from tests.world import ADA, ENGINEERING, KIM, NOON, ZOE, MemorySource, Office, office, person


@dataclass
class Forgetful(Office):
    """An office that keeps evidence for a month, or for as long as it is told."""

    keep: timedelta | None = timedelta(days=30)

    @property
    def sync(self):
        return replace(super().sync, keep_evidence=self.keep)


def kept(here) -> list[int]:
    """The runs of which there is evidence, the newest first."""
    return [one.run for one in here.ledger.archive.back_from("main", 1000)]


def pieces(here) -> int:
    with here.ledger._database.reading() as connection:
        return len(connection.execute(PIECES.select()).all())


def test_a_run_about_nobody_leaves_no_evidence():
    """A cycle in which nothing had changed costs nothing."""
    here = office(ADA, ZOE)
    first = here.apply().run
    before = pieces(here)
    here.apply()
    assert (kept(here), pieces(here)) == ([first], before)


def test_what_was_kept_once_is_not_kept_again():
    """Of many people of whom one has changed, that is kept which differs, though all are asked
    about."""
    here = office(*(person(str(number), f"user{number}") for number in range(3000)))
    here.apply()
    before = pieces(here)
    here.source.people[7] = person("7", "user7", title="Queen")
    here.__class__ = _Reconfigured
    report = here.apply()
    assert [one.id for one in report.plan.changes] == ["user/update/p:7"]
    evidence = opened(here.ledger, report.run)
    assert evidence.bare.beyond is None
    assert len(evidence.evidence().sources["p"].users) == 3000
    records = here.ledger.archive.of(report.run).pieces["user@p"]
    first = here.ledger.archive.of(1).pieces["user@p"]
    assert len(first) > 5
    assert len({*records} - {*first}) <= 2
    assert pieces(here) > before


class _Reconfigured(Office):
    @property
    def sync(self):
        return replace(super().sync, config="another")


def test_evidence_is_kept_for_its_time_and_no_longer():
    """By the clock and by the runs. What later evidence needs of it stays."""
    here = Forgetful(sources={"p": MemorySource([ADA, ZOE])})

    def pass_days(days: int) -> None:
        for _ in range(days):
            here.pass_days(1)
            here.apply()

    first = here.apply().run
    pass_days(20)
    here.source.has(ADA, ZOE, KIM)
    second = here.apply()
    assert kept(here) == [second.run, first]
    pass_days(11)
    assert kept(here) == [second.run]
    assert decided_again(opened(here.ledger, second.run)).plan.digest == second.plan.digest
    pass_days(20)
    assert (kept(here), pieces(here)) == ([], 0)


@pytest.mark.parametrize("days", [40, 3650])
def test_a_clock_that_jumps_once_forgets_no_evidence(days: int):
    """Be the next run before it is mended or after it."""
    here = Forgetful(sources={"p": MemorySource([ADA, ZOE])})
    run = here.apply().run
    here.pass_days(1)
    here.apply()
    here.pass_days(days)
    here.apply()
    here.pass_days(0.01)
    here.apply()
    here.pass_days(-days)
    here.apply()
    assert kept(here) == [run]


def test_none_is_kept_where_none_is_wanted():
    """Nor is what there was."""
    here = Forgetful(sources={"p": MemorySource([ADA])})
    here.apply()
    here.keep = None
    here.source.has(ADA, KIM)
    here.apply()
    assert (kept(here), pieces(here)) == ([], 0)


def test_evidence_has_no_secret_that_a_target_told():
    """Its words are gone over as the plan's are, so that it leads to the same digest."""
    here = office(ADA)
    here.source.notes = ("bind with hunter22 failed once",)
    report = here.apply(redact=lambda text: text.replace("hunter22", "***"))
    archive = here.ledger.archive
    evidence = archive.of(report.run)
    octets = b"".join(row for section in evidence.pieces for row in archive.rows(evidence, section))
    assert b"hunter22" not in octets
    assert b"bind with *** failed once" in octets
    assert decided_again(opened(here.ledger, report.run)).plan.digest == report.plan.digest


def test_what_was_known_at_a_time_is_told_whatever_came_after():
    """By the last evidence about the person at that time or before."""
    here = office(ADA, ZOE, groups=[ENGINEERING])
    here.apply()
    countess = person("1", "ada", email="ada@example.org", title="Countess")
    for people in ((countess, ZOE), (countess, ZOE, KIM), (ZOE, KIM)):
        here.pass_days(1)
        here.source.has(*people)
        here.apply()

    def ada(at: str):
        found, nobody = explained_at(here.ledger, "main", "ADA@example.org", when(at))
        return found[0] if found else nobody

    first, second, last = ada("2026-04-01T12:00"), ada("2026-04-03T18:00+02:00"), ada("2026-04-30")
    assert (first.as_of.run, first.as_of.target, first.account) == (1, NOON, None)
    assert first.groups == ("Engineering",)
    assert {one.name: one.value for one in first.attributes}["title"] == "Engineer"
    assert [one.op for one in first.changes] == ["create", "add"]
    assert second.as_of.run == 2
    assert second.account.fields["title"] == "Engineer"
    assert {one.name: one.value for one in second.wanted}["title"] == "Countess"
    assert [line.run for line in second.lines] == [2, 1, 1]
    assert (last.as_of.run, last.not_wanted) == (4, "is in no source any more")
    assert [one.op for one in last.changes] == ["suspend"]
    assert ada("run:3") == ada("run:2") == second
    assert ada("2026-03-01") == (
        "nothing is kept of 2026-03-01 23:59:59 UTC: there is evidence since run 1, "
        "2026-04-01 12:00:00 UTC"
    )
    assert "nothing is kept of run 0" in ada("run:0")


def test_who_was_never_known_is_said_to_be_nobody():
    """With since when anything was kept; or that nothing is."""
    here = office(ADA)
    find = partial(explained_at, here.ledger, "main", "zoe")
    assert "nothing is kept of what runs were decided from" in find(When(run=9))[1]
    here.apply()
    since = "there is evidence since run 1, 2026-04-01 12:00:00 UTC"
    nobody = f'nobody was called "zoe" in what was kept until run 9; {since}'
    assert find(When(run=9)) == ([], nobody)


@pytest.mark.parametrize("text", ["yesterday", "run:x", "2026-13-01", ""])
def test_what_is_no_time_is_told_with_what_is_one(text):
    """A mistake on the command line."""
    with pytest.raises(ConfigError, match="2026-11-20T12:00"):
        when(text)


@pytest.fixture
def ledger(place):
    with closing(open_ledger(*place, write=True)) as opened_ledger:
        yield opened_ledger


@pytest.fixture
def world(tmp_path) -> World:
    return small_world(tmp_path)


def test_a_person_of_the_past_is_explained_without_sources_and_target(world):
    """Where both are gone; for programs too."""
    world.syncd("apply", "--yes")
    for name in ("people.yaml", "store.db"):
        (world.path / name).unlink()
    found = json.loads(world.syncd("explain", "ada", "--at", "run:1", "--format", "json").stdout)
    assert [(one["key"], one["as_of"]["run"]) for one in found] == [("people:ada", 1)]
    shown = world.syncd("explain", "grace", "--at", "2999-01-01")
    assert shown.exit_code == 0
    assert "as run 1 found it, " in shown.stdout
    unknown = world.syncd("explain", "eve", "--at", "run:1")
    assert (unknown.exit_code, 'nobody was called "eve"' in unknown.stderr) == (2, True)


def test_a_bundle_has_what_the_audit_says_of_its_run(world):
    """Line by line; and what is not as the audit wrote it is told by `replay`."""
    world.syncd("apply", "--yes")
    world.write("people.yaml", (world.path / "people.yaml").read_text().replace("Countess", "Dr"))
    world.syncd("apply", "--yes")
    (audit,) = (world.path / ".syncd" / "audit").glob("*.jsonl")
    said = [line for line in audit.read_bytes().splitlines() if b'"run":2,' in line]
    path = world.path / "run.zip"
    assert world.syncd("bundle", "2", "--out", str(path)).exit_code == 0
    with Bundle(path) as bundle:
        assert [line.rstrip(b"\n") for line in bundle.lines("audit.jsonl")] == said
    assert len(said) == 3
    assert world.syncd("replay", str(path), config="").exit_code == 0
    audit.write_bytes(audit.read_bytes().replace(b'"Dr"', b'"Mx"'))
    path.unlink()
    world.syncd("bundle", "2", "--out", str(path))
    again = world.syncd("replay", str(path), config="")
    assert again.exit_code == 6
    assert "run 2 of sync main: the same plan" in again.stdout
    assert "audit: line 2 was changed" in again.stdout


def test_why_there_is_no_evidence_is_said(world):
    """None is kept; none was; or the run was about nobody."""
    world.syncd("apply", "--yes")
    world.syncd("apply", "--yes")
    idle = world.syncd("bundle", "2")
    assert "nothing had changed, so it was about nobody" in idle.stderr
    world.write("config.yaml", f"{CONFIG}\nevidence: {{keep: null}}\n")
    world.syncd("apply", "--yes")
    none = world.syncd("bundle", "1")
    assert (none.exit_code, "evidence.keep is null: none is kept" in none.stderr) == (2, True)
    wrong = world.write("wrong.yaml", f"{CONFIG}\nevidence: {{keep: 0d}}\n")
    assert "or null to keep none" in world.syncd("apply", config=wrong.name).stderr


def test_evidence_is_kept_in_both_databases_alike(ledger):
    """Piece by piece, each once; and what nothing needs any more is gone."""
    archive, plan = ledger.archive, Plan(sync="main", target="t", created=NOON, config="c")
    rows = [f"row {number}".encode() for number in range(3000)]
    runs = [ledger.begin_run("main", plan, NOON + timedelta(days=day)) for day in range(2)]
    archive.keep("main", runs[0], NOON, b"head", {"user": rows, "group": []})
    archive.keep("main", runs[1], NOON + timedelta(days=1), b"head", {"user": [b"new", *rows]})
    first, second = (archive.of(run) for run in runs)
    assert list(archive.back_from("main", runs[1])) == [second, first]
    assert archive.newest("main", NOON + timedelta(hours=1)) == archive.oldest("main") == first
    assert archive.newest("main", NOON - timedelta(hours=1)) is None
    assert (archive.head(first), list(archive.rows(first, "user"))) == (b"head", rows)
    assert list(archive.rows(second, "user")) == [b"new", *rows]
    assert list(archive.rows(first, "group")) == list(archive.rows(first, "unknown")) == []
    assert len({*first.pieces["user"]} & {*second.pieces["user"]}) == len(first.pieces["user"]) - 1
    later = [ledger.begin_run("main", plan, NOON + timedelta(days=day)) for day in (2, 3)]
    archive.forget("main", later[-1], timedelta(days=2), NOON + timedelta(days=2.5))
    assert (archive.of(runs[0]), list(archive.rows(second, "user"))) == (None, [b"new", *rows])
    archive.forget("other", later[-1], None, NOON)
    assert archive.of(runs[1]) == second
    archive.forget("main", later[-1], None, NOON)
    assert (archive.of(runs[1]), archive.oldest("main")) == (None, None)
    with ledger._database.reading() as connection:
        assert connection.execute(PIECES.select()).all() == []
