"""Environment over systemd credentials over the file, and what runs is made of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from syncd.config import environment, load_settings
from syncd.config.assemble import assemble, chosen, ledger
from syncd.config.digests import digest
from syncd.config.naming import TOP
from syncd.config.settings import Settings
from syncd.core.mapping import GroupMapping, Scope, UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Kind, Op
from syncd.core.policy import (
    DEFAULT_BUDGETS,
    EACH,
    RENAME,
    Adopt,
    Budget,
    Leavers,
    Policy,
    Protect,
    VanishedGroups,
)
from syncd.errors import ConfigError

FILE = """
sources:
  people: {type: yaml, paths: [people]}
  head-office: {type: yaml, paths: [head], time_zone: Europe/Berlin}
targets:
  store: {type: sql, url: "postgresql://syncd:inurl@db.example.org/users", password: infile}
  other: {type: memory}
syncs:
  staff: {sources: [people, head-office], target: store}
"""


@pytest.fixture
def configured(tmp_path):
    """Settings of this text, environment and credentials."""

    def load(
        text: str = FILE, credentials: dict[str, str] | None = None, **environ: str
    ) -> Settings:
        path = tmp_path / "config.yaml"
        path.write_text(text)
        if credentials is not None:
            directory = tmp_path / "credentials"
            directory.mkdir(exist_ok=True)
            for name, value in credentials.items():
                (directory / name).write_text(value)
            environ["CREDENTIALS_DIRECTORY"] = str(directory)
        return load_settings(path, environ)

    return load


def password(settings: Settings) -> str:
    return settings.targets["store"].config.password.get_secret_value()


def test_the_environment_wins_over_credentials_and_they_over_the_file(configured):
    """One value at a time; the rest of the part stays as it stands in the file."""
    credential = {"targets__store__password": "incredential\n"}
    assert password(configured()) == "infile"
    assert password(configured(credentials=credential)) == "incredential"
    settings = configured(credentials=credential, SYNCD_TARGETS__STORE__PASSWORD="inenvironment")
    assert password(settings) == "inenvironment"
    assert settings.targets["store"].config.url == "postgresql://syncd@db.example.org/users"


@pytest.mark.parametrize("secret", ["0123", "true", "null", '{"a": 1}', "[1]", " x ", "ü:/@%"])
def test_a_secret_stays_the_text_that_it_is(configured, secret):
    """What looks like a number, JSON or padding is none of ours to read."""
    assert password(configured(SYNCD_TARGETS__STORE__PASSWORD=secret)) == secret
    assert password(configured(credentials={"targets__store__password": secret + "\n"})) == secret


def test_names_reach_the_environment_without_case_and_with_underscores(configured):
    """Shells and systemd cannot write a dash in a variable's name."""
    settings = configured(SYNCD_SOURCES__HEAD_OFFICE__TIME_ZONE="Asia/Tokyo")
    assert settings.sources["head-office"].config.time_zone == "Asia/Tokyo"


def test_variables_of_others_are_left_alone(configured):
    """Kubernetes names a service's address so, and the command line has variables too."""
    environ = {
        "SYNCD_PORT": "tcp://10.0.0.1:80",
        "SYNCD_SERVICE_HOST": "10.0.0.1",
        "SYNCD_CONFIG": "x",
    }
    assert configured(**environ) == configured()


def test_credentials_of_others_are_left_alone(configured, tmp_path):
    """A keytab or a certificate of the same unit is no setting, and need not be text."""
    settings = configured(credentials={"targets__store__password": "a"})
    (tmp_path / "credentials" / "host.keytab").write_bytes(b"\xff\xfe")
    assert configured(credentials={}) == settings


def test_the_daemon_s_secrets_need_not_stand_in_the_file_either(configured):
    """Its tokens, and where messages go: a URL a line."""
    urls = ["mailtos://user:word@example.org", "json://example.org/hook"]
    given = configured(
        credentials={"status__token": "shows-people-0123", "notify__to": "\n".join(urls) + "\n"},
        SYNCD_STATUS__ACTION_TOKEN="may-act-012345678",
        SYNCD_LOG__LEVEL="debug",
        SYNCD_DAEMON__PARALLEL="3",
    )

    secrets = (given.status.token, given.status.action_token, *given.notify.to)
    assert [secret.get_secret_value() for secret in secrets] == [
        "shows-people-0123",
        "may-act-012345678",
        *urls,
    ]
    assert (given.log.level, given.daemon.parallel) == ("debug", 3)


