"""Two people, and files in git: what was held runs once they agree, and not before."""

from pathlib import Path

import pytest

from syncd.report import Exit
from tests.shell.command import World
from tests.shell.test_cli_approve import CONFIG, PEOPLE, has, held, said

TWO = CONFIG.replace("policy: {", "policy: {approval: {people: 2, expires: 2d}, ")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Three of five people have left, and one suspension is allowed without two people's consent."""
    world = World(tmp_path)
    world.write("config.yaml", f"approvals: approvals\n{TWO}")
    has(world, PEOPLE)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    has(world, PEOPLE[3:])
    return world


def approve(world: World, name: str, text: str) -> None:
    world.write(f"approvals/{name}.yaml", text)


def test_the_second_person_lets_it_through(world: World):
    """The first is told that another is needed, and so is whoever asks twice."""
    digest = held(world)
    first = world.syncd("approve", digest, "--yes", "--by", "Ann")
    assert first.exit_code == Exit.DONE
    assert "approval 1 by Ann: 1 of 2 for 2 changes of main" in said(first.stderr)
    assert "another person must approve the same before anything of it runs" in said(first.stderr)
    again = world.syncd("approve", digest, "--yes", "--by", "ann")
    assert again.exit_code == Exit.CONFIG
    assert "ann has approved of this already (approval 1): somebody else must" in said(again.stderr)
    assert world.syncd("apply", "--yes").exit_code == Exit.HELD
    assert "1 of 2" in world.syncd("approve", "--list").stdout
    second = world.syncd("approve", digest, "--yes", "--by", "bea")
    assert "approval 2 by bea: the next run of main makes 2 changes" in said(second.stderr)
    assert world.syncd("approve", "--list").stdout.count("2 of 2") == 2
    done = world.syncd("apply", "--yes")
    assert done.exit_code == Exit.DONE
    assert "approved by Ann (approval 1) and bea (approval 2)" in said(done.stdout)
    audit = next((world.path / ".syncd" / "audit").glob("audit-*.jsonl")).read_text()
    for words in ('"approval given"', '"by":"Ann"', '"approval used"', "approved by Ann (approval"):
        assert words in audit


def test_one_person_who_gave_the_command_from_two_machines_is_one(world: World, monkeypatch):
    """It is the login that counts, not the host."""
    monkeypatch.setattr("os.getuid", lambda: 0)
    digest = held(world)
    assert world.syncd("approve", digest, "--yes", SUDO_USER="zoe").exit_code == Exit.DONE
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    again = world.syncd("approve", digest, "--yes", SUDO_USER="zoe")
    assert again.exit_code == Exit.CONFIG
    assert "zoe on elsewhere has approved of this already" in said(again.stderr)


def test_a_file_that_two_people_stand_in_lets_it_through_once(world: World):
    """And the plan says so before; when the same people leave once more, it is asked anew."""
    digest = held(world)
    approve(
        world,
        "sales",
        f"digest: {digest}\napproved_by: [ann, bea]\nexpires: 2999-01-01\ncomment: they moved\n",
    )
    listed = world.syncd("approve", "--list").stdout
    assert "approvals/sales.yaml: the next run takes it up" in said(listed)
    assert world.syncd("plan").exit_code == Exit.DONE
    done = world.syncd("apply", "--yes")
    assert done.exit_code == Exit.DONE
    words = "approved by ann (approvals/sales.yaml) and bea (approvals/sales.yaml)"
    assert words in said(done.stdout)
    has(world, PEOPLE)
    assert world.syncd("apply", "--yes").exit_code == Exit.DONE
    has(world, PEOPLE[3:])
    assert world.syncd("apply", "--yes").exit_code == Exit.HELD
    assert "approvals/sales.yaml: used: all of it was made" in said(
        world.syncd("approve", "--list").stdout
    )
    assert "approvals/sales.yaml: used" in said(world.syncd("check").stdout)


def test_a_file_approves_of_no_plan_of_another_configuration_or_store(world: World):
    """As `approve` does not; what a run took up holds with any configuration, for that store."""
    approve(world, "a", f"digest: {held(world)}\napproved_by: [ann, bea]\nexpires: 2999-01-01\n")
    config = f"approvals: approvals\n{TWO}"
    other = config.replace("suspend: {count: 1}", "suspend: {count: 1}, user.create: {count: 9}")
    for text, why in (
        (other, "its plan was made with another configuration of main; plan again"),
        (config.replace("store.db", "elsewhere.db"), "its plan was made for the target at sql"),
    ):
        world.write("config.yaml", text)
        assert f"approvals/a.yaml: {why}" in said(world.syncd("approve", "--list").stdout)
        assert f"approvals/a.yaml: {why}" in said(world.syncd("check").stdout)
        assert "approved by" not in world.syncd("plan").stdout
    world.write("config.yaml", config)
    assert "approved by ann" in said(world.syncd("plan").stdout)


def test_a_file_that_is_deleted_approves_of_nothing(world: World):
    """Though it was taken up."""
    text = f"digest: {held(world)}\napproved_by: ann\nexpires: 2999-01-01T12:00:00+02:00\n"
    approve(world, "a", text)
    assert world.syncd("apply", "--yes").exit_code == Exit.HELD
    approve(world, "b", text.replace("ann", "bea"))
    assert world.syncd("plan").exit_code == Exit.DONE
    (world.path / "approvals" / "a.yaml").unlink()
    assert world.syncd("apply", "--yes").exit_code == Exit.HELD


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "a.yaml:1:1: an approval is a mapping of digest, approved_by, expires, comment"),
        ("", "a.yaml: an approval is a mapping of"),
        ("digest: zz\n", "a.yaml:1:9: should be a plan's digest"),
        ("digest: 0123456789\n", "a.yaml:1:1: approved_by is missing"),
        ("digest: 0123456789\n", "a.yaml:1:1: expires is missing"),
        (
            "diges: 1\n",
            'a.yaml:1:1: "diges" is nothing that an approval says; did you mean "digest"',
        ),
        ("approved_by: [ann, Ann]\n", 'a.yaml:1:20: "Ann" stands here twice, first at'),
        ("approved_by: []\n", "a.yaml:1:14: should name who approves"),
        ("approved_by: [[ann]]\n", "a.yaml:1:15: should be a text"),
        ('approved_by: "a\\tb"\n', "a.yaml:1:14: should be a name of at most 200 letters"),
        ("expires: soon\n", "a.yaml:1:10: should be a day such as 2026-12-01"),
        ("expires: 2026-12-01T12:00:00\n", "a.yaml:1:10: should be a day such as 2026-12-01"),
        ("expires: [a]\n", "a.yaml:1:10: should be a text"),
        ("a: 1\na: 2\n", 'a.yaml:2:1: "a" stands here twice'),
    ],
)
def test_a_file_with_a_mistake_is_refused_with_its_place(world: World, text: str, why: str):
    """All of the file's mistakes at once; nothing is read before."""
    approve(world, "a", text)
    result = world.syncd("plan")
    assert result.exit_code == Exit.CONFIG
    assert why in said(result.stderr)
