"""Huddle's APIs for users, company members, SCIM users and teams, with a store behind them.

The server is closed. Written from the wiki page Users, which is the contract, and from the wiki's pages
OAuth Integration, Members, Member, Member Export, CompanyManagers, BulkProcess, Integrating with SCIM,
Teams, Membership, Invitations, RateLimiting and ErrorHandling. What they leave open is a switch.
"""

from tests.servers.huddle.server import Huddle
from tests.servers.huddle.store import Client, Member, Team, User

__all__ = ["Client", "Huddle", "Member", "Team", "User"]
