"""Creates over HTTP, journal and all, beside what wrk reaches with the same calls.

    python -m tests.benchmarks.http_apply

The server takes 5 ms for each, and 16 are under way at once. In turn, three times; medians.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

import msgspec

from syncd.core.model import Key, Kind, Op, Value, user_of
from syncd.core.plan import Change, Plan
from syncd.executor import Journal, execute
from syncd.ledger import open_ledger
from tests.benchmarks import people
from tests.benchmarks.json_store import CONCURRENCY, PATH, JsonStore, body_of
from tests.benchmarks.slow_server import slow_server
from tests.benchmarks.telling import tell

_ROUNDS = 3
_CREATES = 8_000
_SECONDS = 3
_SYNC = "main"

_SCRIPT = """
wrk.method = "POST"
wrk.body = [==[{}]==]
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer made-up-token"
"""


def creates(count: int) -> list[Change]:
    return [_create(number) for number in range(count)]


def _create(number: int) -> Change:
    person = people.person(number)
    fields: dict[str, Value] = {
        "user_name": person["uid"],
        "email": person["mail"],
        "given_name": person["givenName"],
        "family_name": person["sn"],
        "display_name": person["displayName"],
        "title": person["title"],
        "phone": person["telephoneNumber"],
        "locale": person["preferredLanguage"],
        "active": True,
    }
    key = Key(f"directory:{people.key(number)}")
    return Change(Op.CREATE, Kind.USER, key, person["uid"], after=fields)


def applied(url: str, folder: Path, changes: list[Change]) -> tuple[float, float]:
    """Changes a second, and calls a change, with a new ledger in a file."""
    plan = Plan(sync=_SYNC, target="store", created=datetime.now(UTC), config="", changes=changes)
    with (
        tempfile.TemporaryDirectory(dir=folder) as here,
        closing(open_ledger(f"sqlite:///{here}/ledger.db", write=True)) as ledger,
        closing(JsonStore(url)) as store,
        ledger.lock(_SYNC),
    ):
        run = ledger.begin_run(_SYNC, plan, datetime.now(UTC))
        journal = Journal(ledger, run, lambda: datetime.now(UTC))
        began = perf_counter()
        execution = execute(plan, store, journal, lambda: False, lambda *_: None)
        seconds = perf_counter() - began
        linked = ledger.register.count_links(_SYNC, Kind.USER)
        if execution.stopped or linked != len(changes):
            raise SystemExit(f"only {linked} of {len(changes)} were made: {execution.stopped}")
        return len(changes) / seconds, store.session.calls / len(changes)


def by_wrk(url: str, folder: Path, change: Change, seconds: float = _SECONDS) -> float:
    """Calls a second; all of the same user."""
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("wrk is not installed")
    body = msgspec.json.encode(body_of(change.key, user_of(change.after)))
    script = folder / "post.lua"
    script.write_text(_SCRIPT.format(body.decode()))
    width = ["-t1", f"-c{CONCURRENCY}", f"-d{seconds}s"]
    command = [program, *width, "-s", str(script), url + PATH]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise SystemExit(f"wrk had no good answers: {told}")
    found = re.search(r"Requests/sec:\s*([\d.]+)", told)
    if found is None:
        raise SystemExit(f"wrk told no rate: {told}")
    return float(found[1])


def main() -> int:
    changes = creates(_CREATES)
    ours, theirs, calls = [], [], []
    with tempfile.TemporaryDirectory() as folder, slow_server() as port:
        url, here = f"http://127.0.0.1:{port}", Path(folder)
        applied(url, here, changes[: _CREATES // 8])  # once unmeasured: all is imported
        for _ in range(_ROUNDS):
            theirs.append(by_wrk(url, here, changes[0]))
            rate, each = applied(url, here, changes)
            ours.append(rate)
            calls.append(each)
    tell("http apply", median(ours), "changes/s")
    tell("wrk", median(theirs), "calls/s")
    tell("http apply, of wrk", 100 * median(ours) / median(theirs), "%")
    tell("calls per change", median(calls), "calls")
    return 0


if __name__ == "__main__":
    sys.exit(main())
