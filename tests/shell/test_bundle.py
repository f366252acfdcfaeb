"""Bundles: one run's evidence in a file, replayed to the same plan anywhere, and never altered unseen."""

import json
import os
import re
import subprocess
import tracemalloc
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from syncd.backends.memory import MemoryBackend
from syncd.core.model import Kind, Op
from syncd.core.policy import Budget, Cohort, Drift, Policy, Protect, Waves
from syncd.errors import ConfigError
from syncd.evidence.bundling import bundle, pseudonymised
from syncd.evidence.decided import opened
from syncd.evidence.packing import MANIFEST, Packer
from syncd.evidence.replay import replay
from syncd.evidence.unpacking import Bundle
from syncd.ledger import Signature
from tests.core.test_evidence import applied
from tests.core.test_laws import ANY
from tests.core.worlds import worlds
from tests.shell.command import World, small_world
from tests.wired import Lying
from tests.world import (
    ADA,
    ENGINEERING,
    EVERYONE,
    FREE,
    KIM,
    ZOE,
    MemorySource,
    Office,
    by_hand,
    group,
    office,
    person,
)

KEY = bytes(range(32))
NAMES = re.compile(
    r"\b(ada|bob|zoë|admin-dan|eve|robot|eng|staff|root|Engineer|Doctor|[a-e]@x)\b|people:\d|\b[pq]:\d",
    re.IGNORECASE,
)
"""Whatever a generated person is called, has or is found under; and generated groups."""


def bundled(here, report, path: Path, key: bytes | None = None) -> str | None:
    """The bundle's digest; None where nothing is kept of the run."""
    evidence, run = opened(here.ledger, report.run), here.ledger.chronicle.run(report.run)
    if evidence is None:
        return None
    with path.open("w+b") as file:
        if key is not None:
            return pseudonymised(here.ledger, run, evidence, key, file).digest
        return bundle(here.ledger, run, evidence, (), file).digest


def replayed(path: Path):
    with Bundle(path) as opened_bundle:
        return replay(opened_bundle)


def members(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def repacked(path: Path, content: dict[str, str]) -> None:
    """As whoever has syncd could make one: with other members, and a manifest that fits them."""
    with (
        Bundle(path) as whole,
        path.with_suffix(".new").open("w+b") as file,
        Packer(file) as packer,
    ):
        for name, text in content.items():
            if name != MANIFEST:
                packer.add(name, text.encode().splitlines(keepends=True))
        packer.seal(replace(whole.manifest, members=packer.members))
    path.with_suffix(".new").replace(path)


@settings(max_examples=int(os.environ.get("SYNCD_EVIDENCE_WORLDS", "8")), deadline=None)
@given(worlds(), ANY)
def test_a_bundle_replays_to_the_plan_of_its_run(tmp_path_factory, world, history):
    """With names to the digest that the ledger has; with pseudonyms to one that the manifest has,
    if to any, and nobody's name is in it."""
    path = tmp_path_factory.mktemp("bundles") / "bundle"
    for report in applied(world, history):
        if bundled(world, report, path) is None:
            assert report.plan.changes == ()
            continue
        again = replayed(path)
        assert (again.same, again.computed, again.differences) == (True, report.plan.digest, ())
        bundled(world, report, path, KEY)
        again = replayed(path)
        assert again.same or again.expected is None
        assert (again.plan, again.pseudonymised) == (report.plan.digest, True)
        found = {name: NAMES.findall(text) for name, text in members(path).items()}
        assert {name: some for name, some in found.items() if some} == {}


def test_the_same_run_makes_the_same_octets(tmp_path):
    """Whenever it is bundled; with pseudonyms by the key."""
    here = office(ADA, ZOE, groups=[ENGINEERING])
    report = here.apply()
    for key in (None, KEY):
        digests = [bundled(here, report, tmp_path / name, key) for name in ("one", "two")]
        assert digests[0] == digests[1]
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert bundled(here, report, tmp_path / "other", KEY[::-1]) not in digests


def test_what_happened_is_in_it_for_people_to_read(tmp_path):
    """Records with where they stand, the plan, the journal, who approved, and what was read."""
    policy = Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(count=0)})
    here = office(ADA, ZOE, KIM, groups=[ENGINEERING], policy=policy)
    here.apply()
    here.source.has(ADA, KIM)
    held = here.apply().plan
    signed = Signature("grace on host", here.now, here.now.replace(year=2030))
    here.ledger.desk.approve(held, signed)
    bundled(here, here.apply(), tmp_path / "bundle")
    found = members(tmp_path / "bundle")
    assert [json.loads(line)["key"] for line in found["target/users.jsonl"].splitlines()] == ["p:2"]
    (approval,) = json.loads(found["approvals.json"])
    assert (approval["approved_by"], approval["used"]) == ("grace on host", 1)
    (line,) = map(json.loads, found["journal.jsonl"].splitlines())
    assert (line["op"], line["name"]) == ("suspend", "Zoë")
    assert line["reason"].endswith("approved by grace on host (approval 1)")
    assert json.loads(found["plan.json"])["summary"] == {"user.suspend": 1}
    assert json.loads(found["readings.json"])["source p"]["whole"] is True


