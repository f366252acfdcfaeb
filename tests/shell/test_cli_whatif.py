"""What another configuration, or other people files, would change: on what was kept, and in CI."""

import json
import os
import subprocess
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import create_engine

from syncd.report import Exit
from tests.moved import accept_moved
from tests.servers.slapd import Slapd
from tests.shell.command import CONFIG, PEOPLE, World, small_world

LDAP = """  far:
    type: ldap
    preset: openldap
    servers: [ldaps://ldap.invalid]
    bind: {dn: cn=syncd, password: secret}
    users: {bases: [ou=people]}
"""
ZOE = "  - {id: zoe, user_name: zoe, email: zoe@example.org}\n"


@pytest.fixture(scope="module")
def first_run(tmp_path_factory) -> Path:
    """A first run is done; under `new` stand a copy of the configuration and of the files."""
    world = small_world(tmp_path_factory.mktemp("first"))
    world.syncd("apply", "--yes")
    small_world(world.path / "new")
    return world.path


@pytest.fixture
def world(tmp_path, first_run: Path) -> World:
    """A copy of that."""
    world = World(copytree(first_run, tmp_path / "world"))
    accept_moved(create_engine(f"sqlite:///{world.path}/.syncd/ledger.db"), first_run, world.path)
    return world


def new_people(world: World, *edits: tuple[str, str]) -> None:
    text = PEOPLE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    world.write("new/people.yaml", text)


def whatif(world: World, *options: str, **how: str):
    return world.syncd("whatif", "--config", str(world.path / "new/config.yaml"), *options, **how)


def affected(result) -> dict[str, str]:
    """Name -> how, and what becomes of it."""
    assert result.exit_code in {Exit.DONE, Exit.HELD, Exit.PENDING}, result.stderr
    return {
        one["name"]: f"{one['turn']}: {(one['after'] or one['before'])[0].get('what', '')}"
        for one in json.loads(result.stdout)["affected"]
    }


QUEEN = ("Countess", "Queen")
NEWCOMER = ("groups:\n", f"{ZOE}groups:\n")
NO_GRACE = (
    ("  - {id: grace, user_name: grace.hopper, email: grace@example.org}\n", ""),
    ("[ada, grace]", "[ada]"),
)


def test_a_change_of_the_files_is_told_before_it_is_made(world: World):
    """Who would be made, changed and suspended; nothing is written, and the target is not asked."""
    new_people(world, QUEEN, NEWCOMER, *NO_GRACE)
    (world.path / "store.db").rename(world.path / "hidden.db")

    result = whatif(world, "--format", "json")

    assert affected(result) == {
        "ada.lovelace": "newly: update",
        "grace.hopper": "newly: suspend",
        "zoe": "newly: create",
    }
    assert not (world.path / "store.db").exists()
    told = json.loads(result.stdout)
    assert told["counts"]["newly"]["user.suspend"] == 1
    assert list(told["grounds"]["kept"]) == ["target store"]


def test_what_is_pending_already_is_not_of_the_change(world: World):
    """A change in both is in neither; one that is taken back is told as such."""
    world.write("people.yaml", PEOPLE.replace(*QUEEN).replace(*NEWCOMER))
    new_people(world, ("Countess", "Empress"))

    result = whatif(world)

    assert result.exit_code == Exit.DONE
    text = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "People no longer affected (1) what would have been done, and is not" in text
    assert "+ zoe create email zoe@example.org new: people.yaml:5:5" in text
    assert "~ ada.lovelace before update title Countess → Queen changed: people.yaml:3:5" in text
    assert "after update title Countess → Empress changed: people.yaml:3:5" in text


def test_the_same_twice_affects_nobody(world: World):
    """Also where something is pending."""
    world.write("people.yaml", PEOPLE.replace(*QUEEN))
    new_people(world, QUEEN)

    result = whatif(world, "--detailed-exitcode")

    assert (result.exit_code, result.stdout.splitlines()[-2]) == (0, "Nobody would be affected")


def test_budgets_are_the_exit_code(world: World):
    """Held by the new policy and not by the old: 5; where nothing is, 10 only if asked for."""
    new_people(world, NEWCOMER)
    assert whatif(world, "--detailed-exitcode").exit_code == Exit.PENDING
    assert whatif(world).exit_code == Exit.DONE
    tight = CONFIG.replace("store}", "store, policy: {budget: {user.create: {count: 0}}}}")
    world.write("new/config.yaml", tight)

    result = whatif(world)

    assert result.exit_code == Exit.HELD
    assert "held: create  email zoe@example.org  over budget user.create: 1 planned" in " ".join(
        result.stdout.replace("\n", " ").split("   ")
    ).replace("  ", "  ")
    assert result.stdout.splitlines()[-2].endswith("1 held that was not")
    world.write("config.yaml", tight)
    world.write("people.yaml", PEOPLE.replace(*NEWCOMER))
    assert whatif(world).exit_code == Exit.DONE


