"""HumHub's REST API for users and groups, with a store behind it.

Written from the module's API pages (docs/swagger/user.yaml and auth.yaml of humhub/rest) and, where
those are silent or wrong, from its code: 0.11.5 for HumHub 1.18, 0.12.1 for HumHub 1.19.
What the code cannot tell, such as how a database orders rows, is as MySQL usually has it.
"""

from tests.servers.humhub.server import HumHub
from tests.servers.humhub.store import Group, User

__all__ = ["Group", "HumHub", "User"]