def test_what_was_approved_is_approved_under_pseudonyms(tmp_path):
    """The plan with pseudonyms does what the plan with names does, and holds what it holds."""
    policy = Policy(
        protect=Protect(users=("ki*",), groups=("eng*",)),
        budgets={(Kind.USER, Op.SUSPEND): Budget(count=0)},
    )
    bob, eve = person("4", "bob"), person("5", "eve")
    here = office(ADA, ZOE, KIM, bob, eve, groups=[group("e", "Engineering", "5")], policy=policy)
    here.apply()
    here.source.has(ADA, bob)
    here.ledger.desk.approve(here.plan(), Signature("grace", here.now, here.now.replace(year=2030)))
    here.source.has(ADA)
    report = here.apply()
    bundled(here, report, tmp_path / "bundle", KEY)
    found = json.loads(members(tmp_path / "bundle")["plan.json"])
    assert [(one["op"], one["kind"]) for one in found["changes"]] == [("suspend", "user")]
    assert re.fullmatch(r"leaver: hidden \(\w+\)|.*", found["changes"][0]["reason"])
    assert "grace" not in json.dumps(found)
    counts = (len(report.plan.held), len(report.plan.refused))
    assert (len(found["held"]), len(found["refused"])) == counts == (1, 2)


def test_a_run_of_a_saved_plan_replays_too(tmp_path):
    """What the plan was bound to is in the bundle."""
    here = office(ADA, ZOE)
    saved = here.plan()
    here.source.has(ADA, ZOE, KIM)
    report = here.apply(saved=saved)
    assert len(report.plan.changes) == 2
    bundled(here, report, tmp_path / "bundle")
    assert replayed(tmp_path / "bundle").computed == report.plan.digest
    bundled(here, report, tmp_path / "bundle", KEY)
    assert replayed(tmp_path / "bundle").same
    assert len(json.loads(members(tmp_path / "bundle")["plan.json"])["changes"]) == 2
    late = here.apply(saved=saved)
    assert len(late.plan.refused) == 2
    bundled(here, late, tmp_path / "bundle")
    assert replayed(tmp_path / "bundle").computed == late.plan.digest


