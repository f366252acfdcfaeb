"""The admin API for users in the wiki of Vikunja's author, as of March 2018, with a store behind it.

Written from that page, "API Users", which is the contract. What it does not say is as in Vikunja's first
commit (479cf54a), three months younger. Where the two differ, the page holds and a switch of the
server gives the code's way.
"""

from tests.servers.vikunja.server import Vikunja
from tests.servers.vikunja.store import User

__all__ = ["User", "Vikunja"]
