"""Resolve the names in groups against all users and groups of the source, and flatten nesting."""

from collections.abc import Collection, Iterable

from syncd.core.model import GroupRecord, Key, Reference
from syncd.core.nesting import expand
from syncd.located.places import Text, mistake
from syncd.located.suggest import did_you_mean, quoted
from syncd.sources.yaml.roster import Roster

_SUGGESTED = 25
"""Mistakes that get a suggestion: comparing with every name of a large source takes a while."""


def check_names(roster: Roster) -> None:
    """A member, or an inner group, that is nobody, or stands in the wrong list."""
    users = roster.users.names.ids
    for group in roster.groups.values():
        for name in group.members:
            if name.value not in users:
                _nobody(roster, name, ("user", users), ("group", "groups", roster.groups))
        for name in group.groups:
            if name.value not in roster.groups:
                _nobody(roster, name, ("group", roster.groups), ("user", "members", users))


def flatten(roster: Roster) -> list[GroupRecord]:
    """The groups by key, with the members of the groups inside; a cycle is a mistake."""
    drafts = roster.groups
    children = {key: _keys(draft.groups) for key, draft in drafts.items()}
    members = expand({key: _keys(draft.members) for key, draft in drafts.items()}, children)
    for cycle in members.cycles:
        _cycle(roster, cycle)
    own = {key: {_token(one): one for one in draft.elsewhere} for key, draft in drafts.items()}
    anywhere = {token: one for key in sorted(own, reverse=True) for token, one in own[key].items()}
    elsewhere = expand(own, children).members
    return [
        GroupRecord(
            key=key,
            attributes={"display_name": drafts[key].display_name},
            members=members.members[key],
            origin=drafts[key].place,
            elsewhere=tuple(own[key].get(token, anywhere[token]) for token in elsewhere[key]),
        )
        for key in sorted(drafts)
    ]


def _keys(names: Iterable[Text]) -> list[Key]:
    return [Key(name.value) for name in names]


def _token(reference: Reference) -> Key:
    """One text for references that mean the same user."""
    return Key(str((reference.source, reference.attribute, reference.value)))


def _nobody(
    roster: Roster,
    name: Text,
    wanted: tuple[str, Collection[str]],
    other: tuple[str, str, Collection[str]],
) -> None:
    what, known = wanted
    other_what, other_list, other_known = other
    words = f"no {what} has the id {quoted(name.value)}"
    if name.value in other_known:
        words = f"{quoted(name.value)} is a {other_what}; it belongs under {other_list}:"
    elif len(roster.mistakes) < _SUGGESTED:
        words += did_you_mean(name.value, known)
    roster.mistakes.append(mistake(name, words))


def _cycle(roster: Roster, cycle: tuple[Key, ...]) -> None:
    names: list[Text] = []
    for outer, inner in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
        names += [name for name in roster.groups[outer].groups if name.value == inner][:1]
    chain = " contains ".join(f"{key} ({roster.groups[key].place})" for key in (*cycle, cycle[0]))
    roster.mistakes.append(mistake(names[0], f"groups contain each other: {chain}; remove one"))
