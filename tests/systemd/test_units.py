"""What the units promise, as far as it can be seen without a systemd that runs."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.servers.fixtures_ldap import require
from tests.systemd.service import ROOT, UNITS

SERVICES = sorted(UNITS.glob("*.service"))
NEWER = {"RestartSteps", "RestartMaxDelaySec"}
"""What systemd before 254 says that it does not know, and goes on without."""
_VARIABLE = re.compile(r"better as SYNCD_([A-Z0-9_]+)")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_is_exposed_as_little_as_one_with_a_network_can_be(unit: Path):
    """1.1 at most, by systemd's own reckoning."""
    require("systemd-analyze", "systemd")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=11", str(unit)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_systemd_understands_every_line(tmp_path: Path):
    """The program apart, which is not installed here."""
    require("systemd-analyze", "systemd")
    for unit in UNITS.iterdir():
        text = unit.read_text().replace("/opt/syncd/bin/syncd", "/bin/sh")
        (tmp_path / unit.name).write_text(text)
    units = [str(tmp_path / unit.name) for unit in UNITS.iterdir() if unit.suffix != ".sh"]
    command = ["systemd-analyze", "verify", "--man=no", *units]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in ended.stderr.splitlines() if str(tmp_path) in line]
    unknown = re.compile(r"Unknown key( name)? '(\w+)'")
    told = [line for line in ours if not (key := unknown.search(line)) or key[2] not in NEWER]
    assert (ended.returncode, told) == (0, [])


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_takes_every_secret_of_the_example_as_a_credential(unit: Path):
    """By the setting's name, from a file of that name, which need not be there."""
    variables = _VARIABLE.findall((ROOT / "config.example.yaml").read_text())
    expected = {(name.lower(), f"syncd.{name.lower()}") for name in variables}

    lines = re.findall(r"^LoadCredential=(\w+):(.*)", unit.read_text(), re.MULTILINE)

    assert len(lines) == len(expected)
    assert set(lines) == expected


def test_both_services_are_shut_in_alike():
    """The daemon's walls and names are the oneshot's."""
    own = ("Type", "NotifyAccess", "ExecStart", "ExecReload", "Runtime", "Timeout", "Watchdog")
    own += ("Restart", "Description", "Conflicts", "StartLimit", "WantedBy")
    alike = [
        [
            line
            for line in unit.read_text().splitlines()
            if "=" in line and not line.startswith(("#", *own))
        ]
        for unit in SERVICES
    ]

    assert alike[0] == alike[1]
