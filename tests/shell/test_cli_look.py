"""The verbs that look: check, history, explain, schema, backends, and help."""

import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from syncd import __version__
from syncd.core.memory import Link
from syncd.core.model import Key, Kind, Ref
from syncd.explain import AsOf, Explanation
from syncd.ledger import Run
from syncd.render.explanation import render_explanation
from syncd.render.history import render_runs
from syncd.report import Exit
from tests.servers.slapd import Slapd
from tests.shell.command import CONFIG, PEOPLE, SCRIPT, World, sections, small_world
from tests.world import NOON


@pytest.fixture
def world(tmp_path) -> World:
    return small_world(tmp_path)


def test_check_reaches_everything_and_counts_it(world: World):
    """A line for each thing that is there, with what was found."""
    world.syncd("apply", "--yes")

    result = world.syncd("check")

    assert result.exit_code == Exit.DONE
    lines = [line.rpartition("  ")[0] or line for line in result.stdout.splitlines()]
    assert lines[0] == "✓ configuration"
    assert result.stdout.splitlines()[1].startswith("✓ ledger  last run 1 of main, ")
    assert "✓ source people  2 users, 1 group" in lines
    assert "✓ target store  2 users, 1 group, 2 members" in lines


def test_check_goes_on_after_a_failure(world: World):
    """The worst exit code wins, and the target is reached though the source is not."""
    (world.path / "people.yaml").unlink()

    result = world.syncd("check")

    assert result.exit_code == Exit.SOURCE
    assert result.stderr.startswith("✗ source people: people.yaml: ")
    assert "✓ target store  0 users, 0 groups, 0 members" in result.stdout


def test_check_of_a_name_looks_at_that_only(world: World):
    """Also at what no enabled sync uses; an unknown name is a usage error."""
    world.write("config.yaml", CONFIG.replace("target: store}", "target: store, enabled: false}"))

    nothing, named = world.syncd("check").stdout, world.syncd("check", "people")
    unknown = world.syncd("check", "peple")

    assert "source" not in "".join(nothing.splitlines()[1:])
    assert ("✓ source people" in named.stdout, "target store" in named.stdout) == (True, False)
    assert (unknown.exit_code, unknown.stderr) == (
        Exit.CONFIG,
        'there is no source and no target "peple"; did you mean "people"?\n',
    )


def test_history_begins_empty(world: World):
    """Looking makes no ledger."""
    result = world.syncd("history")

    assert (result.exit_code, result.stdout) == (
        Exit.DONE,
        "No run yet: `syncd apply` makes the first.\n",
    )
    assert not (world.path / ".syncd").exists()


def test_history_lists_runs_and_what_each_did(world: World):
    """The newest first; a run's lines as they happened, with before and after."""
    world.syncd("apply", "--yes")
    world.write("people.yaml", PEOPLE.replace("Countess", "Queen"))
    world.syncd("apply", "--yes")

    runs = [line.split() for line in world.syncd("history").stdout.splitlines()]
    second = world.syncd("history", "2").stdout.splitlines()

    assert [[line[0], *line[4:]] for line in runs] == [
        ["run", "done", "failed", "held", "conflicts"],
        ["2", "main", "done", "1"],
        ["1", "main", "done", "5"],
    ]
    assert second[-1] == "  ~  ada.lovelace  title Countess → Queen  changed: people.yaml:3:5"


def test_when_a_run_was_is_never_broken_over_two_lines():
    """A long outcome is, for it is rare, and a column of dates is read at a glance."""
    begun = datetime(2026, 4, 1, 8, 30, tzinfo=UTC)
    run = Run(1, "projects", "p", "d", begun, None, None, 9, 0, 0, 2, (), 30_000, 0)
    out = StringIO()
    Console(file=out, width=80).print(render_runs([run]))
    assert out.getvalue().splitlines()[1].startswith("  1  2026-04-01 08:30:00 UTC  projects")


def test_history_as_json_has_every_field(world: World):
    """For programs: the runs as a list, one run with its lines."""
    world.syncd("apply", "--yes")

    runs = json.loads(world.syncd("history", "--format", "json").stdout)
    one = json.loads(world.syncd("history", "1", "--format", "json").stdout)

    assert (len(runs), runs[0]["planned"], runs[0]["outcome"]) == (1, 5, "done")
    assert one["run"] == runs[0]
    assert [line["op"] for line in one["lines"]] == ["create", "create", "create", "add", "add"]


def test_a_run_that_never_was_is_told(world: World):
    """With the newest there is."""
    world.syncd("apply", "--yes")

    result = world.syncd("history", "7")

    assert (result.exit_code, result.stderr) == (
        Exit.CONFIG,
        "there is no run 7; the newest is 1\n",
    )


