"""Secrets appear nowhere: not in output, files, errors or tracebacks, whatever goes wrong.

Recognisable secrets are planted wherever a secret can stand. After each run of the real command,
everything it printed and every file it made is searched for them.
"""

import json
import sqlite3
import sys
import zipfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from pydantic import BaseModel, SecretBytes, SecretStr

from syncd.redact import Redactor, secrets_of, suspects
from syncd.report import Exit
from tests.servers.postgres import Postgresql
from tests.servers.slapd import Slapd
from tests.shell.command import World, small_world

PLANTED = {
    "in a URL": "pl4nted@in/URL#1",
    "in the file": "pl4nted in the 'file'",
    "in the environment": 'pl4nted-"environment"',
    "in a credential": "pl4nted-credential",
    "in the ledger's URL": "pl4nted-ledger",
    "in a password file": "pl4nted-password-file",
}
CLOSED = 9
"""The discard port: nothing listens there."""


@dataclass
class Watched:
    """A world whose every output is searched for secrets."""

    world: World
    secrets: list[str]
    environ: dict[str, str] = field(default_factory=dict)
    given: set[Path] = field(default_factory=set)

    def give(self, name: str, text: str) -> Path:
        """A file that holds secrets because we put them there."""
        path = self.world.write(name, text)
        self.given.add(path)
        return path

    def configure(self, config: object) -> None:
        self.give("config.yaml", config if isinstance(config, str) else yaml.safe_dump(config))

    def run(self, *arguments: str) -> int:
        """The exit code, after a look at everything that came out."""
        done = self.world.run(*arguments, **self.environ)
        self.search(f"output of {arguments}", (done.stdout + done.stderr).encode())
        for path in sorted(self.world.path.rglob("*")):
            if path.is_file() and path not in self.given:
                self.search(str(path), path.read_bytes())
        return done.returncode

    def search(self, where: str, content: bytes) -> None:
        found = [
            secret
            for secret in self.secrets
            for form in (
                secret,
                quote(secret, safe=""),
                json.dumps(secret)[1:-1],
                repr(secret)[1:-1],
            )
            if form.encode() in content
        ]
        assert found == [], where


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(small_world(tmp_path), list(PLANTED.values()))


def everywhere(sources: dict, targets: dict) -> dict:
    """A configuration with a secret in every place, these parts in use."""
    spare = {
        "type": "sql",
        "url": "postgresql://me@127.0.0.1:9/x",
        "password": PLANTED["in the file"],
    }
    in_url = quote(PLANTED["in a URL"], safe="")
    return {
        "sources": {"people": {"type": "yaml", "paths": ["people.yaml"]}, **sources},
        "targets": {
            "spare": spare,
            "inside": {"type": "sql", "url": f"postgresql://me:{in_url}@127.0.0.1:{CLOSED}/x"},
            "quiet": {"type": "sql", "url": f"postgresql://me@127.0.0.1:{CLOSED}/x"},
            **targets,
        },
        "syncs": {
            "main": {"sources": [*sources, "people"], "target": next(iter(targets))},
            **{
                name: {"sources": ["people"], "target": name, "enabled": False}
                for name in ("spare", "inside", "quiet")
            },
        },
    }


