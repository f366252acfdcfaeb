"""What people do to the target itself, behind syncd's back."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from syncd.core.model import Member
from tests.core.events import Hand, Plant
from tests.core.worlds import ENTITIES, HANDS
from tests.promises.rules.life import Life


class Hands(Life):
    @rule(hand=HANDS)
    def edits(self, hand: Hand) -> None:
        self.happen([hand])

    @rule(entity=ENTITIES)
    def makes_an_account(self, entity) -> None:
        """Or a group; it may have the name of somebody who is to come."""
        Plant(entity).happen(self.site)

    @rule(number=st.integers(0, 5), other=st.integers(0, 5), joins=st.booleans())
    def changes_members(self, number, other, joins) -> None:
        memory = self.site.memory
        users, groups = list(memory.users.read()), list(memory.groups.read())
        if users and groups and memory.members.ops:
            user, group = users[number % len(users)].ref, groups[other % len(groups)].ref
            pairs = memory.members._pairs
            if joins:
                pairs[Member(group, user)] = True
            else:
                pairs.pop(Member(group, user), None)