def test_explain_tells_what_is_stated_and_by_which_rule_it_is_kept(world: World):
    """Source with its place, the wanted fields with their rules, the account, the journal."""
    world.syncd("apply", "--yes")

    found = sections(world.syncd("explain", "ada", COLUMNS="160").stdout)

    assert found["In the sources"][0] == "people people.yaml:3:5"
    assert "title Countess attribute title, by name" in found["Should be"]
    assert "groups Engineering" in found["Should be"]
    assert re.search(
        r" made by syncd in run 1, 20..-..-.. ..:..:.. UTC: new: people.yaml:3:5$",
        found["In store"][0],
    )
    assert found["Next"] == ["nothing: it is as it should be"]
    assert [line.split()[1] for line in found["Last"]] == ["ada.lovelace", "ada.lovelace"]


@pytest.mark.parametrize("who", ["ADA.lovelace", "ada@example.org", "people:ada", "ada"])
def test_explain_knows_a_person_by_every_name(world: World, who: str):
    """Login, e-mail, full key and the source's own key, without case."""
    assert world.syncd("explain", who).stdout.startswith("ada.lovelace   people:ada   sync main\n")


def test_explain_knows_an_account_by_its_ref(world: World):
    """The target's own name leads to the person too."""
    world.syncd("apply", "--yes")
    (told,) = json.loads(world.syncd("explain", "ada", "--format", "json").stdout)

    (again,) = json.loads(world.syncd("explain", told["account"]["ref"], "--format", "json").stdout)

    assert again == told
    assert (told["key"], told["account"]["ours"]) == ("people:ada", True)


def test_explain_tells_why_somebody_is_to_have_no_account_and_what_comes_next(world: World):
    """A contractor whose time is over: the reason, and the suspension that is due."""
    world.syncd("apply", "--yes")
    world.write("people.yaml", PEOPLE.replace("title: Countess", "valid_until: 2001-01-01"))

    found = sections(world.syncd("explain", "ada.lovelace").stdout)

    assert found["Should be"] == ["suspended: valid_until 2001-01-01 has passed"]
    assert found["Next"] == [
        "‖ suspend leaver: valid_until 2001-01-01 has passed",
        "with the next run: `syncd apply --sync main`; no daemon is running",
    ]


def test_explain_shows_an_account_that_is_not_ours(world: World):
    """A stranger with the wanted login: both are shown, and the conflict between them."""
    world.syncd("apply", "--yes")
    world.write("config.yaml", CONFIG + "state_directory: fresh\n")

    result = world.syncd("explain", "ada.lovelace")

    assert "not syncd's: left alone" in result.stdout
    assert "is taken by ada.lovelace" in result.stdout


def test_explain_of_nobody_says_where_it_looked(world: World):
    """And whom it may have been."""
    result = world.syncd("explain", "grce")

    assert result.exit_code == Exit.CONFIG
    assert result.stderr == (
        'sync main: nobody is called "grce": looked for a login, e-mail, key or ref among 2 people '
        'in the sources, 0 accounts in store and 0 links in the ledger; did you mean "grace"?\n'
    )


@pytest.mark.parametrize("who", ["nobody", ""])
def test_explain_suggests_only_who_is_called_alike(world: World, who: str):
    """Never everybody that there is, and an empty name is nobody's: not theirs who have no e-mail."""
    world.write("people.yaml", "users: [{id: z1}, {id: z2}]")

    result = world.syncd("explain", who)

    assert result.exit_code == Exit.CONFIG
    assert result.stderr == (
        f'sync main: nobody is called "{who}": looked for a login, e-mail, key or ref among 2 '
        "people in the sources, 0 accounts in store and 0 links in the ledger\n"
    )


def test_explain_suggests_at_most_a_handful(world: World):
    """The nearest first."""
    world.write(
        "people.yaml", "users: [" + ", ".join(f"{{id: person{n}}}" for n in range(30)) + "]"
    )

    said = world.syncd("explain", "persn7").stderr

    assert '; did you mean "person7", ' in said
    assert said.count("person") == 5