def test_a_run_that_refused_what_had_moved_replays_to_the_same_refusals(tmp_path):
    """Be it that another field of the thing has changed, or nothing that is read but its ETag; of
    people and of groups, by either kind of bundle."""
    here = opened_with_versions()
    here.source.has(*(titled(one) for one in (ADA, ZOE, KIM)))
    here.source.groups = [group("e", "Science", "1", "3"), group("a", "Everybody", "1", "2", "3")]
    saved = here.plan()
    assert [bool(one.version) for one in saved.changes if one.ref] == [True] * 5
    for ref in (here.ref("ada"), here.group_ref("Engineering")):
        here.versions[ref] = "W/2"
    by_hand(here.backend, Kind.USER, here.ref("kim"), phone="7")
    report = here.apply(saved=saved)
    assert {one.change.id: one.rule.partition(": ")[2] for one in report.plan.refused} == {
        "group/update/p:e": "its version was W/1 then and is W/2 now",
        "user/update/p:1": "its version was W/1 then and is W/2 now",
        "user/update/p:3": report.plan.refused[-1].rule.partition(": ")[2],
    }
    assert "another of its fields has changed" in report.plan.refused[-1].rule
    made = {"user/update/p:2", "group/update/p:a"}
    assert {one.id for one in report.plan.changes} == made
    for key in (None, KEY):
        bundled(here, report, tmp_path / "bundle", key)
        again = replayed(tmp_path / "bundle")
        assert (again.same, again.plan, again.differences) == (True, report.plan.digest, ())
        plan = json.loads(members(tmp_path / "bundle")["plan.json"])
        assert (len(plan["changes"]), len(plan["refused"])) == (2, 3)
    assert "W/" not in "".join(members(tmp_path / "bundle").values())


def titled(one):
    return replace(one, attributes={**one.attributes, "title": "Doctor"})


@dataclass
class VersionedOffice(Office):
    """Whose target says a version of each thing, W/1 unless a test has changed that."""

    versions: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for collection in (self.backend.users, self.backend.groups):
            collection.version = lambda ref: self.versions.get(ref, "W/1")

    def group_ref(self, name: str) -> str:
        return {one.entity.display_name: one.ref for one in self.backend.groups.read()}[name]


def opened_with_versions() -> VersionedOffice:
    groups = [ENGINEERING, EVERYONE]
    here = VersionedOffice(sources={"p": MemorySource([ADA, ZOE, KIM], groups)})
    here.apply()
    return here


def test_a_run_in_waves_replays_to_its_turns(tmp_path):
    """Whom each wave is about is part of the plan."""
    waves = Waves(first=(Cohort(users=("ada",)), Cohort(percent=50)), minimum=1)
    many = [person(str(number), f"user{number}") for number in range(10, 30)]
    here = office(ADA, *many, policy=replace(FREE, waves=waves))
    report = here.apply()
    assert [wave.words for wave in report.plan.waves][::2] == ["ada", "all others"]
    for key in (None, KEY):
        bundled(here, report, tmp_path / "bundle", key)
        again = replayed(tmp_path / "bundle")
        assert (again.same, again.plan) == (True, report.plan.digest)
    turns = json.loads(members(tmp_path / "bundle")["plan.json"])["waves"]
    assert [turns[0]["changes"], turns[0]["words"] != "ada"] == [1, True]


