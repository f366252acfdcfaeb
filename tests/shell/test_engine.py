"""The whole flow in two functions: what they read, ask, write down and report."""

import pytest
from msgspec.structs import replace

from syncd.backends.memory import MemoryBackend
from syncd.core.model import Group, Kind, Ref, Stored
from syncd.cycle.look import read_sources
from syncd.engine import plan
from syncd.errors import (
    BackendError,
    Denied,
    LedgerError,
    Rejected,
    SourceError,
    Unavailable,
)
from syncd.ports import Holds
from syncd.report import Exit, plan_exit_code
from tests.wired import Wired
from tests.world import (
    ADA,
    ENGINEERING,
    EVERYONE,
    FREE,
    KIM,
    ZOE,
    MemorySource,
    Office,
    group,
    ids,
    office,
    opened,
    person,
)


def everything(here):
    return here.backend.snapshot(), here.links(), here.ledger.runs(), here.ledger.lines()


def test_a_plan_writes_nothing_anywhere():
    """Dry run is: do not execute it."""
    here = opened(ADA, groups=[ENGINEERING])
    here.source.has(ZOE, person("1", "countess"))
    before = everything(here)
    assert here.plan().changes != ()
    assert everything(here) == before


def test_what_nobody_approves_is_not_done():
    """Nothing is written, not even that there was a run."""
    here = opened(ADA)
    here.source.has(ADA, ZOE)
    before = everything(here)
    shown = []
    report = here.apply(approve=lambda planned: bool(shown.append(planned)))
    assert (report.run, shown, report.exit_code) == (None, [report.plan], Exit.DONE)
    assert everything(here) == before


def test_one_run_of_a_sync_at_a_time():
    """A second one is refused at once, and the first goes on."""
    here = office(ADA)

    def approve(_planned):
        with pytest.raises(LedgerError, match="another run of main is under way"):
            here.apply()
        return True

    assert here.apply(approve=approve).exit_code == Exit.DONE
    assert len(here.ledger.runs()) == 1


def test_a_run_is_in_the_ledger_with_its_plan_and_its_outcome():
    """Its digest, its counts and every change's line."""
    here = office(ADA, ZOE, groups=[EVERYONE])
    report = here.apply()
    (run,) = here.ledger.runs()
    assert (run.run, run.digest, run.planned, run.done, run.outcome) == (
        report.run,
        report.plan.digest,
        5,
        5,
        "done",
    )
    assert [line.outcome for line in here.ledger.lines()] == ["done"] * 5


def test_a_source_that_is_down_is_a_gap_while_another_answers():
    """Whoever is in the other is made; nobody is taken away."""
    sources = {"p": MemorySource([ADA]), "q": MemorySource([person("9", "max")])}
    here = Office(sources=sources)
    here.apply()
    sources["p"].down = True
    sources["q"].has(person("9", "max"), person("8", "eve"))
    report = here.apply()
    assert ids(report.execution.done) == ["user/create/q:8"]
    assert report.plan.withheld == ("source p: the source is down",)
    assert report.plan.withheld_changes == {"user.suspend": 1}
    assert report.exit_code == Exit.SOURCE


def test_where_no_source_can_be_read_there_is_no_plan():
    """All their problems are told."""
    sources = {"p": MemorySource(down=True), "q": MemorySource(down=True)}
    with pytest.raises(SourceError) as caught:
        Office(sources=sources).plan()
    assert caught.value.problems == ("the source is down", "the source is down")


def test_a_source_that_breaks_off_counts_as_far_as_it_came():
    """Its people up to there, its groups, and a gap; at the very start it is down."""
    crew = group("e", "Engineering", "1")
    source = MemorySource([ADA, ZOE], [crew], breaks=1, notes=("slow",))
    (records,) = read_sources({"p": source}).values()
    assert (list(records.users), list(records.groups)) == ([ADA], [crew])
    assert (records.gaps, records.notes) == (("the connection was cut",), ("slow",))
    source.breaks, source.groups = 0, []
    with pytest.raises(SourceError, match="the connection was cut"):
        read_sources({"p": source})


@pytest.mark.parametrize(("collection", "seen"), [("users", 1), ("groups", 0), ("members", 1)])
def test_a_target_that_is_cut_yields_no_removal_and_its_own_exit_code(collection, seen):
    """Whichever of the three was not read to its end."""
    backend = Wired(MemoryBackend())
    here = opened(ADA, ZOE, KIM, groups=[EVERYONE], backend=backend)
    here.source.has(ADA, person("5", "new"))
    here.source.groups = []
    backend.cut = {collection: seen}
    report = here.apply()
    assert [change.id for change in report.plan.changes if change.removes] == []
    assert ids(report.execution.done) == ["user/create/p:5"]
    assert report.plan.withheld == (f"target wiki: {collection}: the answer was cut",)
    assert report.exit_code == Exit.TARGET


