"""What docs/ldap.md shows is what works."""

import re
from pathlib import Path

import pytest
import yaml

from syncd.config import load_settings
from tests.scenario.world import Command
from tests.servers.samba import Samba
from tests.servers.slapd import Slapd

PAGE = Path(__file__).parents[2] / "docs/ldap.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_example_is_a_configuration(number: int, tmp_path: Path) -> None:
    """As it stands on the page, to the last name."""
    file = tmp_path / "syncd.yaml"
    file.write_text(BLOCKS[number], "utf-8")
    assert load_settings(file, {}).sources["corp"].type == "ldap"


def test_the_openldap_example_reads_a_real_server(slapd: Slapd, tmp_path: Path) -> None:
    """With another host, base and password, and nothing else changed."""
    slapd.add_group("staff", [slapd.add_user("ada"), slapd.add_user("zoe")])
    (tmp_path / "password").write_text(slapd.password)
    shown = BLOCKS[0].replace("dc=example,dc=org", slapd.base)
    shown = shown.replace("ldaps://ldap.example.org", slapd.ldaps_url)
    _reads_two_users(shown, tmp_path, slapd.ca_file)


def test_the_active_directory_example_reads_a_real_server(samba_ad: Samba, tmp_path: Path) -> None:
    """With other hosts, bases, account and password, and nothing else changed."""
    samba_ad.add_group("staff", [samba_ad.add_user("ada"), samba_ad.add_user("zoe")])
    (tmp_path / "password").write_text(samba_ad.password)
    shown = BLOCKS[1].replace("OU=Staff,DC=example,DC=org", samba_ad.people)
    shown = shown.replace("OU=Groups,DC=example,DC=org", samba_ad.people)
    shown = shown.replace("ldaps://dc1.example.org, ldaps://dc2.example.org", samba_ad.ldaps_url)
    shown = shown.replace("syncd@example.org", "administrator@ad.test")
    _reads_two_users(shown, tmp_path, samba_ad.ca_file)


def _reads_two_users(shown: str, folder: Path, ca_file: Path) -> None:
    shown = shown.replace("/etc/syncd/corp.password", "password")
    shown = shown.replace("/etc/syncd/domain-ca.pem", str(ca_file))
    whole = yaml.safe_load(shown)
    whole["sources"]["corp"]["ca_file"] = str(ca_file)
    whole["targets"] = {"store": {"type": "sql", "url": "sqlite:///store.db"}}
    whole["syncs"] = {"main": {"sources": ["corp"], "target": "store"}}
    file = folder / "syncd.yaml"
    file.write_text(yaml.safe_dump(whole), "utf-8")
    plan = Command(file).plan(code=10)
    assert plan["summary"] == {"group.create": 1, "member.add": 2, "user.create": 2}
    assert {one["name"] for one in plan["changes"] if one["kind"] == "user"} == {"ada", "zoe"}