def test_whatever_octet_is_changed_is_told_with_its_member(tmp_path):
    """Of members, of the manifest, and of what holds them together."""
    path = tmp_path / "bundle"
    here = office(ADA, ZOE, groups=[ENGINEERING])
    bundled(here, here.apply(), path)
    whole = path.read_bytes()
    places = {info.filename: info.header_offset for info in zipfile.ZipFile(path).infolist()}
    for at in {*range(0, len(whole), 23), *range(len(whole) - 70, len(whole))}:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :])
        with pytest.raises(ConfigError, match=r"was changed|is no bundle"):
            Bundle(path)
    for name, offset in places.items():
        at = offset + 30 + len(name) + 20 + 1  # into its data: PKWARE's APPNOTE.TXT 4.3.7, zip64
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with pytest.raises(ConfigError, match=re.escape(name)):
            Bundle(path)
    for octets in (whole[:-1], whole + b"x", whole[: len(whole) // 2], b"", b"no zip"):
        path.write_bytes(octets)
        with pytest.raises(ConfigError, match=r"was changed|is no bundle"):
            Bundle(path)


@pytest.mark.parametrize("name", ["manifest.json", "plan.json"])
def test_a_bomb_is_not_unpacked(tmp_path, name):
    """A member that is far longer than a manifest can be, or than the manifest says."""
    path = tmp_path / "bundle"
    here = office(ADA)
    bundled(here, here.apply(), path)
    packed = members(path)
    packed[name] += " " * (64 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        for member, octets in packed.items():
            bomb.writestr(member, octets)
    del packed
    tracemalloc.start()
    with pytest.raises(ConfigError, match=name):
        Bundle(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 16 << 20


def test_a_member_that_is_put_in_or_taken_out_is_told(tmp_path):
    """By its name."""
    path = tmp_path / "bundle"
    here = office(ADA)
    bundled(here, here.apply(), path)
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("more.json", "{}")
    with pytest.raises(ConfigError, match=r"was changed after it was made: more\.json"):
        Bundle(path)
    content = members(path)
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in content.items():
            if name not in {"more.json", "journal.jsonl"}:
                packed.writestr(name, text)
    with pytest.raises(ConfigError, match=r"was changed after it was made: journal\.jsonl"):
        Bundle(path)


def test_members_that_lead_to_another_plan_are_told_of_with_what_differs(tmp_path):
    """Though each fits the manifest: somebody has put in another record."""
    path = tmp_path / "bundle"
    here = office(ADA, ZOE)
    bundled(here, here.apply(), path)
    content = members(path)
    people = "sources/p.users.jsonl"
    content[people] = content[people].replace("Engineer", "Queen")
    repacked(path, content)
    found = replayed(path)
    assert not found.same
    assert ["Engineer" in one or "Queen" in one for one in found.differences] == [True, True]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """With one run."""
    made = small_world(tmp_path)
    assert made.syncd("apply", "--yes").exit_code == 0
    return made


def test_a_bundle_is_replayed_on_a_machine_that_has_nothing_else(world, tmp_path):
    """No ledger, configuration, source or target; not even a home."""
    path = tmp_path / "run.zip"
    made = world.syncd("bundle", "1", "--out", str(path))
    assert made.exit_code == 0, made.output
    (tmp_path / "elsewhere").mkdir()
    command = world.command("replay", str(path))
    del command[command.index("--config") : command.index("--config") + 2]
    environ = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    result = subprocess.run(
        command,
        cwd=tmp_path / "elsewhere",
        env={**environ, "HOME": str(tmp_path / "elsewhere")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    digest = json.loads(world.syncd("history", "--format", "json").stdout)[0]["digest"]
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[1] == f"run 1 of sync main: the same plan, {digest}"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_nobody_is_found_in_the_octets_of_a_pseudonymised_bundle(world, tmp_path):
    """Names, logins, addresses, keys, places: of neither people nor groups, in any member."""
    canaries = [
        b"ada",
        b"lovelace",
        b"grace.hopper",
        b"hopper",
        b"example.org",
        b"Countess",
        b"people.yaml",
    ]
    canaries += [b"Engineering", b"eng"]
    path = tmp_path / "run.zip"
    made = world.syncd(
        "bundle", "1", "--pseudonymise", "--new-key", str(tmp_path / "key"), "--out", str(path)
    )
    assert made.exit_code == 0, made.output
    assert (
        oct((tmp_path / "key").stat().st_mode & 0o777)
        == oct(path.stat().st_mode & 0o777)
        == "0o600"
    )
    content = path.read_bytes() + b"".join(text.encode() for text in members(path).values())
    words = set(re.findall(rb"[\w.@-]+", content.lower()))
    assert [one for one in canaries if one.lower() in words] == []
    assert [one for one in canaries if len(one) > 4 and one.lower() in content.lower()] == []
    assert world.syncd("replay", str(path), config="").exit_code == 0
    again = world.syncd(
        "bundle", "1", "--pseudonymise", "--key-file", str(tmp_path / "key"), "--out", f"{path}2"
    )
    assert again.exit_code == 0
    assert path.read_bytes() == Path(f"{path}2").read_bytes()


def test_a_bundle_of_another_version_says_which_one_it_needs(world, tmp_path, monkeypatch):
    """It is replayed all the same, and what cannot be read is not guessed."""
    path = tmp_path / "run.zip"
    monkeypatch.setattr("syncd.cycle.evidence.__version__", "0.0.1")
    world.write("people.yaml", (world.path / "people.yaml").read_text().replace("Countess", "Dr"))
    assert world.syncd("apply", "--yes").exit_code == 0
    assert world.syncd("bundle", "2", "--out", str(path)).exit_code == 0
    result = world.syncd("replay", str(path), config="")
    assert result.exit_code == 0
    assert "the run was decided by syncd 0.0.1" in result.stderr
    content = members(path)
    content["question.json"] = content["question.json"].replace('"suspend"', '"evaporate"')
    repacked(path, content)
    result = world.syncd("replay", str(path), config="")
    assert result.exit_code == 2
    assert "replay it with that version" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["7"], "there is no run 7; the newest is 1"),
        (["1", "--pseudonymise"], "with which key?"),
        (["1", "--key-file", "k"], "a key is for --pseudonymise"),
        (["1", "--pseudonymise", "--key-file", "a", "--new-key", "b"], "contradict each other"),
        (["1", "--pseudonymise", "--key-file", "/nonexistent/k"], "cannot be read"),
        (["1", "--out", "/nonexistent/b.zip"], "cannot be written"),
        ([], "which run?"),
    ],
)
def test_what_cannot_be_bundled_says_why(world, arguments, why):
    """A mistake in the command."""
    result = world.syncd("bundle", *arguments)
    assert result.exit_code == 2
    assert why in result.stderr


def test_no_file_is_overwritten_and_none_is_left_that_is_not_whole(world, tmp_path, monkeypatch):
    """A key least of all."""
    kept = world.write("kept", "x")
    for option in (["--out", str(kept)], ["--pseudonymise", "--new-key", str(kept)]):
        result = world.syncd("bundle", "1", *option)
        assert (result.exit_code, "is there already" in result.stderr) == (2, True)
    short = world.syncd("bundle", "1", "--pseudonymise", "--key-file", str(kept))
    assert "has 1 octets, and a key needs 32" in short.stderr
    assert kept.read_text() == "x"
    monkeypatch.setattr("syncd.evidence.packing.Packer.seal", _full)
    result = world.syncd("bundle", "1", "--out", str(tmp_path / "full"))
    assert (result.exit_code, "cannot be written: No space left" in result.stderr) == (2, True)
    assert not (tmp_path / "full").exists()


def _full(*_):
    raise OSError(28, "No space left on device")


def test_a_key_is_made_without_a_run(world, tmp_path):
    """For bundles to come."""
    made = world.syncd("bundle", "--new-key", str(tmp_path / "key"))
    assert made.exit_code == 0
    assert len((tmp_path / "key").read_bytes()) == 32


def test_what_the_past_said_is_said_again(tmp_path):
    """What was changed outside, and what never settled: to the plan, by either kind of bundle."""
    policy = replace(FREE, drift={"title": Drift.REPORT})
    backend = Lying(MemoryBackend(), "phone", lambda value: value and value[:4])
    ada = person("1", "ada", email="ada@example.org", title="Engineer", phone="0123456")
    here = office(ada, ZOE, backend=backend, policy=policy)
    reports = [here.apply() for _ in range(4)]
    by_hand(backend.inner, Kind.USER, here.ref("ada"), title="Queen", email="a@example.net")
    reports.append(here.apply())
    last = reports[-1].plan
    assert [len(some) for some in (last.changes, last.unsettled, last.drifted)] == [1, 1, 1]
    for report in reports:
        for key in (None, KEY):
            if bundled(here, report, tmp_path / "bundle", key) is None:
                continue
            again = replayed(tmp_path / "bundle")
            assert (again.same, again.plan) == (True, report.plan.digest)
            plan = json.loads(members(tmp_path / "bundle")["plan.json"])
            assert [len(plan[name]) for name in ("changes", "unsettled", "drifted")] == [
                len(some)
                for some in (report.plan.changes, report.plan.unsettled, report.plan.drifted)
            ]
    found = members(tmp_path / "bundle")
    assert "0123" not in "".join(found.values())
    assert "Queen" not in "".join(found.values())
