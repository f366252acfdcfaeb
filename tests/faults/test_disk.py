"""A disk that has no more room in the middle of an apply."""

import sys
from typing import Any

import pytest

from tests.faults.installation import Installation
from tests.faults.stores import POSTGRESQL, SQLITE


def narrow(largest: int) -> tuple[str, ...]:
    """The real command, where no file can grow beyond this many bytes."""
    limit = f"import resource as r; r.setrlimit(r.RLIMIT_FSIZE, ({largest}, {largest}))"
    return (sys.executable, "-c", f"{limit}; from syncd.cli import main; main()")


@pytest.mark.parametrize(("store", "ledger"), [(SQLITE, SQLITE)])
@pytest.mark.parametrize("kibibytes", [200, 300])
def test_a_ledger_without_room_ends_the_run_and_the_next_one_does_the_rest(
    kibibytes: int, one: Installation, small_end: dict[str, Any]
):
    """Nothing is written to the store that the journal has not."""
    code, _, err = one.run(program=narrow(kibibytes * 1024))
    assert code == 4
    assert err.startswith("the ledger ")
    assert "cannot be read or written; look at the disk" in err
    assert err.endswith(
        "\nthe run broke off: apply again when that is mended; it finds out what was done\n"
    )
    assert one.outcomes() == ["done", "done", None]
    assert_made_good(one, small_end)


@pytest.mark.parametrize(("store", "ledger"), [(SQLITE, POSTGRESQL)])
def test_a_store_without_room_is_written_in_whole_batches_only(
    one: Installation, small_end: dict[str, Any]
):
    """What found no room is in doubt for the ledger, until the next run looks."""
    code, out, err = one.run(program=narrow(60 * 1024))
    assert (code, err) == (4, "")
    said = " ".join(out.split())
    assert "store.db cannot be read or written; look at the disk" in said
    assert "the target did not answer 3 times in a row" in said
    assert one.outcomes() == ["done", "done", "stopped"]
    assert one.open_lines() > 0
    assert_made_good(one, small_end)


def assert_made_good(one: Installation, expected: dict[str, Any]) -> None:
    code, _, err = one.run()
    assert (code, err) == (0, "")
    assert one.state() == expected
    assert one.open_lines() == 0
    assert "Nothing to change" in one.run()[1]