def test_a_run_that_goes_well_tells_no_secret(
    watched: Watched, staffed: Slapd, postgresql: Postgresql, tmp_path_factory
):
    """Real directory, real database, real passwords from every layer; every verb, every format."""
    credentials = tmp_path_factory.mktemp("credentials")
    (credentials / "targets__store__password").write_text(postgresql.password + "\n")
    corp = staffed.config(bind={"dn": staffed.bind_dn, "password": "to be overridden"})
    watched.configure(everywhere({"corp": corp}, {"store": {"type": "sql", "url": postgresql.url}}))
    watched.environ = {
        "CREDENTIALS_DIRECTORY": str(credentials),
        "SYNCD_SOURCES__CORP__BIND__PASSWORD": staffed.password,
        "SYNCD_TARGETS__QUIET__PASSWORD": PLANTED["in the environment"],
    }
    watched.secrets += [postgresql.password, staffed.password]
    path = watched.world.path

    codes = [
        watched.run(*arguments)
        for arguments in (
            ["check"],
            ["plan"],
            ["plan", "--format", "json", "--out", str(path / "plan.json")],
            ["plan", "--format", "markdown"],
            ["apply", str(path / "plan.json"), "--yes"],
            ["history", "1"],
            ["history", "--format", "json"],
            ["explain", "ada", "--format", "json"],
            ["explain", "ada", "--offline"],
            ["export", "store", "--out", str(path / "exported")],
            ["apply", "--yes"],
        )
    ]

    assert codes == [Exit.DONE] * 11
    assert {"plan.json", "ledger.db", "users.yaml"} <= {file.name for file in path.rglob("*")}


def test_a_secret_that_a_target_echoes_in_an_error_is_kept_nowhere(watched: Watched):
    """Neither in the journal, nor on any page of it, nor in a bundle."""
    secret = PLANTED["in the file"]
    watched.configure(everywhere({}, {"store": {"type": "sql", "url": "sqlite:///store.db"}}))
    assert watched.run("apply", "--yes") == Exit.DONE
    store = watched.world.path / "store.db"
    watched.given.add(store)
    with closing(sqlite3.connect(store)) as connection, connection:
        said = f"who says {secret} may not do that".replace("'", "''")
        connection.execute(
            f"CREATE TRIGGER echo BEFORE UPDATE ON users BEGIN SELECT RAISE(ABORT, '{said}'); END"
        )
    people = watched.world.path / "people.yaml"
    people.write_text(people.read_text().replace("Countess", "Doctor"))

    codes = [
        watched.run(*arguments)
        for arguments in (
            ["apply", "--yes"],
            ["history", "2"],
            ["status", "--format", "json"],
            ["bundle", "2", "--out", str(watched.world.path / "run.zip")],
        )
    ]

    assert codes == [Exit.TARGET, Exit.DONE, Exit.TARGET, Exit.DONE]
    with zipfile.ZipFile(watched.world.path / "run.zip") as packed:
        bundled = {name: packed.read(name) for name in packed.namelist()}
    assert b"who says *** may not do that" in bundled["journal.jsonl"]
    for name, content in bundled.items():
        watched.search(name, content)


def test_a_refused_password_is_not_repeated(
    watched: Watched, staffed: Slapd, postgresql: Postgresql
):
    """Neither the directory nor the database gets syncd to say what it tried."""
    word = watched.give("word", PLANTED["in a password file"] + "\n")
    corp = staffed.config(bind={"dn": staffed.bind_dn, "password_file": str(word)})
    store = {"type": "sql", "url": postgresql.url, "password": PLANTED["in the file"]}
    watched.configure(everywhere({"corp": corp}, {"store": store}))

    codes = [watched.run(*verb) for verb in (["check"], ["plan"], ["apply", "--yes"])]

    assert codes == [Exit.SOURCE, Exit.TARGET, Exit.TARGET]


def test_an_unreachable_host_is_told_without_its_password(watched: Watched, tmp_path_factory):
    """Wherever the password came from: file, URL, environment, credential."""
    credentials = tmp_path_factory.mktemp("credentials")
    (credentials / "targets__quiet__password").write_text(PLANTED["in a credential"])
    watched.environ = {"CREDENTIALS_DIRECTORY": str(credentials)}
    corp = {
        "type": "ldap",
        "preset": "openldap",
        "servers": [f"ldap://127.0.0.1:{CLOSED}"],
        "bind": {"dn": "cn=syncd", "password": PLANTED["in the environment"]},
        "users": {"bases": ["dc=example"]},
    }
    watched.configure(
        everywhere({"corp": corp}, {"store": {"type": "sql", "url": "sqlite:///s.db"}})
    )

    codes = [
        watched.run(*arguments)
        for arguments in (
            ["check", "corp", "spare", "inside", "quiet"],
            ["plan", "--sync", "spare"],
            ["plan", "--sync", "inside"],
            ["apply", "--sync", "quiet", "--yes"],
            ["export", "inside"],
            ["explain", "ada", "--sync", "quiet"],
        )
    ]

    assert codes == [Exit.SOURCE, *[Exit.TARGET] * 5]


