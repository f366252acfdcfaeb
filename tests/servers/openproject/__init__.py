"""OpenProject's API v3 for users and groups, with a store behind it.

Written from docs/api/apiv3 of opf/openproject (paths users.yml, user.yml, user_lock.yml, groups.yml,
group.yml and their schemas) and, where these are silent, from the code in lib/api/v3 and from its specs.
"""

from tests.servers.openproject.server import OpenProject
from tests.servers.openproject.store import Group, User

__all__ = ["Group", "OpenProject", "User"]