def test_who_leaves_is_told_also_where_the_first_step_comes_later(world: World):
    """Nothing is done to them yet, and they are affected all the same."""
    later = CONFIG.replace("store}", "store, policy: {ladder: {suspend: 3d}}}")
    world.write("config.yaml", later)
    world.write("new/config.yaml", later)
    new_people(world, *NO_GRACE)

    result = whatif(world, "--detailed-exitcode")

    assert result.exit_code == Exit.PENDING
    text = " ".join(result.stdout.split())
    assert "= grace.hopper leaves, and no more is done yet" in text
    assert "1 person newly affected (left 1 user)" in text
    assert "leaves, and no more is done yet" in whatif(world, "--format", "markdown").stdout
    based = whatif(world, "--base", str(world.path), "--format", "json", config="")
    assert affected(based) == {"grace.hopper": "newly: left"}


def test_a_group_that_leaves_is_told_before_it_is_deleted(world: World):
    """That comes with a later run, also of one that nobody is in."""
    later = CONFIG.replace("store}", "store, policy: {vanished_groups: delete, grace: 0d}}")
    world.write("config.yaml", later)
    world.write("new/config.yaml", later)
    new_people(world, ("  - {id: eng, display_name: Engineering, members: [ada, grace]}\n", ""))

    result = whatif(world)

    text = " ".join(result.stdout.split())
    assert "Groups newly affected (1) = Engineering leaves, and no more is done yet" in text


def test_a_sync_that_would_only_now_be_enabled_has_done_nothing(world: World):
    """All that it would do is new, and held against its budgets; with a ledger and without."""
    tight = CONFIG.replace("store}", f"store, {NOBODY_LEAVES}}}")
    world.write("config.yaml", tight.replace("main: {", "main: {enabled: false, "))
    world.write("new/config.yaml", tight)
    new_people(world, QUEEN, *NO_GRACE)
    world.write("people.yaml", (world.path / "new/people.yaml").read_text())

    kept = whatif(world, "--format", "json")
    based = whatif(world, "--base", str(world.path), "--format", "json", config="")

    assert affected(kept) == {"ada.lovelace": "newly: update", "grace.hopper": "newly: suspend"}
    assert affected(based)["ada.lovelace"] == "newly: create"
    assert (kept.exit_code, based.exit_code) == (Exit.HELD, Exit.HELD)


def test_files_with_mistakes_are_an_error_with_their_places(world: World):
    """Of the new files and of the old, each called by its configuration."""
    new_people(world, ("id: ada", "idd: ada"))
    broken = whatif(world)
    assert broken.exit_code == Exit.SOURCE
    assert broken.stderr.startswith(
        f"{world.path}/new/config.yaml: people.yaml:3:5: a user needs id"
    )


def test_a_source_that_was_read_by_other_settings_is_refused(world: World):
    """Nobody can know what another filter would bring; nor what a source holds that is new."""
    new = world.path / "new/config.yaml"
    new.write_text(
        CONFIG.replace("targets:", f"{LDAP}targets:").replace("[people]", "[people, far]")
    )
    result = whatif(world)
    assert result.exit_code == Exit.SOURCE
    assert result.stderr == (
        "source far: what it holds is not known, for no run of main has read it yet; it is in "
        f"{new}, and can be told after the first run with it\n"
    )
    new.write_text(CONFIG.replace("sqlite:///store.db", "sqlite:///other.db"))
    result = whatif(world)
    assert result.exit_code == Exit.TARGET
    assert result.stderr.startswith("target store: it was last read by other settings than ")
    assert "config.yaml has (url), and what these would bring cannot be" in result.stderr


def test_before_the_first_run_nothing_is_known(tmp_path: Path):
    """And a sync that only the new configuration has was never run."""
    world = small_world(tmp_path)
    small_world(tmp_path / "new")
    assert whatif(world).stderr == (
        "sync main: nothing is known before the first run; `syncd apply --sync main` is one\n"
    )
    world.write("new/config.yaml", CONFIG.replace("main:", "other:"))
    result = whatif(world)
    assert result.stderr.splitlines() == [
        f"sync other is not in {tmp_path}/config.yaml: nothing is known of it before its first run",
        f"sync main is not in {tmp_path}/new/config.yaml: what it made would be left as it is",
    ]
    assert world.syncd("whatif").stderr == (
        "what is to be supposed? Say --config NEW; or without a ledger --base PATH or --since "
        "REVISION\n"
    )


