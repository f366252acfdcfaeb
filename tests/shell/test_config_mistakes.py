"""What is wrong with a configuration is told at once, with its place, and without what is secret."""

import pytest

from syncd.config import load_settings
from syncd.errors import ConfigError

FILE = """\
sources:
  people: {type: yaml, paths: [people]}
  head-office: {type: yaml, paths: [head]}
targets:
  store: {type: sql, password: 5ecret}
syncs:
  staff: {sources: [people], target: store}
"""


@pytest.fixture
def problems(tmp_path):
    """The problems of this text under these variables; the file is called `config.yaml`."""

    def problems_of(text: str = FILE, **environ: str) -> tuple[str, ...]:
        path = tmp_path / "config.yaml"
        path.write_text(text)
        with pytest.raises(ConfigError) as caught:
            load_settings(path, environ)
        return tuple(problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems)

    return problems_of


SYNC = "sources: {a: {type: yaml, paths: [x]}}\ntargets: {t: {type: sql}}\nsyncs: {s: {sources: [a], target: t, "


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a", "config.yaml:1:1: a configuration is a mapping of names to values"),
        ("a: [", "config.yaml:2:1: not YAML: while parsing a flow node, did not find expected node content"),
        ("sources: {}\nsources: {}", 'config.yaml:2:1: "sources" stands here twice, first at config.yaml:1:1'),
        ("shedule: x", "config.yaml:1:1: shedule: is not known here; known are approvals, audit, daemon, evidence, ledger, log, notify, sources, state_directory, status, syncs, targets"),
        ("target: {}", 'config.yaml:1:1: target: is not known here; did you mean "targets"?'),
        ("state_directory:", "config.yaml:1:1: state_directory: has no value"),
        ("state_directory: [a]", "config.yaml:1:1: state_directory: should be a path"),
        ("sources: [a]", "config.yaml:1:1: sources: should be a mapping of names to values"),
        ("sources: {a: b}", "config.yaml:1:14: sources.a: should be a mapping with a type"),
        ("sources: {a: {paths: []}}", "config.yaml:1:11: sources.a: type is missing; known are ldap, yaml"),
        ("sources: {a: {type: ymal}}", 'config.yaml:1:21: sources.a.type: there is no source type "ymal"; did you mean "yaml"?'),
        ("sources: {a: {type: yaml, paths: [x], path: y}}", 'config.yaml:1:39: sources.a.path: is not known here; did you mean "paths"?'),
        ("sources: {a: {type: yaml}}", "config.yaml:1:11: sources.a.paths: is missing"),
        (
            "targets: {my-tasks: {type: vikunja, server: 'https://h', user: syncd}}",
            "config.yaml:1:11: targets.my-tasks.password: is missing; SYNCD_TARGETS__MY_TASKS__PASSWORD can give it",
        ),
        ("sources: {a: {type: yaml, paths: x}}", "config.yaml:1:34: sources.a.paths: should be a list, such as [a, b]"),
        ("sources: {a: {type: yaml, paths: []}}", "config.yaml:1:27: sources.a.paths: needs at least one"),
        ("sources: {A: {type: yaml, paths: [x]}}", "config.yaml:1:11: sources.A: a source's name is of a-z, 0-9 and single - or _ between them"),
        ("targets: {a__b: {type: memory}}", "config.yaml:1:11: targets.a__b: a target's name is of a-z, 0-9 and single - or _ between them"),
        ("targets: {a-b: {type: memory}, a_b: {type: memory}}", 'config.yaml:1:32: targets.a_b: is the same name as "a-b" to the environment, without a -'),
        ("ledger: {url: 'no:5ecret@url'}", "config.yaml:1:15: ledger.url: that is not a database URL: write sqlite:///FILE or postgresql://USER@HOST/DATABASE"),
        (
            "sources: {c: {type: ldap, preset: openldap, servers: [{url: ldaps://h, star_tls: true}], bind: {method: anonymous}, users: {bases: [dc=x]}}}",
            'config.yaml:1:72: sources.c.servers.0.star_tls: is not known here; did you mean "start_tls"?',
        ),
        (SYNC + "sources: [b]}}", 'config.yaml:3:38: "sources" stands here twice, first at config.yaml:3:13'),
        (SYNC + "tagret: x}}", 'config.yaml:3:38: syncs.s.tagret: is not known here; did you mean "target"?'),
        (SYNC + "enabled: maybe}}", "config.yaml:3:47: syncs.s.enabled: should be a valid boolean, unable to interpret input"),
        (SYNC + "policy: {leavers: remove}}}", "config.yaml:3:56: syncs.s.policy.leavers: should be 'suspend', 'delete' or 'ignore'"),
        (SYNC + "policy: {grace: 30}}}", "config.yaml:3:54: syncs.s.policy.grace: should be a time such as 30d: a number up to 9999, and s, m, h, d or w"),
        (SYNC + "policy: {grace: 10000d}}}", "config.yaml:3:54: syncs.s.policy.grace: should be a time such as 30d: a number up to 9999, and s, m, h, d or w"),
        (SYNC + "schedule: {every: 0s}}}", "config.yaml:3:56: syncs.s.schedule.every: should be more than nothing"),
        (SYNC + "schedule: {every: 1h, cron: '0 6 * * *'}}}", "config.yaml:3:38: syncs.s.schedule: every and cron contradict each other: say one of them"),
        (SYNC + "schedule: {cron: '0 6 * *'}}}", "config.yaml:3:55: syncs.s.schedule.cron: should have 5 fields: minute hour day month weekday"),
        (SYNC + "schedule: {cron: '0 6 1 * 1'}}}", "config.yaml:3:55: syncs.s.schedule.cron: restricts the day of month and of week; write * for one of them"),
        (SYNC + "schedule: {time_zone: Europe/Atlantis}}}", "config.yaml:3:60: syncs.s.schedule.time_zone: is no time zone of this system; say one as Europe/Berlin"),
        ("ledger: {lock_life: 1s}", "config.yaml:1:21: ledger.lock_life: should be 2s or more: servers and networks pause for shorter times"),
        ("status: {listen: '0.0.0.0:80'}", "config.yaml:1:1: status: listen is open to other machines, so there must be a token; or say listen: 127.0.0.1:PORT, or unix:/PATH"),
        ("status: {listen: '8425'}", "config.yaml:1:18: status.listen: should be HOST:PORT or unix:/PATH, such as 127.0.0.1:8425"),
        ("status: {actions: true}", "config.yaml:1:1: status: actions need an action_token of their own"),
        ("status: {token: short}", "config.yaml:1:17: status.token: should have 16 letters or more: openssl rand -hex 24"),
        (SYNC + "policy: {may_be_empty: [b]}}}", 'config.yaml:3:62: syncs.s.policy.may_be_empty.0: this sync has no source "b"; known are a'),
        (SYNC + "policy: {budget: {user.remove: {count: 1}}}}}", 'config.yaml:3:56: syncs.s.policy.budget.user.remove: is not known here; did you mean "user.rename"?'),
        (SYNC + "policy: {budget: {per_group: {user.delete: {count: 1}}}}}}", "config.yaml:3:68: syncs.s.policy.budget.per_group.user.delete: is not known here; known are member.add, member.remove"),
        (SYNC + "policy: {budget: {per_attribute: {titel: {count: 1}}}}}}", "config.yaml:3:56: syncs.s.policy.budget.per_attribute: no field of a user: titel; known are default, display_name, email, family_name, given_name, locale, phone, title, attributes.NAME"),
        (SYNC + "policy: {budget: {user.delete: {count: -1}}}}}", "config.yaml:3:77: syncs.s.policy.budget.user.delete.count: should be greater than or equal to 0"),
        (SYNC + "policy: {budget: {user.delete: {percent: 101}}}}}", "config.yaml:3:79: syncs.s.policy.budget.user.delete.percent: should be less than or equal to 100"),
        (SYNC + "policy: {drift: {titel: yield}}}}", 'config.yaml:3:62: syncs.s.policy.drift.titel: the target "t" has no such field; did you mean "title"?'),
        (SYNC + "policy: {drift: {defualt: yield}}}}", 'config.yaml:3:64: syncs.s.policy.drift.defualt: the target "t" has no such field; did you mean "default"?'),
        (SYNC + "policy: {drift: {active: yield}}}}", "config.yaml:3:63: syncs.s.policy.drift.active: active follows the person's state; see leavers and restore"),
        (SYNC + "policy: {drift: {title: ignore}}}}", "config.yaml:3:62: syncs.s.policy.drift.title: should be 'enforce', 'report' or 'yield'"),
        (SYNC + "policy: {retry_unsettled: soon}}}", "config.yaml:3:64: syncs.s.policy.retry_unsettled: should be a time such as 30d: a number up to 9999, and s, m, h, d or w"),
        (SYNC + "merge: {precedence: {email: [a]}}}}", "config.yaml:3:46: syncs.s.merge.precedence: says nothing without merge.by: no records are one person"),
        (SYNC + "merge: {by: x, precedence: {email: [b]}}}}", 'config.yaml:3:74: syncs.s.merge.precedence.email.0: this sync has no source "b"; known are a'),
        (SYNC + "users: {always: {titel: x}}}}", 'config.yaml:3:62: syncs.s.users.always.titel: the target "t" has no such field; did you mean "title"?'),
        (SYNC + "users: {on_create: {attributes: x}}}}", 'config.yaml:3:70: syncs.s.users.on_create.attributes: the target "t" has no such field; did you mean "attributes.*"?'),
        (SYNC + "users: {always: {active: x}}}}", "config.yaml:3:63: syncs.s.users.always.active: active follows the person's state and cannot be mapped"),
        (SYNC + "users: {always: {title: '{{ x'}}}}", "config.yaml:3:62: syncs.s.users.always.title: is not a template: unexpected end of template, expected 'end of print statement'."),
        (SYNC + "users: {always: {title: ''}}}}", "config.yaml:3:62: syncs.s.users.always.title: is empty; null leaves the field alone, and '{{ \"\" }}' clears it"),
        (SYNC + "users: {always: {title: x}, on_create: {title: y}}}}", "config.yaml:3:85: syncs.s.users.on_create.title: is also under always; it can be only one of them"),
        (SYNC + "groups: {rename: staff}}}", "config.yaml:3:55: syncs.s.groups.rename: gives every group one name; write {{ display_name }} in it"),
        (SYNC + "groups: {rename: '{% x'}}}", "config.yaml:3:55: syncs.s.groups.rename: is not a template: Encountered unknown tag 'x'."),
        (FILE.replace("[people], t", "[poeple], t"), 'config.yaml:7:21: syncs.staff.sources.0: there is no source "poeple"; did you mean "people"?'),
        (FILE.replace("[people], t", "[people, people], t"), 'config.yaml:7:29: syncs.staff.sources.1: "people" stands here twice'),
        (
            FILE.replace("target: store}", "target: store, policy: {may_be_empty: [people, peple]}}"),
            'config.yaml:7:77: syncs.staff.policy.may_be_empty.1: this sync has no source "peple"; did you mean "people"?',
        ),
        (FILE.replace("[people], t", "[], t"), "config.yaml:7:11: syncs.staff.sources: needs at least one"),
        (FILE.replace("target: store", "target: stroe"), 'config.yaml:7:38: syncs.staff.target: there is no target "stroe"; did you mean "store"?'),
        (
            FILE + "  more: {sources: [people], target: store}\n",
            'config.yaml:8:37: syncs.more.target: the sync "staff" writes to "store" too; give both sources to one sync, or disable one',
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_was_probably_meant(problems, text, problem):
    """One mistake, one line, and no secret in it."""
    assert problems(text) == (problem,)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("SYNCD_TARGETS__STORE__PASSWROD", "5ecret", 'targets.store.passwrod: is not known here; did you mean "password"?'),
        ("SYNCD_TARGETS__STORE", "5ecret", "targets.store: should be a mapping with a type"),
        ("SYNCD_TARGETS", "5ecret", "targets: should be a mapping of names to values"),
        ("SYNCD_TARGETS__STROE__PASSWORD", "5ecret", 'there is no target "stroe" in config.yaml; did you mean "store"?'),
        ("SYNCD_TARGET__STORE__PASSWORD", "5ecret", 'there is no setting "target"; did you mean "targets"?'),
        ("SYNCD_SYNCS__STAFF__POLICY__LEAVERS", "5ecret", "syncs.staff.policy.leavers: should be 'suspend', 'delete' or 'ignore'"),
        ("SYNCD_SOURCES__HEAD_OFFICE__TIME_ZONE", "5ecret", "sources.head-office.time_zone: is not a time zone such as Europe/Berlin"),
        ("SYNCD_SYNCS__STAFF__TARGET", "5ecret", 'syncs.staff.target: there is no target "…"; known are store'),
    ],
)  # fmt: skip
def test_a_wrong_value_of_the_environment_is_told_by_its_variable_and_never_shown(
    problems, variable, value, words
):
    """It could be a secret that was put into the wrong variable."""
    found = [problem for problem in problems(**{variable: value}) if words in problem]
    assert found == [f"environment variable {variable}: {words}"]
    assert value not in "".join(problems(**{variable: value}))


