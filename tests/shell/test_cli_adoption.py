"""Taking over what exists already: asked before it is done, and advised only where it would help."""

from contextlib import closing

import pytest

from syncd.ledger import open_ledger
from syncd.report import Exit
from tests.shell.command import CONFIG, World, answered, small_world

USERS = "set `adopt: by_email` or `adopt: by_user_name` in the sync's policy."
GROUPS = "set `adopt_groups: true` in the sync's policy."


@pytest.fixture
def world(tmp_path) -> World:
    """The store holds everybody, and a ledger that knows nobody is to be made."""
    world = small_world(tmp_path)
    world.syncd("apply", "--yes")
    return world


def adopting(world: World, policy: str) -> str:
    """The name of a configuration with this policy and a memory of its own."""
    world.write(
        "other.yaml",
        "state_directory: other" + CONFIG.replace("target: store", f"target: store, {policy}"),
    )
    return "other.yaml"


ALL = "policy: {adopt: by_user_name, adopt_groups: true}"


def test_a_plan_that_only_adopts_is_asked_about(world: World):
    """To take an account over is a decision; a no leaves it alone."""
    code, output = answered(world, b"n\n", adopting(world, ALL))

    assert code == Exit.DONE
    assert "Apply 3 adoptions to store? [y/N]" in output
    assert "Nothing was applied." in output
    assert runs(world) == 0


def test_an_adoption_that_is_agreed_to_is_remembered(world: World):
    """So does one where nobody is to be asked."""
    code, output = answered(world, b"y\n", adopting(world, ALL))

    assert (code, runs(world)) == (Exit.DONE, 1)
    assert "remembered, as said above" in output


def test_with_yes_an_adoption_goes_on_by_itself(world: World):
    """A job has nobody to answer."""
    result = world.syncd("apply", "--yes", config=adopting(world, ALL))

    assert (result.exit_code, runs(world), "[y/N]" in result.output) == (Exit.DONE, 1, False)


def test_a_question_names_changes_and_adoptions(world: World):
    """Both are what is agreed to."""
    people = (world.path / "people.yaml").read_text()
    world.write("people.yaml", people.replace("Countess", "Queen"))

    _, output = answered(world, b"n\n", adopting(world, ALL))

    assert "Apply this change and 3 adoptions to store? [y/N]" in output


@pytest.mark.parametrize(
    ("policy", "advice"),
    [
        ("policy: {}", [USERS, GROUPS]),
        ("policy: {adopt_groups: true}", [USERS]),
        ("policy: {adopt: by_user_name}", [GROUPS]),
        ("policy: {adopt: by_email, adopt_groups: true}", []),
    ],
)
def test_only_an_adoption_that_is_not_allowed_yet_is_advised(world: World, policy, advice):
    """Each kind has its own setting; what is set already needs no advice."""
    text = (world.path / "people.yaml").read_text()
    world.write("people.yaml", text.replace("grace@example.org", "g@example.org"))

    result = world.syncd("plan", "--all", config=adopting(world, policy), COLUMNS="200")

    assert [words for words in (USERS, GROUPS) if words in result.stdout] == advice


def runs(world: World) -> int:
    """How many runs the new memory knows of."""
    with closing(open_ledger(f"sqlite:///{world.path}/other/ledger.db", write=False)) as ledger:
        return len(ledger.runs())