def test_markdown_is_for_a_merge_request_and_is_short_enough_for_one(world: World):
    """Long sections are folded and cut, and say how many there are."""
    many = "".join(f"  - {{id: n{n}, user_name: n{n}}}\n" for n in range(300))
    new_people(world, ("groups:\n", f"{many}groups:\n"), QUEEN)

    text = whatif(world, "--format", "markdown").stdout

    assert "<details><summary>People newly affected (301)</summary>" in text
    assert "| ~ | `ada.lovelace` | update, title `Countess` → `Queen` (changed: " in text
    assert "… and 101 more." in text
    assert len(text) < 60_000
    assert "… and 261 more; --all shows them" in whatif(world).stdout
    assert whatif(world, "--all").stdout.count("+  n") == 300


def test_two_checkouts_are_compared_without_ledger_and_target(world: World):
    """As if the first had been made true: a target that nobody can reach, and one that is remote."""
    scim = CONFIG.replace("{type: sql, url: sqlite:///store.db}", SCIM)
    for where in ("", "new/"):
        world.write(f"{where}config.yaml", scim)
    new_people(world, QUEEN, NEWCOMER, *NO_GRACE)

    result = whatif(world, "--base", str(world.path), "--format", "json", config="")

    assert affected(result) == {
        "ada.lovelace": "newly: update",
        "grace.hopper": "newly: suspend",
        "zoe": "newly: create",
    }
    assert json.loads(result.stdout)["grounds"]["kept"] == {}
    back = world.syncd("whatif", "--base", str(world.path / "new"), "--format", "json")
    assert affected(back)["zoe"] == "newly: suspend"


SCIM = "{type: scim, server: {url: 'https://scim.invalid'}, auth: {token: x}}"


def test_budgets_count_from_where_the_base_stands(world: World):
    """What was made of the base is not counted; leavers are held beyond the policy's share."""
    new_people(world, *NO_GRACE)
    world.write("new/config.yaml", CONFIG.replace("store}", f"store, {NOBODY_LEAVES}}}"))
    result = whatif(world, "--base", str(world.path))
    assert result.exit_code == Exit.HELD
    assert "over budget user.suspend: 1 planned, 0 allowed of 2" in " ".join(result.stdout.split())


NOBODY_LEAVES = "policy: {budget: {user.suspend: {count: 0}, user.create: {count: 0}}}"


def test_without_a_ledger_all_sources_must_be_local(world: World):
    """Of a directory server nothing is known then; and mistakes in the base are told as such."""
    config = CONFIG.replace("targets:", f"{LDAP}targets:").replace("[people]", "[people, far]")
    world.write("new/config.yaml", config)
    result = whatif(world, "--base", str(world.path))
    assert result.exit_code == Exit.SOURCE
    assert result.stderr.startswith("source far: is not of local files, and without a ledger ")
    world.write("new/config.yaml", CONFIG)
    world.write("people.yaml", "users: {}")
    assert whatif(world, "--base", str(world.path)).stderr.startswith("as it was: people.yaml:1:8")


