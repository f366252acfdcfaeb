"""Under pseudonyms a run's plan is that plan still: the same is done to the same people, and held."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from syncd.core.hold import Hold
from syncd.core.mapping import UserMapping
from syncd.core.model import Kind, Op
from syncd.core.plan import change_id
from syncd.core.policy import Budget, Cohort, Leavers, Policy, Waves
from syncd.errors import ConfigError
from syncd.evidence.bundling import pseudonymised
from syncd.evidence.decided import opened as opened_evidence
from syncd.evidence.pseudonyms import Pseudonyms
from syncd.ledger import Signature
from syncd.report import Exit
from tests.shell.command import small_world
from tests.shell.test_bundle import KEY, bundled, members, replayed
from tests.world import ADA, FREE, KIM, NOON, ZOE, by_hand, group, office, opened, person

LISTS = ("changes", "held", "refused", "unsettled", "drifted")
MANY = [person(str(number), f"user{number}", title="Engineer") for number in range(10, 50)]


def titled(one, title="Doctor"):
    return replace(one, attributes={**one.attributes, "title": title})


def image(plan, policy=FREE) -> dict[str, list]:
    """What a plan does to whom, each value with its pseudonym."""
    patterns = [one.who for one in policy.legal_holds if one.pattern]
    names = Pseudonyms(KEY, ["p"], policy.protect, patterns)

    def hidden(fields):
        return {name: names(v) if isinstance(v, str) else v for name, v in fields.items()}

    def of(one):
        change = getattr(one, "change", one)
        member = None if change.member is None else names(change.member)
        return {
            "id": change_id(
                change.op, change.kind, names(change.key), member, temporary=change.temporary
            ),
            "before": hidden(change.before),
            "after": hidden(change.after),
        }

    return {name: in_order(map(of, getattr(plan, name))) for name in LISTS}


def in_order(some) -> list:
    return sorted(some, key=lambda one: json.dumps(one, sort_keys=True))


def told(path: Path) -> dict[str, list]:
    """The same of the plan in a bundle."""

    def of(one):
        one = one.get("change", one)
        id_ = change_id(
            Op(one["op"]),
            Kind(one["kind"]),
            one["key"],
            one.get("member"),
            temporary=one.get("temporary", False),
        )
        return {"id": id_, "before": one.get("before", {}), "after": one.get("after", {})}

    plan = json.loads(members(path)["plan.json"])
    return {name: in_order(map(of, plan.get(name, ()))) for name in LISTS}


def journal(path: Path) -> list[str]:
    lines = map(json.loads, members(path)["journal.jsonl"].splitlines())
    return sorted(
        change_id(Op(one["op"]), Kind(one["kind"]), one["key"], one["member"]) for one in lines
    )


def holds_true(here, report, path: Path) -> None:
    """The bundle has the plan with other names, the journal says the same, and it replays."""
    bundled(here, report, path, KEY)
    assert told(path) == image(report.plan, here.policy)
    assert journal(path) == sorted(one["id"] for one in told(path)["changes"])
    again = replayed(path)
    assert (again.same, again.plan, again.differences) == (True, report.plan.digest, ())


CREW = [group(str(n), f"crew{n}", *(one.key for one in MANY[n : n + 20])) for n in (1, 2, 3)]
SMALLER = [replace(one, members=one.members[:4]) for one in CREW]
BUDGETS = {
    "of suspensions": {(Kind.USER, Op.SUSPEND): Budget(count=5)},
    "of nobody": {(Kind.USER, Op.SUSPEND): Budget(count=0)},
    "of a field": {(Kind.USER, Op.UPDATE, "title"): Budget(count=3)},
    "of a field and of updates": {
        (Kind.USER, Op.UPDATE, "title"): Budget(count=6),
        (Kind.USER, Op.UPDATE): Budget(count=4),
    },
    "of all members": {(Kind.MEMBER, Op.REMOVE): Budget(count=7)},
    "of each group's": {(Kind.MEMBER, Op.REMOVE, "*"): Budget(count=3)},
    "of several": {
        (Kind.USER, Op.SUSPEND): Budget(count=5),
        (Kind.USER, Op.UPDATE, "title"): Budget(count=2),
        (Kind.MEMBER, Op.REMOVE): Budget(count=7),
        (Kind.MEMBER, Op.REMOVE, "*"): Budget(count=3),
    },
}


@pytest.mark.parametrize("which", BUDGETS)
def test_the_same_people_are_held_as_are_over_budget(which, tmp_path):
    """Whose turn it is goes by their keys, and these are hidden."""
    here = office(*MANY, groups=CREW, policy=Policy(budgets=BUDGETS[which]))
    here.apply()
    here.source.has(*map(titled, MANY[:30]))
    here.source.groups = SMALLER
    report = here.apply()
    assert report.plan.changes
    assert report.plan.held
    holds_true(here, report, tmp_path / "bundle")


def test_who_knows_all_keys_learns_nothing_of_whose_turn_it_is(tmp_path):
    """But who was held, which is in the plan: prints of keys could be tried, and so could their order."""
    here = office(*MANY, policy=Policy(budgets=BUDGETS["of suspensions"]))
    here.apply()
    here.source.has(*MANY[:20])
    bundled(here, here.apply(), tmp_path / "bundle", KEY)
    turns = json.loads(members(tmp_path / "bundle")["question.json"])["bare"]["turns"]
    assert set(turns.values()) == {1}
    assert set(turns) == {one["id"].split("/")[2] for one in told(tmp_path / "bundle")["held"]}


def test_what_was_approved_leaves_its_room_to_others(tmp_path):
    """Also where it would have had room without that."""
    policy = Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(count=0)})
    here = opened(*MANY, policy=policy)
    here.source.has(*MANY[:36])
    here.ledger.desk.approve(here.plan(), Signature("grace", here.now, here.now.replace(year=2030)))
    here.source.has(*MANY[:30])
    here.policy = Policy(budgets={(Kind.USER, Op.SUSPEND): Budget(count=2)})
    report = here.apply()
    assert (len(report.plan.changes), len(report.plan.held)) == (6, 4)
    holds_true(here, report, tmp_path / "bundle")


def test_part_of_an_update_that_was_approved_is_approved(tmp_path):
    """A field of it; the other runs, or is held, as it was."""
    fields = {(Kind.USER, Op.UPDATE, name): Budget(count=0) for name in ("title", "email")}
    here = opened(ADA, ZOE, policy=Policy(budgets=fields))
    here.source.has(titled(ADA), ZOE)
    here.ledger.desk.approve(here.plan(), Signature("grace", here.now, here.now.replace(year=2030)))
    other = replace(ADA, attributes={**ADA.attributes, "title": "Doctor", "email": "a@x"})
    here.source.has(other, ZOE)
    report = here.apply()
    assert [[*one.after] for one in report.plan.changes] == [["title"]]
    assert [[*one.change.after] for one in report.plan.held] == [["email"]]
    holds_true(here, report, tmp_path / "bundle")


def test_a_saved_plan_with_an_update_still_saw_what_it_saw(tmp_path):
    """And what has moved since is refused."""
    here = opened(ADA, ZOE, KIM)
    here.source.has(titled(ADA), titled(ZOE), KIM)
    saved = here.plan()
    by_hand(here.backend, Kind.USER, here.ref("Zoë"), phone="7")
    here.source.has(titled(ADA), titled(ZOE), titled(KIM))
    report = here.apply(saved=saved)
    assert (len(report.plan.changes), len(report.plan.refused)) == (1, 1)
    holds_true(here, report, tmp_path / "bundle")


@pytest.mark.parametrize("who", ["a*", "*@example.org", "p:1", "nobody*"])
def test_whom_a_legal_hold_is_about_by_a_pattern_is_held(who, tmp_path):
    """By login, e-mail or key, as long as it lasts."""
    hold = Hold(who, "case 1", "config", pattern=True)
    over = replace(hold, who="*", until=NOON)
    policy = replace(FREE, leavers=Leavers.DELETE, grace=timedelta(days=2))
    here = opened(ADA, ZOE, KIM, policy=replace(policy, legal_holds=(hold, over)))
    here.source.has(ZOE, KIM)
    here.apply()
    for _ in range(6):
        here.pass_days(1)
        here.apply()
    here.source.has(titled(ZOE), KIM)
    report = here.apply()
    is_held = who != "nobody*"
    assert bool(report.plan.refused) is is_held
    holds_true(here, report, tmp_path / "bundle")


@pytest.mark.parametrize("who", ["ada", "*@example.org", "p:1", "p:*", "*"])
def test_nobody_is_renamed_out_of_a_hold_under_pseudonyms_who_was_not(who, tmp_path):
    """Nor into none: whom several patterns fit, each fits still."""
    holds = tuple(Hold(one, "case", "config", pattern=True) for one in (who, "k*", "z*"))
    here = opened(ADA, ZOE, KIM, policy=replace(FREE, legal_holds=holds))
    here.source.has(
        person("1", "countess", email="c@x"), person("2", "zoe", email="z@x"), titled(KIM)
    )
    report = here.apply()
    is_known = who in {"ada", "*@example.org"}
    assert any(one.change.key == "p:1" for one in report.plan.refused) is is_known
    holds_true(here, report, tmp_path / "bundle")


@pytest.mark.parametrize(
    "first",
    [
        (Cohort(users=("user1?",), wait=timedelta(0)), Cohort(users=("user2*",))),
        (Cohort(percent=20), Cohort(percent=50, users=("*3?",))),
    ],
)
def test_each_comes_in_the_same_wave(first, tmp_path):
    """Be they named by patterns or taken by a share; with their memberships."""
    waves = Waves(first=first, minimum=1)
    here = office(*MANY, groups=CREW, policy=replace(FREE, waves=waves))
    holds_true(here, first_run := here.apply(), tmp_path / "bundle")
    here.source.groups = [replace(one, members=one.members[2:]) for one in CREW]
    here.source.has(*map(titled, MANY[:20]), *MANY[20:])
    second = here.apply()
    for report in (first_run, second):
        bundled(here, report, tmp_path / "other", KEY)
        turns = json.loads(members(tmp_path / "other")["plan.json"])["waves"]
        assert len(turns) > 1
        assert [one["changes"] for one in turns] == [one.changes for one in report.plan.waves]
        assert told(tmp_path / "other") == image(report.plan)
        assert replayed(tmp_path / "other").same
    assert "user" not in "".join(one["words"] for one in turns)


def test_names_that_change_hands_in_a_circle_step_aside_as_they_did(tmp_path):
    """To a name that is made of a key, and so has a pseudonym that is made of the key's."""
    here = opened(ADA, ZOE)
    here.source.has(person("1", "Zoë", email="a@x"), person("2", "ada", email="z@x"))
    report = here.apply()
    assert [one.temporary for one in report.plan.changes].count(True) == 1
    bundled(here, report, tmp_path / "bundle", KEY)
    ids = {one["id"] for one in told(tmp_path / "bundle")["changes"]}
    assert ids == {one["id"] for one in image(report.plan)["changes"]}
    assert replayed(tmp_path / "bundle").same


