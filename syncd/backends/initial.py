"""Initial passwords: random, told to the target and to nobody else, unless a command takes them on.

They are in no log, plan or journal, and are forgotten once the account is made.
"""

import json
import logging
import secrets
import string
import subprocess
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from syncd.core.model import Ref, User

_LENGTH = 24
_KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_.!")
"""One of each is in every password: products may ask for that. None is hard to tell or to quote."""

_PATIENCE = 60.0
"""Seconds that the command may take."""

_LOG = logging.getLogger(__name__)


class InitialPasswordConfig(BaseModel):
    """What becomes of the password that a new account is made with."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    hand_over: tuple[str, ...] = Field(
        default=(),
        description="Command that is told of each new account, as JSON on its standard input: "
        "target, ref, user_name, email, display_name and password",
    )


class InitialPassword:
    """For one target. Any number of threads."""

    def __init__(self, target: str, config: InitialPasswordConfig, base: Path) -> None:
        self._target, self._command, self._base = target, config.hand_over, base

    def new(self) -> str:
        """Of 24 characters: more than 140 bits that nobody can guess."""
        chosen = [secrets.choice(kind) for kind in _KINDS]
        every = "".join(_KINDS)
        chosen += [secrets.choice(every) for _ in range(_LENGTH - len(chosen))]
        secrets.SystemRandom().shuffle(chosen)
        return "".join(chosen)

    def hand_over(self, ref: Ref, user: User, password: str) -> None:
        """Tells the command, if there is one, once the account is there.

        The account stays, whatever becomes of the command: a failure is logged, without the
        password, and somebody has to set another.
        """
        if not self._command:
            return
        told = {
            "target": self._target,
            "ref": ref,
            "user_name": user.user_name,
            "email": user.email,
            "display_name": user.display_name,
            "password": password,
        }
        why = self._run(json.dumps(told).encode())
        if why:
            _LOG.warning(
                "target %s: the initial password of %s was not handed over: %s %s; "
                "set another in the target",
                self._target,
                user.user_name,
                self._command[0],
                why,
            )

    def _run(self, told: bytes) -> str:
        """What went wrong. What the command says is not repeated: it may quote what it was told."""
        try:
            done = subprocess.run(  # noqa: S603  the operator's own command, by no shell
                self._command,
                input=told,
                cwd=self._base,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"took more than {_PATIENCE:.0f} seconds"
        except OSError as error:
            return f"cannot be run: {error.strerror}"
        return f"ended with {done.returncode}" if done.returncode else ""
