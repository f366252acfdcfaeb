"""Promise 2: only a whole reading may remove."""

from syncd.core.model import Kind
from syncd.cycle import Mode
from tests.promises.past import Past
from tests.promises.run import Run


def only_a_whole_reading_removes(one: Run, _past: Past) -> None:
    """Where anything was cut or down, nobody loses anything, and no absence is remembered."""
    if one.undoes is not None:
        return  # it asks no source, and the target for what its run touched
    # A quick cycle asks the target for a few by their refs: a list that is cut is none of its own.
    target = one.target_broken and one.mode is Mode.FULL
    if one.sources_whole and not target:
        return
    assert [effect for effect in one.effects if effect.removes] == []
    for ref, was in one.before.users.items():
        assert not was.entity.admin or one.after.users[ref].entity.admin
    before = {link.ref: link.left_at for link in one.before.links if link.kind is Kind.USER}
    for link in one.after.links:
        if link.kind is Kind.USER and link.left_at is not None:
            assert link.left_at == before[link.ref]
