"""Reads an LDAP source to its end for a test."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd.errors import SourceError
from syncd.sources.ldap import LdapConfig, LdapSource

NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""When all test readings are."""


def source(config):
    return LdapSource("staff", LdapConfig.model_validate(config), Path("/"), lambda: NOW)


def read(config):
    """Users, groups and the finished reading."""
    reading = source(config).read()
    return list(reading.users), list(reading.groups), reading


def by_name(config):
    """Users by login, groups by name, and the finished reading."""
    users, groups, reading = read(config)
    return (
        {user.attributes["user_name"]: user for user in users},
        {group.attributes["display_name"]: group for group in groups},
        reading,
    )


def settled(config):
    """The login and state of everybody that was read, and the gaps: also where nothing was."""
    users, _, reading = by_name(config)
    return {name: user.state for name, user in users.items()}, reading.gaps


def problems(config):
    """Why the source could not be read at all."""
    with pytest.raises(SourceError) as caught:
        read(config)
    return caught.value.problems
