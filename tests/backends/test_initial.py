"""Initial passwords: strong, handed over to a command and to nobody else."""

import json
import logging
import sys

from syncd.backends.http import Dialect, ServerConfig, Session
from syncd.backends.initial import InitialPassword, InitialPasswordConfig
from syncd.core.model import Ref, User

ADA = User(user_name="ada", email="ada@example.org")
KEEP = "import sys; open('told', 'w').write(sys.stdin.read())"


def passwords(tmp_path, *command):
    return InitialPassword("wiki", InitialPasswordConfig(hand_over=command), tmp_path)


def test_each_password_is_another_and_has_all_kinds_of_characters(tmp_path):
    """Whatever rule a product has, it is met; nobody guesses the next one."""
    some = [passwords(tmp_path).new() for _ in range(200)]
    assert len(set(some)) == 200
    assert {len(one) for one in some} == {24}
    for one in some:
        assert any(c.islower() for c in one)
        assert any(c.isupper() for c in one)
        assert any(c.isdigit() for c in one)
        assert any(not c.isalnum() for c in one)


def test_the_command_is_told_on_its_standard_input(tmp_path):
    """Neither arguments nor environment, which others can read."""
    passwords(tmp_path, sys.executable, "-c", KEEP).hand_over(Ref("7"), ADA, "Tr0ub4dor")
    assert json.loads((tmp_path / "told").read_text()) == {
        "target": "wiki",
        "ref": "7",
        "user_name": "ada",
        "email": "ada@example.org",
        "display_name": None,
        "password": "Tr0ub4dor",
    }


def test_a_command_that_fails_is_told_of_and_the_password_is_not(tmp_path, caplog):
    """The account is there: somebody has to set another password."""
    caplog.set_level(logging.WARNING)
    loud = "import sys; said = sys.stdin.read(); print(said, file=sys.stderr); sys.exit(3)"
    passwords(tmp_path, sys.executable, "-c", loud).hand_over(Ref("7"), ADA, "Tr0ub4dor")
    passwords(tmp_path, "/nowhere/at-all").hand_over(Ref("7"), ADA, "Tr0ub4dor")
    told = [record.getMessage() for record in caplog.records]
    assert "the initial password of ada was not handed over" in told[0]
    assert "ended with 3" in told[0]
    assert "cannot be run: No such file or directory" in told[1]
    assert "Tr0ub4dor" not in "".join(told)


def test_a_new_password_is_in_no_message_and_is_not_remembered_for_ever():
    """Of a million accounts that are made, the last ones' are known."""
    session = Session("wiki", ServerConfig(url="http://127.0.0.1:9"), Dialect(width=1))
    for number in range(1005):
        session.learn_briefly(f"password-{number:04}-!")
    told = session._redact("password-0004-! password-0005-! password-1004-!")
    assert told == "password-0004-! *** ***"


def test_without_a_command_nobody_is_told(tmp_path):
    """The person asks the product for another, or logs in by something else."""
    passwords(tmp_path).hand_over(Ref("7"), ADA, "Tr0ub4dor")
    assert list(tmp_path.iterdir()) == []