OTHER = person("9", "kim")
LAST = [person("3", "ada", admin="true"), person("4", "zoe", admin="true")]


def test_a_plan_that_hangs_on_the_order_of_names_is_in_the_bundle_and_is_not_compared(tmp_path):
    """Of the last two administrators the first by key stays; by the pseudonyms that is the other."""
    here = opened(*LAST, OTHER, users=UserMapping(always={"admin": "admin"}))
    here.source.has(OTHER)
    report = here.apply()
    path = tmp_path / "bundle"
    bundled(here, report, path, KEY)
    assert (len(report.plan.changes), len(report.plan.refused)) == (1, 1)
    assert told(path) == image(report.plan)
    assert journal(path) == [one["id"] for one in told(path)["changes"]]
    again = replayed(path)
    assert (again.same, again.expected, again.computed, again.differences) == (
        *(False, None, None),
        (),
    )
    assert again.plan == report.plan.digest


def test_that_a_bundle_cannot_be_compared_is_said_where_it_is_made_and_replayed(tmp_path):
    """With no digest but that of the run's own plan, and no exit code of success."""
    world = small_world(tmp_path)
    config = (tmp_path / "config.yaml").read_text()
    mapped = "main: {users: {always: {admin: admin}}, policy: {budget: {user.suspend: null}}, "
    world.write("config.yaml", config.replace("main: {", mapped))
    people = 'users:\n  - {id: "9", user_name: kim}\n'
    admins = (
        '  - {id: "3", user_name: ada, admin: true}\n  - {id: "4", user_name: zoe, admin: true}\n'
    )
    world.write("people.yaml", people + admins)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    world.write("people.yaml", people)
    world.syncd("apply", "--yes")
    (tmp_path / "key").write_bytes(KEY)
    path = str(tmp_path / "run.zip")
    made = world.syncd(
        *("bundle", "2", "--pseudonymise", "--key-file", str(tmp_path / "key"), "--out", path)
    )
    digest = json.loads(world.syncd("history", "--format", "json").stdout)[0]["digest"]
    assert "replays to  no plan to compare" in made.stdout
    found = world.syncd("replay", path, config="")
    assert found.exit_code == Exit.NOT_CONVERGED
    assert "no plan to compare" in found.stdout
    assert digest in found.stdout


def test_what_this_version_decides_otherwise_is_not_bundled_under_pseudonyms(tmp_path):
    """It would be another plan than the run's, and nobody could see that."""
    here = opened(ADA)
    run = replace(here.ledger.chronicle.run(1), digest="0" * 64)
    with (
        (tmp_path / "bundle").open("w+b") as file,
        pytest.raises(ConfigError, match="make the bundle with that version"),
    ):
        pseudonymised(here.ledger, run, opened_evidence(here.ledger, 1), KEY, file)
