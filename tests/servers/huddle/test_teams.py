"""Teams in Huddle: one gets in by invitation, and does not get out."""

from xml.etree import ElementTree as ET

import pytest

PATH = "/people/workspaces/7/teams/9001"


@pytest.fixture
def team(huddle):
    """9001, in the workspace 7."""
    return huddle.add_team(7, "Team <Keen>", [1])


@pytest.mark.usefixtures("team", "joe")
def test_teams_are_names_and_links(call):
    """Whom they have tells an older API only, in XML."""
    got = call("GET", "/people/workspaces/7/teams").body
    assert got["teams"] == [{"links": [{"rel": "self", "href": PATH}], "name": "Team <Keen>"}]
    tree = ET.fromstring(call("GET", "/v2/workspaces/7/members").body)
    found = [
        (user.get("Id"), user.findtext("Email"), [team.get("Id") for team in user.findall("Team")])
        for user in tree
    ]
    assert found == [("1", "admin@example.com", ["9001"])]
    assert call("GET", "/people/workspaces/8/teams").status == 404
    assert call("DELETE", PATH).status == 404


def invite(call, *emails, href=PATH, **more):
    sent = {"links": [{"rel": "parent", "href": href}], "emails": [*emails], **more}
    return call("POST", "/people/workspaces/7/invitations", sent)


@pytest.mark.usefixtures("joe")
def test_who_is_known_is_added_at_once_and_who_is_not_gets_mail(huddle, call, team):
    """202, with a word on each."""
    got = invite(call, "joe@example.com", "new@example.com")
    told = [(one["email"], one["accepted"]) for one in got.body["invitations"]]
    assert (got.status, told) == (202, [("joe@example.com", True), ("new@example.com", False)])
    assert (team.members, huddle.mails) == ({1, 2}, ["new@example.com"])


@pytest.mark.usefixtures("joe")
def test_one_bad_address_refuses_them_all(huddle, call, team):
    """400, with a reason for each that is bad."""
    huddle.domains = frozenset({"example.com"})
    got = invite(call, "x", "a@x.org", "admin@example.com", "joe@example.com")
    reasons = {"x": "Invalid", "a@x.org": "NotInWhitelist", "admin@example.com": "SelfInvited"}
    wrong = [{"value": email, "reason": reason} for email, reason in reasons.items()]
    assert got.told == (400, {"links": [], "emails": wrong})
    assert (team.members, huddle.mails) == ({1}, [])


@pytest.mark.usefixtures("team")
def test_an_invitation_is_to_a_team_of_that_workspace(call):
    """400 for another one, and for a letter that is too long."""
    other = "/people/workspaces/7/teams/1"
    assert invite(call, "new@example.com", href=other).status == 400
    assert invite(call, "new@example.com", message="x" * 2501).status == 400