def test_what_is_wrong_with_a_part_as_a_whole_names_the_variables_that_made_it(problems):
    """The place is the part's in the file; the value is not shown here either."""
    words = "that is not a database URL: write sqlite:///FILE or postgresql://USER@HOST/DATABASE"
    assert problems(SYNCD_TARGETS__STORE__URL="5ecret") == (
        f"config.yaml:5:3: targets.store: {words} (some of it by environment variable SYNCD_TARGETS__STORE__URL)",
    )
    text = "sources: {c: {type: ldap, preset: openldap, servers: [ldap://h], bind: {dn: x}, users: {bases: [dc=x]}}}"
    assert problems(text, SYNCD_SOURCES__C__BIND__PASSWORD="5ecret") == (
        "config.yaml:1:11: sources.c: 'ldap://h' would carry the password unencrypted: use ldaps:// or start_tls: true, or say allow_cleartext: true (some of it by environment variable SYNCD_SOURCES__C__BIND__PASSWORD)",
    )


SHARED = """\
sources: {{a: {{type: yaml, paths: [x]}}}}
targets: {{t: {{type: sql, url: "{one}"}}, u: {{type: sql, url: "{other}"}}}}
syncs:
  s: {{sources: [a], target: t}}
  r: {{sources: [a], target: u{more}}}
"""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sqlite:///t.db", "sqlite:///./t.db"),
        ("sqlite:///t.db", "sqlite:///link/t.db"),
        ("postgresql://u:p@h/d", "postgres://u@h:5432/d"),
    ],
)
def test_two_targets_that_are_one_database_are_one_target(problems, tmp_path, one, other):
    """However its URL is written, two syncs of it would undo each other's work."""
    (tmp_path / "link").symlink_to(tmp_path)
    (problem,) = problems(SHARED.format(one=one, other=other, more=""))
    assert problem == (
        'config.yaml:5:29: syncs.r.target: the sync "s" writes to "t" too, which is the same '
        "database; give both sources to one sync, or disable one"
    )