def git(path: Path, *arguments: str) -> str:
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        **{
            f"GIT_{who}_{what}": "x@y"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    ended = subprocess.run(
        ["git", *arguments], cwd=path, env=environ, capture_output=True, text=True, check=True
    )
    return ended.stdout


@pytest.fixture
def repository(tmp_path) -> World:
    """A git repository with the configuration in a folder of it, committed once."""
    world = small_world(tmp_path / "repository" / "company")
    top = world.path.parent
    git(top, "init", "--quiet", "--initial-branch", "main")
    (top / ".gitattributes").write_text("company export-ignore\n")
    git(top, "add", ".")
    git(top, "commit", "--quiet", "-m", "people")
    return world


def test_a_revision_is_what_git_has_of_it(repository: World):
    """The work in the directory against the last commit, whatever is staged; nothing is changed."""
    repository.write("people.yaml", PEOPLE.replace(*NEWCOMER))
    before = git(repository.path, "status", "--porcelain")

    result = repository.syncd("whatif", "--since", "HEAD", "--format", "json")

    assert affected(result) == {"zoe": "newly: create"}
    assert json.loads(result.stdout)["base"] == "HEAD"
    assert git(repository.path, "status", "--porcelain") == before
    assert not (repository.path / ".syncd").exists()


def test_within_a_hook_git_is_asked_about_this_repository(repository: World, monkeypatch):
    """Git tells a hook of its index and directory, by names relative to somewhere else."""
    repository.write("people.yaml", PEOPLE.replace(*NEWCOMER))
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.setenv(name, "elsewhere")
    result = repository.syncd("whatif", "--since", "HEAD", "--format", "json")
    assert affected(result) == {"zoe": "newly: create"}


def test_a_revision_before_there_was_anything_makes_everybody_new(repository: World):
    """Before the first commit, and where the configuration was not there yet."""
    empty = small_world(repository.path.parent.parent / "empty")
    git(empty.path, "init", "--quiet")
    for world in (empty, repository):
        if world is repository:
            world.write("moved/config.yaml", CONFIG.replace("people.yaml", "../people.yaml"))
        config = "moved/config.yaml" if world is repository else "config.yaml"
        result = world.syncd("whatif", "--since", "HEAD", "--format", "json", config=config)
        assert affected(result)["ada.lovelace"] == "newly: create"


def test_what_is_read_by_an_absolute_path_is_not_taken_for_the_revisions(repository: World):
    """It would be the same on both sides, and affect nobody; one from elsewhere is so on purpose."""
    path, elsewhere = repository.path / "people.yaml", repository.path.parents[1] / "guests.yaml"
    elsewhere.write_text("users: []\n", encoding="utf-8")
    config = CONFIG.replace("[people.yaml]", f"[people.yaml, {elsewhere}]")
    repository.write("config.yaml", config)
    git(repository.path, "commit", "--quiet", "-am", "guests")
    assert repository.syncd("whatif", "--since", "HEAD").exit_code == Exit.DONE
    repository.write("config.yaml", config.replace("[people.yaml", f"[{path}"))
    git(repository.path, "commit", "--quiet", "-am", "absolute")
    repository.write("people.yaml", PEOPLE.replace(*QUEEN))
    result = repository.syncd("whatif", "--since", "HEAD")
    assert result.exit_code == Exit.CONFIG
    said = " ".join(result.stderr.split())
    assert f"sources.people: {path} is read as it is now, and not as HEAD has it" in said


def test_an_unknown_revision_and_no_repository_are_told(repository: World, tmp_path: Path):
    """With what to do."""
    result = repository.syncd("whatif", "--since", "origin/main")
    assert result.exit_code == Exit.CONFIG
    assert result.stderr == (
        f"{repository.path} has no revision 'origin/main': fetch it first, such as by `git fetch "
        "origin main`\n"
    )
    assert repository.syncd("whatif", "--since", "--all").stderr == "'--all' is no revision\n"
    outside = small_world(tmp_path / "outside")
    result = outside.syncd("whatif", "--since", "HEAD", GIT_CEILING_DIRECTORIES=str(tmp_path))
    assert result.exit_code == Exit.CONFIG
    assert "not a git repository" in result.stderr
    both = repository.syncd("whatif", "--since", "HEAD", "--base", ".")
    assert both.stderr == "--base and --since contradict each other: say one of them\n"


def test_a_directory_counts_as_it_was_last_read_whatever_becomes_of_it_meanwhile(
    tmp_path: Path, staffed: Slapd
):
    """Another mapping or scope is told of all its people, though nobody asks it; another filter is
    refused by its name. A wrong password makes no difference."""
    world = World(tmp_path)
    world.write("config.yaml", of_directory(staffed.config()))
    world.syncd("apply", "--yes")
    titled = {"users": {"always": {"title": "user_name"}}}
    world.write("new/config.yaml", of_directory(staffed.config(), **titled))
    result = whatif(world, "--format", "json")
    told = json.loads(result.stdout)
    assert told["counts"]["newly"] == {"user.update": 20}
    assert set(told["grounds"]["kept"]) == {"source corp", "target store"}

    bind = {"dn": staffed.bind_dn}
    world.write("new/config.yaml", of_directory(staffed.config(bind=bind), **titled))
    wrong = {"SYNCD_SOURCES__CORP__BIND__PASSWORD": "other"}
    assert whatif(world, **wrong).exit_code == Exit.DONE
    assert world.syncd("plan", **wrong).exit_code == Exit.SOURCE

    users = {"bases": [staffed.people], "filter": "(uid=a*)"}
    world.write("new/config.yaml", of_directory(staffed.config(users=users)))
    result = whatif(world)
    assert result.exit_code == Exit.SOURCE
    assert "read by other settings than" in result.stderr
    assert "config.yaml has (users), and what these would bring cannot be known" in result.stderr


def of_directory(corp: dict, **sync: object) -> str:
    syncs = {"main": {"sources": ["corp"], "target": "store", **sync}}
    targets = {"store": {"type": "sql", "url": "sqlite:///store.db"}}
    return json.dumps({"sources": {"corp": corp}, "targets": targets, "syncs": syncs})
