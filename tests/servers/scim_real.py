"""Real SCIM servers, each in an environment of its own below `.servers` (see the Makefile), on loopback.

What each was seen to do differently from RFC 7643 and RFC 7644 stands with its class; what follows
for a backend stands in docs/backends/scim.md.
"""

import json
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from typing import ClassVar

from tests.servers.ports import free_port, wait_until_listening

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".servers"
TOKEN = "made-up-token-of-tests"
_PROGRAMS = Path(__file__).parent / "scim_programs"


class RealServer:
    """A running server: `url` is the base of SCIM, `token` a bearer token that may do everything."""

    environment: ClassVar[str]
    path: ClassVar[str] = "/scim/v2"
    token = TOKEN

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="syncd-scim-")
        place = Path(self._folder.name)
        with (place / "log").open("wb") as log:
            command = self.command(ENVIRONMENTS / self.environment, place)
            command = ["setpriv", "--pdeathsig=KILL", *map(str, command)]
            self._process = subprocess.Popen(command, cwd=self.cwd(place), stdout=log, stderr=log)
        try:
            wait_until_listening("127.0.0.1", self.port, self._process, 60)
        except RuntimeError as error:
            raise RuntimeError(f"{error}: {(place / 'log').read_text()[-2000:]}") from error

    @classmethod
    def installed(cls) -> bool:
        return (ENVIRONMENTS / cls.environment / "installed").exists()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def command(self, environment: Path, place: Path) -> list[object]:
        raise NotImplementedError

    def cwd(self, place: Path) -> Path:
        return place

    def reset(self) -> None:
        """Nobody is left."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/reset", method="POST")
        urllib.request.urlopen(request, timeout=60).close()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._folder.cleanup()


class Scim2Server(RealServer):
    """scim2-server, in memory: a new tenant for each test.

    PATCH answers 204 without a body; versions; a user who is gone stays in their groups, and
    anybody who is nobody can be added; no /Me.
    """

    environment = "scim2-server"
    service: ClassVar[dict[str, object] | None] = None

    def __init__(self) -> None:
        self._tenant = 0
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/t{self._tenant}/v2"

    def command(self, environment: Path, place: Path) -> list[object]:
        command: list[object] = [environment / "bin/scim2-server", "--port", self.port]
        command += ["--bearer-token", self.token, "--dynamic-tenants"]
        if self.service is not None:
            file = place / "service.json"
            file.write_text(json.dumps(self.service))
            command += ["--service-provider-config", file]
        return command

    def reset(self) -> None:
        self._tenant += 1


class CursorServer(Scim2Server):
    """scim2-server that pages by cursor only, 7 things a page, and knows no versions."""

    service: ClassVar[dict[str, object]] = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": 100},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": False},
        "pagination": {
            "cursor": True,
            "index": False,
            "defaultPaginationMethod": "cursor",
            "defaultPageSize": 7,
            "maxPageSize": 100,
            "cursorTimeout": 3600,
        },
        "authenticationSchemes": [],
    }


class Scimmy(RealServer):
    """scimmy with its Express routers: 20 things a page unless told, and who is added twice is twice
    in the group. With Express 5, startIndex and count have no effect."""

    environment = "scimmy"

    def command(self, environment: Path, place: Path) -> list[object]:  # noqa: ARG002  not needed
        return ["node", _PROGRAMS / "scimmy_server.mjs", self.port, self.token]

    def cwd(self, place: Path) -> Path:  # noqa: ARG002  not needed
        return ENVIRONMENTS / self.environment


class Scimmy5(Scimmy):
    """The same with Express 5: every page is the first."""

    environment = "scimmy-express-5"


class DjangoScim2(RealServer):
    """django-scim2 with its own adapters: it keeps user name, names, one e-mail and active, whatever
    its schema says; PATCH sets some of these and removes nothing, and removes members only by a list
    of values; user names are compared with case, though the schema says otherwise."""

    environment = "django-scim2"

    def command(self, environment: Path, place: Path) -> list[object]:
        program = _PROGRAMS / "django_server.py"
        return [environment / "bin/python", program, self.port, self.token, place / "people.db"]


class Canaille(RealServer):
    """canaille on SQLite: no externalId, user names that never change, a whole name that is
    required, a count that is a 500, a taken name that is a 500, filters that have no effect; a group
    has members from the first on, and calls them by user name."""

    environment = "canaille"

    def command(self, environment: Path, place: Path) -> list[object]:
        program = _PROGRAMS / "canaille_server.py"
        return [environment / "bin/python", program, self.port, self.token, place / "people.db"]