@pytest.mark.parametrize(
    ("one", "other", "more"),
    [
        ("sqlite:///t.db", "sqlite:///t.db", ", enabled: false"),
        ("sqlite:///t.db", "sqlite:///u.db", ""),
        ("postgresql://u@h/d?host=/a", "postgresql://u@h/d?host=/b", ""),
    ],
)
def test_databases_that_differ_are_no_rivals(tmp_path, one, other, more):
    """Nor are those of a sync that does not run by itself."""
    path = tmp_path / "config.yaml"
    path.write_text(SHARED.format(one=one, other=other, more=more))
    assert list(load_settings(path, {}).targets) == ["t", "u"]


def test_a_wrong_credential_is_told_by_its_name_and_never_shown(problems, tmp_path):
    """The same for systemd's credentials, and for a file of them that is no text."""
    directory = tmp_path / "credentials"
    directory.mkdir()
    (directory / "sources__people__paths").write_text("5ecret")
    given = {"CREDENTIALS_DIRECTORY": str(directory)}
    assert problems(**given) == (
        "credential sources__people__paths: sources.people.paths: should be a list, such as [a, b]",
    )
    (directory / "sources__people__paths").write_bytes(b"5ecret\xff")
    assert problems(**given) == (
        "credentials: credentials cannot be read: a credential is not text, or too big",
    )
    (directory / "sources__people__paths").unlink()
    (directory / "sources__people__paths").mkdir()
    (directory / "source__people__paths").write_text("5ecret")
    assert problems(**given) == (
        'credential source__people__paths: there is no setting "source"; did you mean "sources"?',
    )


