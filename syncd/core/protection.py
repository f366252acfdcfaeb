"""Whom nothing is taken from, and that nobody is renamed out of that."""

from collections.abc import Iterable, Mapping

from syncd.core.hold import Hold
from syncd.core.mapping import matches
from syncd.core.model import Kind, Ref, Stored, User
from syncd.core.plan import Change
from syncd.core.policy import Policy, Protect


def protect_groups(
    groups: Mapping[Ref, str], members: Iterable[tuple[Ref, Ref]], policy: Policy
) -> dict[tuple[Kind, Ref], str]:
    """Protected groups and who is in them, each with the rule that says so.

    `groups` are names by ref, `members` pairs of group and user, all as the target has them.
    """
    protected: dict[tuple[Kind, Ref], str] = {}
    for ref, name in groups.items():
        if matches(name, policy.protect.groups):
            protected[Kind.GROUP, ref] = f"protected: group {name}"
    for group, user in sorted(pair for pair in members if (Kind.GROUP, pair[0]) in protected):
        rule = protected[Kind.GROUP, group].replace("group", "member of", 1)
        protected.setdefault((Kind.USER, user), rule)
    return protected


def protect_accounts(
    accounts: Iterable[Stored[User]],
    own: Ref | None,
    policy: Policy,
    protected: Mapping[tuple[Kind, Ref], str],
) -> dict[tuple[Kind, Ref], str]:
    """With what is `protected` already: these accounts, by their names, and the `own` one."""
    result = dict(protected)
    for account in accounts if policy.protect.users else ():
        names = (account.entity.user_name, account.entity.email or "")
        if any(matches(name, policy.protect.users) for name in names if name):
            result[Kind.USER, account.ref] = f"protected: user {account.entity.user_name}"
    if own is not None:
        result[Kind.USER, own] = "protected: syncd logs in with this account"
    return result


def loses_protection(change: Change, name: str, protect: Protect) -> str:
    """Why a protected name may not become one that no pattern fits; empty where it may."""
    patterns = protect.groups if change.kind is Kind.GROUP else protect.users
    if name not in _PATTERNED[change.kind]:
        return ""
    before, after = change.before.get(name), change.after[name]
    if not before or not matches(str(before), patterns):
        return ""
    if after and matches(str(after), patterns):
        return ""
    return f"protected: {change.kind} {change.name} would lose its protection with this {name}"


def leaves_hold(change: Change, name: str, holds: Iterable[Hold]) -> str:
    """Why somebody whom one of these holds knows by this name may not get one that it does not
    know; empty where they may. Their key may be what it knows them by: it stays."""
    if change.kind is not Kind.USER or name not in _PATTERNED[Kind.USER]:
        return ""
    before, after = str(change.before.get(name) or ""), str(change.after[name] or "")
    for hold in holds:
        known, stays = (matches(one, (hold.who,)) for one in (before, after))
        if known and not stays and not matches(change.key, (hold.who,)):
            return (
                f"{hold.words}; {hold.who} would not fit {change.name} with this {name}:"
                f" let the hold name {change.key}"
            )
    return ""


_PATTERNED: Mapping[Kind, frozenset[str]] = {
    Kind.USER: frozenset({"user_name", "email"}),
    Kind.GROUP: frozenset({"display_name"}),
}
"""The names that protection goes by."""
