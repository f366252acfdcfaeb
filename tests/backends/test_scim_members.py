"""Who joins and leaves groups of a SCIM server, and how it is told."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from syncd.core.model import Ref, Update
from syncd.errors import NotFound, Rejected
from tests.backends.scim_world import opened, operations
from tests.servers.scim_fake import Answer


def test_members_are_removed_by_a_path_for_each_and_added_by_one_list(scim):
    """A path without a filter, or with a list of values, takes them all away."""
    there = [{"value": "u1"}, {"value": "u2"}, {"value": "u3"}]
    group = Ref(scim.put("Groups", displayName="Engineering", members=there))
    with opened(scim) as backend:
        backend.members.change(group, [Ref("u4"), Ref("u5")], [Ref("u1"), Ref("u3")])
    assert scim.lines() == [f"PATCH /Groups/{group}"] * 2
    assert [body["Operations"] for body in scim.bodies("PATCH")] == [
        [
            {"op": "remove", "path": 'members[value eq "u1"]'},
            {"op": "remove", "path": 'members[value eq "u3"]'},
        ],
        [{"op": "add", "path": "members", "value": [{"value": "u4"}, {"value": "u5"}]}],
    ]


def test_a_request_names_a_hundred_members_at_most(scim):
    """Servers that many use refuse more."""
    refs = [Ref(f"u{number}") for number in range(250)]
    group = Ref(scim.put("Groups", displayName="Everyone"))
    with opened(scim) as backend:
        backend.members.change(group, refs, [])
        backend.members.change(group, [], refs)
    told = [body["Operations"] for body in scim.bodies("PATCH")]
    assert [len(some[0].get("value", some)) for some in told] == [100, 100, 50] * 2
    assert scim.kept["Groups"][group]["members"] == []


def test_who_is_no_member_is_removed_in_vain(scim):
    """A server that finds nothing to remove is asked who is there (RFC 7644, table 9: noTarget)."""
    group = Ref(scim.put("Groups", displayName="Engineering", members=[{"value": "u1"}]))
    with opened(scim) as backend:
        backend.members.change(group, [], [Ref("u1"), Ref("stranger")])
        backend.members.change(group, [], [Ref("u1")])
    assert scim.kept["Groups"][group]["members"] == []


def test_a_list_of_values_is_for_servers_that_are_said_to_want_it(scim):
    """Any other server would take all members away."""
    group = Ref(scim.put("Groups", displayName="Engineering", members=[{"value": "u1"}]))
    with opened(scim, members="values") as backend:
        backend.members.change(group, [], [Ref("u1")])
    assert operations(scim) == [{"op": "remove", "path": "members", "value": [{"value": "u1"}]}]


def test_without_patch_a_group_is_put_back_with_the_members_that_are_not_users_too(scim):
    """A group in it stays."""
    scim.ways.config = {"patch": {"supported": False}}
    inner = {"value": "g9", "type": "Group"}
    there = [inner, {"value": "u1"}, {"value": "u2"}]
    group = Ref(scim.put("Groups", displayName="Engineering", members=there))
    with opened(scim) as backend:
        backend.members.change(group, [Ref("u3")], [Ref("u1")])
    (body,) = scim.bodies("PUT")
    assert body["members"] == [inner, {"value": "u2"}, {"value": "u3"}]


def test_who_puts_a_group_back_takes_nobodys_change_back(scim):
    """Calls side by side to the same group wait for each other, and somebody else is noticed."""
    scim.ways.config = {"patch": {"supported": False}, "etag": {"supported": True}}
    scim.ways.versions = True
    group = Ref(scim.put("Groups", displayName="Engineering"))
    refs = [Ref(f"u{number}") for number in range(10, 34)]
    scim.once("PUT", "/Groups", Answer(412, {"detail": "another version"}))
    with opened(scim) as backend, ThreadPoolExecutor(8) as pool:
        renamed = pool.submit(backend.groups.update, group, Update({}, {"display_name": "Eng"}))
        list(pool.map(lambda ref: backend.members.change(group, [ref], []), refs))
        renamed.result()
        assert [one.user for one in backend.members.read()] == refs
    assert scim.kept["Groups"][group]["displayName"] == "Eng"


def test_a_member_whom_the_server_refuses_is_looked_for(scim):
    """Servers say in many ways that somebody is not there; a group that is gone is another thing."""
    user, group = Ref(scim.put(userName="ada")), Ref(scim.put("Groups", displayName="Engineering"))
    with opened(scim) as backend:
        scim.once("PATCH", "/Groups", Answer(400, {"detail": "who?"}))
        with pytest.raises(NotFound, match="there is no user nobody to add"):
            backend.members.change(group, [user, Ref("nobody")], [])
        scim.once("PATCH", "/Groups", Answer(400, {"detail": "no more"}))
        with pytest.raises(Rejected, match="no more") as caught:
            backend.members.change(group, [user], [])
        assert not isinstance(caught.value, NotFound)
        with pytest.raises(NotFound, match="there is no group g77"):
            backend.members.change(Ref("g77"), [user], [])