def test_each_setting_has_a_name_in_the_environment_that_reaches_it(configured, tmp_path):
    """The audit's key among them: one that is given and not heard of would sign nothing."""
    given = configured(
        credentials={"audit__private_key": "a key in PEM\n"},
        SYNCD_AUDIT__ENABLED="false",
        SYNCD_AUDIT__KEEP="400d",
        SYNCD_EVIDENCE__KEEP="30d",
        SYNCD_APPROVALS="approvals",
    )
    assert given.audit.private_key.get_secret_value() == "a key in PEM"
    assert (given.audit.enabled, given.audit.keep) == (False, timedelta(days=400))
    assert given.evidence.keep == timedelta(days=30)
    assert given.approvals == tmp_path / "approvals"
    assert set(TOP) == environment._Top.model_fields.keys()


def test_the_state_directory_is_systemds_unless_told_otherwise(configured, tmp_path):
    """The file wins over systemd's, our own variable over both; relative to the file."""
    told = FILE + "state_directory: state\n"
    assert configured().state_directory == tmp_path / ".syncd"
    assert configured(STATE_DIRECTORY="/var/lib/syncd:/x").state_directory == Path("/var/lib/syncd")
    assert configured(told, STATE_DIRECTORY="/var/lib/syncd").state_directory == tmp_path / "state"
    assert configured(told, SYNCD_STATE_DIRECTORY="/s").state_directory == Path("/s")


