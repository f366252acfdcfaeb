"""What an administrator changes in the configuration."""

from hypothesis.stateful import rule

from tests.core.worlds import POLICIES
from tests.promises.rules.life import Life


class Policies(Life):
    @rule(policy=POLICIES)
    def policy_changes(self, policy) -> None:
        self.site.policy = policy
