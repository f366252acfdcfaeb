"""What an administrator changes in the configuration."""

from hypothesis.stateful import rule
from msgspec.structs import replace

from tests.promises.rules.life import WAVES, WHOLE_POLICIES, Life


class Policies(Life):
    @rule(policy=WHOLE_POLICIES)
    def policy_changes(self, policy) -> None:
        self.site.policy = policy

    @rule(waves=WAVES)
    def waves_change(self, waves) -> None:
        self.site.policy = replace(self.site.policy, waves=waves)