def test_no_form_of_the_settings_shows_a_secret(configured):
    """Neither repr, nor dumps, and a password in a URL is a secret as well."""
    settings = configured(
        FILE + "ledger: {url: 'postgresql://a:inledger@h/d'}\n",
        credentials={"targets__store__password": "incredential"},
    )
    assert settings.ledger.password.get_secret_value() == "inledger"
    for shown in (repr(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "inledger" not in shown
        assert "incredential" not in shown
        assert "inurl" not in shown


def test_a_sync_without_more_has_the_safe_defaults(configured):
    """Suspend, never delete; budgets that stop an emptied source; nothing adopted."""
    sync = assemble(configured(), "staff")
    sync.close()
    assert (sync.name, sync.target, list(sync.sources)) == (
        "staff",
        "store",
        ["people", "head-office"],
    )
    assert sync.merge == Precedence()
    assert sync.users == UserMapping()
    assert sync.groups == GroupMapping()
    assert sync.policy == Policy()
    assert dict(sync.policy.budgets) == dict(DEFAULT_BUDGETS)


def test_the_budgets_of_each_group_and_each_field_can_be_lifted(configured):
    """All at once; and a field that has its own leaves the others theirs."""
    config = """
sources: {{a: {{type: yaml, paths: [a]}}}}
targets: {{t: {{type: memory}}}}
syncs: {{s: {{sources: [a], target: t, policy: {{budget: {{{}}}}}}}}}
"""

    def narrow(words):
        sync = assemble(configured(config.format(words)), "s")
        sync.close()
        return {purse: of for purse, of in sync.policy.budgets.items() if len(purse) > 2}

    each = Kind.USER, Op.UPDATE, EACH
    removals = {(Kind.MEMBER, Op.REMOVE, EACH): Budget(percent=50, minimum=5)}
    assert narrow("per_group: ~, per_attribute: ~") == {}
    assert narrow("per_attribute: {default: ~}") == removals | {each: Budget()}
    assert narrow("per_attribute: {attributes.badge: {count: 0}}") == removals | {
        each: Budget(percent=25),
        (Kind.USER, Op.UPDATE, "attributes.badge"): Budget(count=0),
    }


def test_every_word_of_a_sync_reaches_the_engine(configured):
    """Nothing that one writes is dropped between the file and the core."""
    sync = assemble(
        configured("""
sources: {a: {type: yaml, paths: [a]}, b: {type: yaml, paths: [b]}}
targets: {t: {type: memory}}
syncs:
  s:
    sources: [b, a]
    target: t
    merge: {by: employee_number, precedence: {email: [a, b], state: a}}
    users:
      take: {member_of: Staff, where: {title: [A*, B*]}, except: {title: C*}}
      always: {display_name: "{{ given_name }}", title: ~}
      on_create: {email: mail}
    groups: {take: [x*, y], skip: z, rename: "g-{{ display_name }}"}
    policy:
      leavers: delete
      grace: 2w
      restore: false
      vanished_groups: ignore
      protect: {users: root, groups: [admins]}
      adopt: by_email
      adopt_groups: true
      may_be_empty: b
      budget:
        {window: 90m, user.suspend: {count: 3}, user.delete: ~, member.add: {percent: 1.5, minimum: 7},
         user.rename: {count: 4}, user.admin: ~,
         per_group: {member.remove: {percent: 5}, member.add: {count: 9}},
         per_attribute: {default: {count: 2}, title: ~}}
"""),
        "s",
    )
    sync.close()
    budgets = {
        (Kind.USER, Op.SUSPEND): Budget(count=3),
        (Kind.MEMBER, Op.ADD): Budget(percent=1.5, minimum=7),
        (Kind.GROUP, Op.DELETE): Budget(percent=10),
        (Kind.MEMBER, Op.REMOVE): Budget(percent=20),
        (Kind.USER, RENAME): Budget(count=4),
        (Kind.GROUP, RENAME): Budget(percent=20),
        (Kind.MEMBER, Op.REMOVE, EACH): Budget(percent=5),
        (Kind.MEMBER, Op.ADD, EACH): Budget(count=9),
        (Kind.USER, Op.UPDATE, EACH): Budget(count=2),
        (Kind.USER, Op.UPDATE, "title"): Budget(),
    }
    assert list(sync.sources) == ["b", "a"]
    assert sync.merge == Precedence("employee_number", {"email": ("a", "b"), "state": ("a",)})
    assert sync.users == UserMapping(
        take=Scope(("Staff",), {"title": ("A*", "B*")}, {"title": ("C*",)}),
        always={"display_name": "{{ given_name }}", "title": None},
        on_create={"email": "mail"},
    )
    assert sync.groups == GroupMapping(("x*", "y"), ("z",), "g-{{ display_name }}")
    assert sync.policy == Policy(
        leavers=Leavers.DELETE,
        grace=timedelta(weeks=2),
        restore=False,
        vanished_groups=VanishedGroups.IGNORE,
        protect=Protect(("root",), ("admins",)),
        adopt=Adopt.BY_EMAIL,
        adopt_groups=True,
        budgets=budgets,
        window=timedelta(minutes=90),
        may_be_empty=("b",),
    )


def test_a_digest_follows_every_setting_and_no_secret(configured):
    """A saved plan is bound to it; a new password does not make a plan void."""
    first = digest(configured(), "staff")
    assert digest(configured(SYNCD_TARGETS__STORE__PASSWORD="x"), "staff") == first
    assert digest(configured(FILE.replace("inurl", "other")), "staff") == first
    assert digest(configured(FILE + "state_directory: elsewhere\n"), "staff") == first
    for old, new in [
        ("paths: [head]", "paths: [tail]"),
        ("/users", "/people"),
        ("[people, head-office]", "[head-office, people]"),
    ]:
        assert digest(configured(FILE.replace(old, new)), "staff") != first


def test_the_ledger_is_a_file_in_the_state_directory_unless_told_otherwise(configured, tmp_path):
    """Also where the directory's name has signs that a URL means something by."""
    for text, file in [
        (FILE + "state_directory: 'a b?c#d%20'\n", tmp_path / "a b?c#d%20" / "ledger.db"),
        (FILE + "ledger: {url: sqlite:///own.db}\n", tmp_path / "own.db"),
    ]:
        ledger(configured(text), write=True).close()
        assert file.is_file()


def test_disabled_syncs_run_only_when_they_are_named(configured):
    """And a name that is none is told with what was probably meant."""
    text = FILE + "  trial: {sources: people, target: other, enabled: false}\n"
    settings = configured(text)
    assert chosen(settings) == ["staff"]
    assert chosen(settings, ["trial", "trial"]) == ["trial"]
    with pytest.raises(ConfigError, match=r'^there is no sync "trail"; did you mean "trial"\?$'):
        chosen(settings, ["trail"])


def test_nothing_to_run_is_told(configured):
    """An empty file is valid, and syncs nothing."""
    with pytest.raises(
        ConfigError, match=r"^no sync is enabled; name one, or write one under `syncs`$"
    ):
        chosen(configured("# nothing yet\n"))