def test_mistakes_everywhere_are_told_at_once_in_the_order_of_places(problems):
    """Of parts, syncs, references and the environment together."""
    text = """\
ledgre: {}
sources: {people: {type: yaml, path: x}, corp: {type: yaml, paths: [y]}}
syncs:
  a: {sources: [crop], target: t}
  b: {sources: [people], target: t, policy: {adopt: always}}
"""
    assert problems(text, SYNCD_SYNCS__A__ENABLED="perhaps", SYNCD_SYNCS__C__ENABLED="no") == (
        'config.yaml:1:1: ledgre: is not known here; did you mean "ledger"?',
        "config.yaml:2:11: sources.people.paths: is missing",
        'config.yaml:2:32: sources.people.path: is not known here; did you mean "paths"?',
        "config.yaml:5:53: syncs.b.policy.adopt: should be 'never', 'by_email' or 'by_user_name'",
        "environment variable SYNCD_SYNCS__A__ENABLED: syncs.a.enabled: should be a valid boolean, unable to interpret input",
        'environment variable SYNCD_SYNCS__C__ENABLED: there is no sync "c" in config.yaml; known are a, b',
    )


def test_a_file_that_is_not_there_is_told(tmp_path):
    """With the path that was tried."""
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path / "config.yaml", {})
    assert caught.value.problems == (
        f"{tmp_path}/config.yaml: cannot be read: No such file or directory",
    )