@pytest.mark.parametrize("port", [CLOSED, 10**6])
def test_a_ledger_that_cannot_be_opened_is_told_without_its_password(watched: Watched, port: int):
    """Also where the URL is no URL at all."""
    secret = PLANTED["in the ledger's URL"]
    config = everywhere({}, {"store": {"type": "sql", "url": "sqlite:///s.db"}})
    watched.configure({**config, "ledger": {"url": f"postgresql://me:{secret}@127.0.0.1:{port}/x"}})

    codes = {watched.run(*verb) for verb in (["check"], ["plan"], ["apply", "--yes"], ["history"])}

    assert codes <= {Exit.CONFIG, Exit.TARGET}


SECRET = PLANTED["in a credential"]
MISTAKES = {
    "a list": f"targets: {{store: {{type: sql, url: 'sqlite:///s.db', password: [{SECRET}]}}}}",
    "a mapping": f"targets: {{store: {{type: sql, url: 'sqlite:///s.db', password: {{is: {SECRET}}}}}}}",
    "misspelt": f"targets: {{store: {{type: sql, url: 'sqlite:///s.db', pasword: {SECRET}}}}}",
    "no such place": f"password: {SECRET}",
    "a wrong type beside it": f"targets: {{store: {{type: sequel, password: {SECRET}}}}}",
    "a URL in a list": f"targets: {{store: {{type: sql, url: ['postgresql://me:{SECRET}@host/x']}}}}",
    "a URL of no database": f"targets: {{store: {{type: sql, url: 'mysql://me:{SECRET}@host/x'}}}}",
    "a URL with a bad port": f"targets: {{store: {{type: sql, url: 'postgresql://me:{SECRET}@host:port/x'}}}}",
    "a server's URL": f"sources: {{corp: {{type: ldap, preset: openldap, servers: ['ldap://me:{SECRET}@h'], bind: {{method: anonymous}}, users: {{bases: [dc=x]}}}}}}",
    "an unclosed quote": f"targets:\n  store:\n    type: sql\n    password: '{SECRET}\n",
    "a tab": f"targets:\n  store:\n\tpassword: {SECRET}\n",
    "a tag": f"targets: {{store: {{type: sql, password: !secret {SECRET}}}}}",
    "twice": f"targets: {{store: {{type: sql, password: {SECRET}, password: {SECRET}}}}}",
    "an unknown alias": f"targets: {{store: {{type: sql, password: {SECRET}, url: *nothing}}}}",
}

REST = """
sources: {people: {type: yaml, paths: [people.yaml]}}
syncs: {main: {sources: [people], target: store}}
"""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_configuration_is_told_without_the_secret(watched: Watched, mistake: str):
    """A password in the wrong place, of the wrong type, or beside a slip."""
    watched.configure(f"{MISTAKES[mistake]}\n{REST if 'sources' not in MISTAKES[mistake] else ''}")

    assert watched.run("check") == Exit.CONFIG


@pytest.mark.parametrize(
    "name", ["SYNCD_TARGETS__STROE__PASSWORD", "SYNCD_TARGETS__STORE__PASSWORD__X"]
)
def test_a_slip_in_the_environment_is_told_without_its_value(watched: Watched, name: str):
    """The variable's name is enough."""
    watched.environ = {name: PLANTED["in the environment"]}

    assert watched.run("plan") == Exit.CONFIG


