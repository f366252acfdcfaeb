"""HopFrame's API for users and groups (version 2 of the library), with a store behind it.

Written from docs/api/endpoints/user.md and group.md of leonhoppe/HopFrame and docs/authentication.md, and,
where these are silent, from UserLogic, GroupLogic, AuthLogic, the repositories and the models.
"""

from tests.servers.hopframe.server import HopFrame
from tests.servers.hopframe.store import Group, Permission, User

__all__ = ["Group", "HopFrame", "Permission", "User"]
