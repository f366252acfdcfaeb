"""The contract, held by every source that is built in."""

import json
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from syncd.sources.ldap import LdapConfig, LdapSource
from syncd.sources.yaml import YamlConfig, YamlSource
from syncd.testing import SourceContract


class TestYaml(SourceContract):
    @pytest.fixture
    def source(self, tmp_path):
        (tmp_path / "people.yaml").write_text("users: []\n")
        return YamlSource("people", YamlConfig(type="yaml", paths=("people.yaml",)), tmp_path)

    @pytest.fixture(autouse=True)
    def place(self, tmp_path):
        self.path = tmp_path / "people.yaml"

    def hold(self, _source, people, groups):
        users = [{"id": name, "user_name": name, "email": email} for name, email in people.items()]
        held = [
            {"id": name, "display_name": name, "members": [*some]} for name, some in groups.items()
        ]
        self.path.write_text(json.dumps({"users": users, "groups": held}))  # JSON is YAML too

    def dead(self, _source):
        return YamlSource("people", YamlConfig(type="yaml", paths=("none.yaml",)), self.path.parent)

    @contextmanager
    def half_read(self, source):
        text = self.path.read_text()
        self.path.write_text(text[: len(text) // 2])
        yield source
        self.path.write_text(text)


class TestLdap(SourceContract):
    many = 150  # three pages
    secrets = ("not the password",)
    reader = "wire"
    groups = MappingProxyType({"Engineers": ("ada", "kim"), "Böard": ("zoë",)})
    """A groupOfNames has a member at least (RFC 4519, section 3.5)."""

    @pytest.fixture(autouse=True)
    def server(self, slapd):
        self.slapd = slapd
        self.held = {}

    def opened(self, **settings):
        config = self.slapd.config(page_size=50, reader=self.reader, **settings)
        return LdapSource("corp", LdapConfig.model_validate(config), Path())

    @pytest.fixture
    def source(self):
        source = self.opened()
        yield source
        source.close()

    def hold(self, _source, people, groups):
        for name in self.held.get("groups", ()):
            self.slapd.delete(f"cn={name},{self.slapd.groups}")
        before = self.held.get("people", {})
        for name in before.keys() - people.keys():
            self.slapd.delete(f"uid={name},{self.slapd.people}")
        for name, email in people.items():
            if name not in before:
                self.slapd.add_user(name, mail=email)
            elif before[name] != email:
                self.slapd.modify(f"uid={name},{self.slapd.people}", {"mail": email})
        for name, members in groups.items():
            self.slapd.add_group(name, [f"uid={one},{self.slapd.people}" for one in members])
        self.held = {"people": dict(people), "groups": list(groups)}

    def denied(self, _source):
        bind = {**self.slapd.config()["bind"], "password": "not the password"}
        return self.opened(bind=bind)

    def dead(self, _source):
        return self.opened(servers=["ldap://127.0.0.1:9"])

    @contextmanager
    def half_read(self, source):
        few = {"dn": f"cn=few,{self.slapd.base}", "password": self.slapd.password}
        source = self.opened(bind=few)
        yield source
        source.close()


class TestLdapByLdap3(TestLdap):
    reader = "ldap3"