def test_explain_tells_when_a_leavers_account_may_be_deleted(world: World):
    """Suspended by the first apply without them; the grace counts from there."""
    world.write("people.yaml", "users: [{id: ada}, {id: bob}, {id: cy}]")
    policy = "policy: {leavers: delete, grace: 7d}"
    world.write("config.yaml", CONFIG.replace("target: store}", f"target: store, {policy}}}"))
    world.syncd("apply", "--yes")
    world.write("people.yaml", "users: [{id: bob}, {id: cy}]")
    world.syncd("apply", "--yes")

    (told,) = json.loads(world.syncd("explain", "ada", "--format", "json").stdout)
    found = sections(world.syncd("explain", "ada").stdout)

    due = datetime.fromisoformat(told["due"])
    assert due - datetime.fromisoformat(told["link"]["suspended_at"]) == timedelta(days=7)
    assert (told["name"], told["wanted"], told["not_wanted"]) == (
        "ada",
        [],
        "is in no source any more",
    )
    assert found["In the sources"] == ["nowhere"]
    assert found["Should be"] == ["suspended, and later deleted: is in no source any more"]
    assert found["Next"][0] == f"• delete not before {due:%Y-%m-%d %H:%M:%S} UTC"
    assert [line.split()[0] for line in found["In store"][-2:]] == ["first", "suspended"]


def test_explain_shows_two_records_that_nobody_can_tell_apart(world: World):
    """They are in conflict: no account is wanted until a person decides."""
    world.write("people.yaml", "users: [{id: a, attributes: {n: 7}}, {id: b, attributes: {n: 7}}]")
    world.write("config.yaml", CONFIG.replace("target: store}", "target: store, merge: {by: n}}"))

    found = sections(world.syncd("explain", "a").stdout)

    assert found["Should be"] == ["undecided, as said below"]
    assert found["Next"][0].startswith("! conflict source people has more than one person with")


def test_explain_offline_needs_neither_sources_nor_target(world: World):
    """Both are gone: what was last read of them is told, and when that was."""
    world.syncd("apply", "--yes")
    online = world.syncd("explain", "ada", COLUMNS="160").stdout.splitlines()
    (world.path / "people.yaml").unlink()
    (world.path / "store.db").unlink()

    (run,) = json.loads(world.syncd("history", "--format", "json").stdout)
    result = world.syncd("explain", "ada", "--offline", COLUMNS="160")
    (told,) = json.loads(world.syncd("explain", "ada", "--offline", "--format", "json").stdout)

    assert (result.exit_code, result.stderr) == (Exit.DONE, "")
    name, as_of, *rest = result.stdout.splitlines()
    assert [name, *rest] == online
    at = datetime.fromisoformat(told["as_of"]["target"])
    assert as_of == f"as of {at:%Y-%m-%d %H:%M:%S} UTC"
    assert at <= datetime.fromisoformat(run["begun_at"])
    assert told["as_of"] == {
        "sources": {"people": told["as_of"]["target"]},
        "target": told["as_of"]["target"],
        "full_at": told["as_of"]["target"],
        "overtaken_by": None,
        "run": None,
    }
    assert not (world.path / "store.db").exists()


def test_explain_offline_finds_by_a_part_of_a_display_name(world: World):
    """Where nobody is called so; else the others are named beside."""
    names = ("ann", "Joanna Roe", "Hannah Nott")
    people = ", ".join(f"{{id: p{n}, display_name: {name}}}" for n, name in enumerate(names))
    world.write("people.yaml", f"users: [{people}, {{id: ann}}]")
    world.syncd("apply", "--yes")

    alike = world.syncd("explain", "joann", "--offline", "--format", "json")
    called = world.syncd("explain", "ann", "--offline", "--format", "json")

    assert [one["name"] for one in json.loads(alike.stdout)] == ["p1"]
    assert [one["name"] for one in json.loads(called.stdout)] == ["ann"]
    assert called.stderr == 'sync main: "ann" is in the display name of p0, p1, p2, too\n'


def test_explain_offline_says_where_not_all_are_told_of(world: World):
    """Many have the name: it is told that there are more."""
    people = ", ".join(f"{{id: p{n}, display_name: Smith}}" for n in range(21))
    world.write("people.yaml", f"users: [{people}]")
    world.syncd("apply", "--yes")

    result = world.syncd("explain", "smith", "--offline", "--format", "json")

    assert len(json.loads(result.stdout)) == 20
    assert result.stderr == (
        "sync main: more than 20 were found, and not all are told of: say more of the name\n"
    )


def test_explain_offline_knows_nobody_before_the_first_run(world: World):
    """And makes no ledger."""
    result = world.syncd("explain", "ada", "--offline")

    assert (result.exit_code, result.stdout) == (Exit.CONFIG, "")
    assert result.stderr == (
        "sync main: nothing is known before the first run: `syncd apply --sync main` is one\n"
    )
    assert not (world.path / ".syncd").exists()


