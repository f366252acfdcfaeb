"""Lives in which a promise was broken once, made short."""

from contextlib import closing

import pytest

from syncd.core.model import Kind, Op
from syncd.core.policy import Budget, Policy
from syncd.cycle.parts import TARGET_USERS
from syncd.cycle.workspace import Workspace
from tests.promises.faults import dies_at, is_write
from tests.promises.short import PEOPLE, TITLED, Short


@pytest.mark.parametrize("op", [Op.UPDATE, Op.CREATE, Op.SUSPEND])
def test_what_a_death_left_in_doubt_is_spent_of_its_budget(op: Op):
    """The journal does not know how the change ended; the target shows that it was made."""
    policy = Policy(budgets={(Kind.USER, op): Budget(count=1)})
    before, first, then = {
        Op.UPDATE: (PEOPLE[:2], [TITLED[0], PEOPLE[1]], TITLED[:2]),
        Op.CREATE: (PEOPLE[:1], PEOPLE[:2], PEOPLE[:3]),
        Op.SUSPEND: (PEOPLE, PEOPLE[:3], PEOPLE[:2]),
    }[op]
    with closing(Short(*before, policy=Policy(budgets={}))) as one:
        one.applies()
        one.past.done.clear()
        one.site.policy = policy
        one.site.now += policy.window * 2
        one.site.sources["p"].has(*first)
        died = one.applies(watch=dies_at(2, is_write))
        assert [effect.op for effect in died.effects] == [op]
        one.site.sources["p"].has(*then)
        next_run = one.applies()
        assert next_run.effects == ()
        assert one.applies().effects == ()
        one.site.now += policy.window * 2
        assert [effect.op for effect in one.applies().effects] == [op]


def test_a_reading_that_nobody_goes_on_with_ends_in_silence():
    """Whoever read it met an error; by the time it is thrown away the workspace is closed."""
    work = Workspace()
    work.put_written(TARGET_USERS.part, [("a", b""), ("b", b"")])
    work.put_chunk(TARGET_USERS.part, b"1", None, b"")
    work.put_chunk(TARGET_USERS.part, b"2", None, b"")
    written, chunks = work.written(TARGET_USERS.part), work.chunks(TARGET_USERS.part)
    assert (next(written)[0], next(chunks)[0]) == ("a", b"1")
    work.close()
    written.close()
    chunks.close()
