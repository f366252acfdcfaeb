"""Promise 7: a crash loses nothing and doubles nothing."""

from collections import Counter

from syncd.core.model import Key, Kind, Op, Ref
from tests.promises.past import Past
from tests.promises.run import Run


def no_orphan_and_no_second_account(one: Run, _past: Past) -> None:
    """Every account is somebody else's, linked, or in an open line of the journal; and no two
    links share a key or an account."""
    for of in (
        Counter((link.kind, link.ref) for link in one.after.links),
        Counter((link.kind, link.key) for link in one.after.links),
    ):
        assert max(of.values(), default=1) == 1
    foreign = one.site.planted
    orphans = {
        (kind, ref): stored.key
        for (kind, ref), stored in one.after.rows.items()
        if ref not in foreign and (kind, ref) not in one.after.linked
    }
    doubtful = {(kind, key) for op, kind, key in one.after.doubtful if op is Op.CREATE}
    assert {which: key for which, key in orphans.items() if (which[0], key) not in doubtful} == {}
    assert_nobody_twice(one, orphans)


def assert_nobody_twice(one: Run, orphans: dict[tuple[Kind, Ref], Key | None]) -> None:
    """An account in doubt is its person's only one."""
    keys = Counter((kind, key) for (kind, _), key in orphans.items())
    assert max(keys.values(), default=1) == 1
    linked = {(link.kind, link.key): link.ref for link in one.after.links}
    there = one.after.rows
    doubled = [which for which in keys if (which[0], linked.get(which, Ref(""))) in there]
    assert doubled == []