def test_a_target_that_does_not_answer_is_an_error_and_no_plan():
    """Nothing is known, so nothing is said."""

    def hook(_when, _verb):
        raise Unavailable("no answer")

    here = office(ADA, backend=Wired(MemoryBackend(), hook))
    with pytest.raises(Unavailable):
        here.plan()
    with pytest.raises(Unavailable):
        here.apply()
    assert here.ledger.runs() == []


def test_progress_is_told_of():
    """Reading, writing and verifying, with counts where they are known."""
    told = []
    here = office(ADA, groups=[ENGINEERING])
    plan(here.sync, here.ledger, here.now, lambda *word: told.append(word))
    assert told == [("reading p", 0, None), ("reading p: groups", 0, None)]
    told.clear()
    here.apply(watch=lambda *word: told.append(word))
    assert ("applying", 3, 3) in told
    assert told[-1] == ("verifying", 0, None)


def test_a_held_plan_has_its_own_exit_code():
    """Done is done, and somebody is asked for the rest."""
    here = opened(ADA, ZOE, KIM)
    here.policy = type(here.policy)()
    here.source.has(ADA, ZOE)
    assert plan_exit_code(here.plan()) == Exit.DONE
    here.source.has(ADA)
    assert plan_exit_code(here.plan()) == Exit.HELD


def test_groups_that_cannot_be_made_can_be_joined():
    """They are adopted; one that is not there is refused, and nobody thinks that there are no groups."""
    backend = MemoryBackend(holds={Kind.GROUP: Holds(fields=frozenset({"display_name"}))})
    backend.groups._rows[Ref("g7")] = Stored(Ref("g7"), Group(display_name="Engineering"))
    policy = replace(FREE, adopt_groups=True)
    here = office(ADA, KIM, ZOE, groups=[ENGINEERING, EVERYONE], backend=backend, policy=policy)
    report = here.apply()
    assert here.members() == {("Engineering", "ada"), ("Engineering", "kim")}
    assert "group/create/p:a" in [one.change.id for one in report.plan.refused]
    assert here.plan().changes == ()


def test_closing_a_sync_closes_what_it_holds():
    """Its sources and its target, each once."""
    closed = []
    here = Office(sources={"p": MemorySource(), "q": MemorySource()})
    for name, part in (*here.sources.items(), ("target", here.backend)):
        part.close = lambda name=name: closed.append(name)
    here.sync.close()
    assert closed == ["p", "q", "target"]


def test_a_target_declares_what_a_sync_may_plan():
    """Members are of the backend's own ops."""
    declared = office().sync.declared
    assert declared == MemoryBackend.declares
    assert set(declared) == set(Kind)


def test_what_is_kept_of_a_plan_is_redacted_and_has_the_digest_that_was_shown():
    """A secret in a source's words is neither looked at nor kept, and one plan has one digest."""
    here = office(ADA)
    here.source.notes = ("the password is sesame",)
    seen = []

    def approve(plan):
        seen.append(plan)
        return True

    here.apply(approve=approve, redact=lambda text: text.replace("sesame", "***"))
    [kept] = here.ledger.desk.plans("main")
    assert [note for note in kept.notes if "password" in note] == ["source p: the password is ***"]
    assert seen[0].notes == kept.notes
    [run] = here.ledger.runs("main")
    assert seen[0].digest == kept.digest == run.digest == here.ledger.desk.standing("main").digest
    assert kept.summary == {"user.create": 1}


@pytest.mark.parametrize("error", [Rejected, Denied, Unavailable, BackendError])
def test_what_a_target_says_in_an_error_is_booked_redacted(error):
    """In the journal and in the report alike; whatever the error is, and wherever it comes."""

    def hook(when, verb):
        if (when, verb) == ("before", "users.create"):
            raise error("the token sesame may not do that")

    here = office(ADA, KIM, backend=Wired(MemoryBackend(), hook, batch_size=1))
    told = []
    report = here.apply(
        redact=lambda text: text.replace("sesame", "***"),
        told=lambda _run, ended: told.extend(one.error for one in ended),
    )
    run = report.execution
    kept = [one.error for one in here.ledger.lines() if one.outcome]
    words = [one.why for one in (*run.failed, *run.unknown)] + [*told, *kept]
    assert words
    assert set(words) == {"the token *** may not do that"}
    assert "sesame" not in run.stopped + here.ledger.desk.standing("main").trouble


def test_why_a_target_could_not_be_read_again_is_told_redacted():
    """After the run, that is."""

    def hook(when, verb):
        if (when, verb) == ("after", "users.create"):
            backend.users.read = no

    def no():
        raise Unavailable("sesame")

    backend = Wired(MemoryBackend(), hook, batch_size=1)
    here = office(ADA, backend=backend)
    report = here.apply(redact=lambda text: text.replace("sesame", "***"))
    assert report.unverified == "***"
