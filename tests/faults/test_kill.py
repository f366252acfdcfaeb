"""A process killed at random moments loses nothing and doubles nothing (promise 7)."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.faults.installation import Installation
from tests.faults.stores import PAIRS, Stores

DEPARTMENTS = 7
BATCH_SIZE = 5
ENOUGH = int(os.environ.get("SYNCD_KILLS", "3"))
"""Kills in mid-apply. There are rounds until there were so many; thirty by `make nightly`."""
ROUNDS = 30
"""At most: some kill is to leave a change in doubt."""
READING = 0.2
"""The share of runs that may be killed before they write anything."""
PATIENCE = 1.15
"""Each run may live this much longer than the one before, so that there is an end."""


class Span(NamedTuple):
    """Seconds that an undisturbed run takes: until it shows its plan, and from there to its end."""

    reading: float
    applying: float


def undisturbed(one: Installation) -> Span:
    start = time.monotonic()
    process = one.start()
    assert process.stdout is not None
    process.stdout.readline()
    shown = time.monotonic()
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    return Span(shown - start, time.monotonic() - shown)


def killed_until_done(one: Installation, span: Span, chance: random.Random) -> list[bool]:
    """Runs it until a run ends by itself; for each killed in mid-apply, whether it left doubts."""
    applying: list[bool] = []
    longest = span.applying / 8
    for _ in range(100):
        longest *= PATIENCE
        runs = len(one.outcomes())
        process = one.start()
        if chance.random() < READING:
            moment = chance.uniform(0, span.reading + longest)
        else:
            assert process.stdout is not None
            process.stdout.readline()
            moment = chance.uniform(0, longest)
        if ended(process, moment):
            return applying
        if None in one.outcomes()[runs:]:
            applying.append(one.open_lines() > 0)
    raise AssertionError("there is no end")


def ended(process: subprocess.Popen[str], moment: float) -> bool:
    """Whether it ended before it was killed at that moment."""
    try:
        _, err = process.communicate(timeout=moment)
    except subprocess.TimeoutExpired:
        process.kill()
        _, err = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), err
    return process.returncode == 0


def assert_settled(one: Installation) -> None:
    """One more run finds nothing to do, and every line of the journal has its outcome."""
    code, out, err = one.run()
    assert (code, err) == (0, "")
    assert "Nothing to change" in out
    assert {outcome for _, outcome in one.journal()} <= {"done", "moot"}


def assert_same(cut: Installation, expected: dict[str, Any], broken_off: int) -> None:
    assert_settled(cut)
    assert cut.state() == expected
    keys = Counter(user["external_id"] for user in expected["users"])
    assert set(keys.values()) == {1}
    outcomes = Counter(cut.outcomes())
    assert outcomes["broken off"] == broken_off
    assert outcomes["done"] == outcomes.total() - broken_off


@pytest.mark.slow
@pytest.mark.parametrize(("store", "ledger"), PAIRS)
def test_a_process_that_is_killed_again_and_again_ends_where_one_ends_that_is_not(
    store: str, ledger: str, stores: Stores, tmp_path: Path
):
    """Users, groups, members and links are the same, for each pair of databases."""
    seed = random.randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)
    base = stores.settled(store, ledger, DEPARTMENTS)
    whole = stores.copy(base, tmp_path / "whole", BATCH_SIZE)
    span = undisturbed(whole)
    assert_settled(whole)
    assert 200 <= len(whole.journal()) - len(base.journal()) <= 250
    total: list[bool] = []
    for number in count(1):
        cut = stores.copy(base, tmp_path / f"cut{number}", BATCH_SIZE)
        killed = killed_until_done(cut, span, chance)
        assert_same(cut, whole.state(), len(killed))
        total += killed
        if len(total) >= ENOUGH and any(total):
            break
        assert number < ROUNDS, total
    sys.stdout.write(f"killed in mid-apply, with changes in doubt or without: {total}\n")
