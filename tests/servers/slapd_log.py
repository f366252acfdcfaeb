"""A real OpenLDAP server that is asked for changes: with a log of them, with another one, or none.

`accesslog` keeps what was deleted in a database, which outlives the server; `session` keeps it in
memory; `present` knows only who is there; `none` knows nothing of RFC 4533.
"""

import time
from pathlib import Path
from typing import Literal

import ldap3
import trustme

from tests.servers.slapd import Slapd

Log = Literal["accesslog", "session", "present", "none"]

_EXPIRY = """
attributetype ( 1.3.6.1.4.1.4203.666.1.9001 NAME 'leavesAt' SINGLE-VALUE
  EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 )
objectclass ( 1.3.6.1.4.1.4203.666.1.9002 NAME 'leaver' SUP top AUXILIARY MAY leavesAt )
"""
_MODULES = "moduleload syncprov\nmoduleload accesslog\nmoduleload refint\n"
_LOG_DATABASE = """
database mdb
suffix cn=accesslog
directory {directory}/changes
maxsize 268435456
index entryCSN,objectClass,reqEnd,reqResult,reqStart,reqDN eq
overlay syncprov
syncprov-nopresent TRUE
syncprov-reloadhint TRUE
"""
_INDEXES = "index objectClass,entryCSN,entryUUID,modifyTimestamp,uid,member,memberUid eq\n"
_OVERLAYS: dict[Log, str] = {
    "accesslog": """
overlay syncprov
syncprov-sessionlog-source cn=accesslog
overlay accesslog
logdb cn=accesslog
logops writes
logsuccess TRUE
""",
    "session": "overlay syncprov\nsyncprov-sessionlog 1000\n",
    "present": "overlay syncprov\n",
    "none": "",
}
_NARROW = """
access to dn.base="" by * read
access to dn.subtree="cn=accesslog" by * read
access to dn.subtree="ou=people,{base}" attrs=createTimestamp,hasSubordinates
  by dn.exact="cn=unpaged,{base}" none by * read
access to dn.subtree="ou=people,{base}" attrs=entryCSN
  by dn.exact="cn=few,{base}" none by * read
access to dn.subtree="ou=people,{base}" by * read
access to dn.subtree="ou=groups,{base}" by * read
access to * by dn.exact="cn=unpaged,{base}" none by * read
"""
"""The account `unpaged` sees the log and two branches only, and not all in them."""

_REFINT = "overlay refint\nrefint_attributes member uniqueMember\n"


class LoggingSlapd(Slapd):
    """`refers` is whether it keeps groups true to the names of who is in them."""

    def __init__(
        self, directory: Path, authority: trustme.CA, log: Log, *, refers: bool = False
    ) -> None:
        self._log: Log = log
        self._refers = refers
        super().__init__(directory, authority)

    def move(self, dn: str, relative_name: str, above: str) -> str:
        """Returns the new DN."""
        self._admin.modify_dn(dn, relative_name, new_superior=above)
        return f"{relative_name},{above}"

    def await_value(self, dn: str, attribute: str, value: str) -> None:
        """What the server corrects by itself it does a moment later."""
        end = time.monotonic() + 10
        while value.encode() not in self.values(dn, attribute):
            assert time.monotonic() < end, f"{attribute} of {dn} is {self.values(dn, attribute)}"

    def values(self, dn: str, attribute: str) -> list[bytes]:
        self._admin.search(dn, "(objectClass=*)", ldap3.BASE, attributes=[attribute])
        return self._admin.response[0]["raw_attributes"][attribute]

    def wait_a_second(self) -> None:
        """Until times that it writes are other ones."""
        time.sleep(1.1)

    def restart(self) -> None:
        """What is only in memory is lost."""
        self._admin.unbind()
        self._process.terminate()
        self._process.wait(10)
        self._process = self._start()
        self._admin.bind(read_server_info=False)

    def _write_files(self, authority: trustme.CA) -> None:
        super()._write_files(authority)
        path = self._directory / "slapd.conf"
        before, after = path.read_text().split("database mdb\n", 1)
        if self._log == "accesslog":
            (self._directory / "changes").mkdir()
            before += _LOG_DATABASE.format(directory=self._directory)
        before = before.replace("moduleload back_mdb\n", f"moduleload back_mdb\n{_MODULES}")
        before = before.replace("access to * by * read\n", _NARROW.format(base=self.base))
        before = before.replace("pidfile ", f"{_EXPIRY}pidfile ")
        overlays = _INDEXES + _OVERLAYS[self._log] + (_REFINT if self._refers else "")
        head, tail = after.split("overlay memberof\n", 1)
        path.write_text(f"{before}database mdb\n{head}{overlays}overlay memberof\n{tail}")
