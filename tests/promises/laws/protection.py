"""Promise 3, the other half: the protected, syncd's own account and the last administrator."""

from syncd.cycle import Mode
from tests.promises.past import Past
from tests.promises.run import Run


def the_protected_lose_nothing(one: Run, _past: Past) -> None:
    """Neither suspended nor demoted nor deleted, wherever the run ended."""
    patterns = one.site.policy.protect.users
    for ref, was in one.before.users.items():
        kept = ref == one.site.memory.own
        kept |= "admin-*" in patterns and was.entity.user_name.startswith("admin-")
        kept |= "*@x" in patterns and bool(was.entity.email)
        if kept:
            now = one.after.users[ref].entity
            assert now.active or not was.entity.active
            assert now.admin or not was.entity.admin
    if one.before.administrators and one.mode is Mode.FULL:
        assert one.after.administrators