def test_an_explanation_says_what_of_it_is_older():
    """Each side has its time where they were not read at once; what was overtaken is not told."""
    one = Explanation(
        sync="main",
        target="store",
        name="ada",
        link=Link(Kind.USER, Key("people:ada"), Ref("u1"), "ada"),
        as_of=AsOf(
            sources={"people": NOON, "corp": NOON - timedelta(days=1)},
            target=NOON,
            full_at=NOON - timedelta(hours=1),
            overtaken_by=7,
        ),
    )
    out = StringIO()
    Console(file=out, width=160).print(render_explanation(one))

    found = sections(out.getvalue())

    assert (
        "as of people 2026-04-01 12:00:00 UTC, corp 2026-03-31 12:00:00 UTC, "
        "store 2026-04-01 12:00:00 UTC, all of store 2026-04-01 11:00:00 UTC" in found
    )
    assert found["In store"] == ["u1 was not there then"]
    assert found["Next"] == [
        "not known: run 7 has begun since, and nothing that it led to was read yet"
    ]


def test_check_tells_a_reading_that_is_not_whole(world: World, staffed: Slapd):
    """What is missing, and what follows: no removal is planned."""
    corp = staffed.config(expect={"min_users": 1000})
    config = {"sources": {"corp": corp}, "targets": {}, "syncs": {}}
    world.write("config.yaml", json.dumps(config))

    result = world.syncd("check", "corp")

    assert result.exit_code == Exit.SOURCE
    first, second = result.stderr.splitlines()
    assert first == (
        "✗ source corp  20 users, 1 group, and not all of it: no removal is planned so"
    )
    assert "1000" in second


def test_the_schema_needs_no_configuration(world: World):
    """It is for those who are about to write one."""
    schema = json.loads(world.syncd("schema", config="").stdout)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"sources", "targets", "syncs"} <= schema["properties"].keys()


def test_backends_lists_what_is_installed_and_what_it_declares(world: World):
    """The built-in ones among them, on a page and as JSON."""
    page = world.syncd("backends", config="").stdout.splitlines()
    assert sum(line.startswith("  user suspension  emulated: ") for line in page) >= 2
    told = json.loads(world.syncd("backends", "--format", "json", config="").stdout)

    assert {"source yaml", "source ldap", "target sql"} <= set(page)
    assert told["targets"]["sql"]["declares"]["member"] == {"ops": ["add", "remove"]}
    assert told["targets"]["sql"]["declares"]["user"]["unique"] == ["user_name", "email"]


def test_help_names_every_verb(world: World):
    """Without a verb, the same page beside the results, for nothing was asked."""
    helped, bare = world.syncd("--help", config=""), world.syncd(config="")

    assert helped.exit_code == Exit.DONE
    for verb in ("check", "plan", "apply", "history", "explain", "export", "schema", "backends"):
        assert f"  {verb} " in helped.stdout
    assert (bare.exit_code, bare.stdout) == (Exit.CONFIG, "")
    assert bare.stderr.strip() == helped.stdout.strip()


def test_each_verb_is_explained_in_one_line(world: World):
    """No explanation ends in dots."""
    page = world.run("--help", COLUMNS="80").stdout

    assert "..." not in page.partition("Commands:")[2]


def test_an_argument_that_may_be_left_out_is_in_brackets_once(world: World):
    """As the shell's manuals have it."""
    helped = [world.syncd(verb, "--help", config="").stdout for verb in ("check", "history")]

    assert "check [OPTIONS] [NAME]...\n" in helped[0]
    assert "history [OPTIONS] [RUN]\n" in helped[1]


HEAVY = "('sqlalchemy', 'alembic', 'ldap3', 'jinja2', 'pydantic', 'pydantic_settings', 'rich')"
LOADED = f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"


def test_help_is_quick_because_it_loads_nothing_heavy(world: World):
    """No database, no LDAP, no templates, no drawing, for a page of text."""
    code = f"import atexit, sys; atexit.register(lambda: {LOADED}); sys.argv[1:] = ['--help']; "
    result = world.python(code + SCRIPT)

    assert "Usage: syncd" in result.stdout
    assert result.stderr == "[]\n"


def test_a_plan_loads_only_what_it_needs(world: World):
    """No migrations, no LDAP, no templates, where there is nothing of them in the settings."""
    config = str(world.path / "config.yaml")
    code = (
        f"import atexit, sys; atexit.register(lambda: {LOADED}); "
        f"sys.argv[1:] = ['--config', {config!r}, 'plan']; "
    )
    result = world.python(code + SCRIPT)

    assert "create 2 users" in result.stdout
    assert result.stderr == "['sqlalchemy', 'pydantic', 'rich']\n"


def test_the_version_is_told(world: World):
    """Of the package that runs."""
    assert world.syncd("--version", config="").stdout == f"syncd {__version__}\n"
