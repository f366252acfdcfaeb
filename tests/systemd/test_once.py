"""The oneshot under a real systemd: `systemctl start` is one run, under full hardening."""

import pytest

from tests.servers.slapd import STAFF, Slapd
from tests.systemd.service import SECRET, STATE, Service

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("machine")]
UNIT = "syncd-once.service"


def test_a_run_makes_the_store_true_and_ends(service: Service, staffed: Slapd):
    """People of a real directory are in the store, the unit is done, and its state is its own."""
    service.configure(staffed)

    service.machine.run("systemctl", "start", UNIT)

    told = service.machine.properties(
        UNIT, "ActiveState", "Result", "ExecMainStatus", "DynamicUser"
    )
    assert told == {
        "ActiveState": "inactive",
        "Result": "success",
        "ExecMainStatus": "0",
        "DynamicUser": "yes",
    }
    assert service.users() == dict.fromkeys(STAFF, True)
    state = service.machine.file(STATE).stat()
    assert (state.st_mode & 0o777, state.st_uid >= 61184) == (0o700, True)
    owners = {file.stat().st_uid for file in service.machine.file(STATE).iterdir()}
    assert owners == {state.st_uid}
    assert not service.machine.file(f"/run/credentials/{UNIT}").exists()


def test_a_secret_that_is_not_there_ends_the_run_with_words(service: Service, staffed: Slapd):
    """Without its credential the bind is not even tried, and the unit has code 2, for the configuration."""
    service.configure(staffed)
    service.machine.file(f"/etc/credstore/syncd.{SECRET}").unlink()

    service.machine.run("systemctl", "start", UNIT, check=False)

    told = service.machine.properties(UNIT, "Result", "ExecMainStatus")
    assert told == {"Result": "exit-code", "ExecMainStatus": "2"}
    words = [line["MESSAGE"] for line in service.machine.journal(UNIT)]
    assert any("password" in each for each in words)


def test_the_timer_starts_a_run(service: Service, staffed: Slapd):
    """What the timer is for happens without anybody."""
    service.configure(staffed)
    timer = ["[Timer]", "OnCalendar=", "OnActiveSec=0", "RandomizedDelaySec=0", "AccuracySec=1ms"]
    service.machine.write(
        "/etc/systemd/system/syncd-once.timer.d/test.conf", "\n".join((*timer, ""))
    )
    service.machine.run("systemctl", "daemon-reload")

    service.machine.run("systemctl", "start", "syncd-once.timer")
    service.machine.wait(UNIT, ActiveState="inactive", Result="success", ExecMainCode="1")

    assert service.users() == dict.fromkeys(STAFF, True)


def test_a_verb_by_hand_has_the_service_s_user_state_and_secrets(service: Service, staffed: Slapd):
    """`syncd plan` of an administrator reads the directory and the ledger that the service keeps."""
    service.configure(staffed)
    service.machine.run("systemctl", "start", UNIT)

    planned = service.machine.run("syncd", "plan")
    history = service.machine.run("syncd", "history")

    assert "Nothing to change" in planned
    assert "wiki" in history
    owners = {file.stat().st_uid for file in service.machine.file(STATE).iterdir()}
    assert owners == {service.machine.file(STATE).stat().st_uid}


def test_a_secret_may_be_encrypted_with_the_machine_s_own_key(service: Service, staffed: Slapd):
    """A drop-in says so, for a run of the unit and for a verb by hand."""
    service.configure(staffed)
    plain = service.machine.file(f"/etc/credstore/syncd.{SECRET}")
    sealed = f"/etc/credstore.encrypted/{SECRET}"
    service.machine.file("/etc/credstore.encrypted").mkdir()
    encrypt = ["systemd-creds", "encrypt", f"--name={SECRET}", "-", sealed]
    service.machine.run(*encrypt, given=plain.read_text())
    plain.unlink()
    for unit in (UNIT, "syncd.service"):
        service.drop_in(unit, f"LoadCredentialEncrypted={SECRET}:{sealed}")

    service.machine.run("systemctl", "start", UNIT)
    planned = service.machine.run("syncd", "plan")

    assert service.users() == dict.fromkeys(STAFF, True)
    assert "Nothing to change" in planned
    assert staffed.password not in service.machine.file(sealed).read_text()