BUG = """
import sys
import syncd.sources.yaml
def crash(self, since=None):
    try:
        raise KeyError({secret!r})
    except KeyError as error:
        raise RuntimeError("connect(" + repr({secret!r}) + ")") from error
syncd.sources.yaml.YamlSource.read = crash
from syncd.cli import main
main()
"""


@pytest.mark.parametrize("place", ["in the file", "in a URL", "in the environment"])
def test_a_bug_shows_its_traceback_without_secrets(watched: Watched, monkeypatch, place: str):
    """What a library quotes of its arguments is blotted out; the place of the bug is not."""
    watched.configure(everywhere({}, {"store": {"type": "sql", "url": "sqlite:///s.db"}}))
    watched.environ = {"SYNCD_TARGETS__QUIET__PASSWORD": PLANTED["in the environment"]}
    script = watched.give("bug.py", BUG.format(secret=PLANTED[place]))
    config = str(watched.world.path / "config.yaml")
    monkeypatch.setattr(
        watched.world,
        "command",
        lambda *verb: [sys.executable, str(script), "--config", config, *verb],
    )

    done = watched.world.run("plan", **watched.environ)
    watched.search("traceback", (done.stdout + done.stderr).encode())

    assert done.returncode == Exit.BUG
    assert "Traceback (most recent call last):" in done.stderr
    assert "RuntimeError: connect(" in done.stderr
    assert done.stderr.endswith("this is a bug in syncd; please report it, with the lines above\n")


class Deep(BaseModel):
    """A secret at any depth."""

    word: SecretStr | None = None
    raw: SecretBytes | None = None
    inner: "dict[str, tuple[Deep, ...]]" = {}
    password_file: Path | None = None
    other_file: Path | None = None


def test_secrets_are_found_at_any_depth(tmp_path):
    """Inside mappings and lists, as bytes, and in the files that settings name."""
    word = tmp_path / "word"
    word.write_text("in a file\n")
    leaf = Deep(word=SecretStr("leaf"), raw=SecretBytes(b"bytes"), other_file=tmp_path / "missing")

    found = secrets_of(Deep(inner={"a": (leaf,)}, password_file=word))

    assert sorted(found) == ["bytes", "in a file", "leaf"]


def test_what_looks_like_a_secret_is_one_until_the_settings_are_checked(tmp_path):
    """From the environment, credentials, and the text of a file that may not even be YAML."""
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "any").write_text("from a credential\n")
    config = tmp_path / "config.yaml"
    config.write_text(
        "targets:\n"
        "  one: {password: 'in quotes', other: x}\n"
        "  two:\n"
        "    api_key: bare word # a remark\n"
        "    token: null\n"
        "    password_file: /etc/word\n"
        "    url: postgresql://me:inside@host/x?password=query\n"
    )
    environ = {
        "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials"),
        "SYNCD_SOURCES__A__TOKEN": "from the environment",
        "SYNCD_TARGETS__A__URL": "postgresql://me:in-a-url@host/x",
        "SYNCD_STATE_DIRECTORY": "no secret",
        "OTHER_PASSWORD": "of somebody else",
    }

    assert set(suspects(environ, config)) - {""} >= {
        "from a credential",
        "from the environment",
        "in-a-url",
        "in quotes",
        "bare word",
        "inside",
        "query",
    }
    assert not set(suspects(environ, config)) & {
        "null",
        "/etc/word",
        "no secret",
        "of somebody else",
    }
    assert list(suspects({}, tmp_path / "missing")) == []


def test_every_form_of_a_secret_is_blotted_out():
    """As it is, as a URL has it, as JSON and `repr` write it; the longest first, short ones never."""
    redact = Redactor()
    redact.learn(["p@ss word", 'quo"ted\n', "pass", "pass-phrase", "abc"])

    assert redact("p@ss word p%40ss%20word p%40ss+word") == "*** *** ***"
    assert redact(json.dumps('quo"ted\n') + repr('quo"ted\n')) == '"***"' + "'***'"
    assert redact("pass-phrase pass abc") == "*** *** abc"
