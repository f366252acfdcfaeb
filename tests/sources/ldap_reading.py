"""Reads an LDAP source to its end for a test."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd.errors import SourceError
from syncd.sources.ldap import LdapConfig, LdapSource

NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""When all test readings are."""


def source(config, now=NOW):
    return LdapSource("staff", LdapConfig.model_validate(config), Path("/"), lambda: now)


def read(config, now=NOW):
    """Users, groups and the finished reading."""
    reading = source(config, now).read()
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


class Memory:
    """Reads page by page and decodes only what it did not see before, as a sync does.

    `found` are the users and groups of the last reading; `decoded` are the DNs of what it decoded;
    `gaps` and `notes` are its own.
    """

    def __init__(self):
        self._users, self._groups, self._origins = {}, {}, {}
        self.decoded, self.gaps, self.notes = [], [], []
        self.found = [], []

    def read(self, config, now=NOW):
        """Users and groups, by login and by name."""
        directory = source(config, now)
        reading = directory.read()
        self.decoded = []
        users = self._follow(reading.user_pages, self._users, now)
        origins = {user.key: user.origin for user in users}
        if origins != self._origins:
            self._groups.clear()
        self._origins = origins
        groups = self._follow(reading.group_pages, self._groups, now)
        self.gaps, self.notes = reading.gaps, reading.notes
        directory.close()
        self.found = users, groups
        return (
            {user.attributes["user_name"]: user for user in users},
            {group.attributes["display_name"]: group for group in groups},
        )

    def _follow(self, pages, known, now):
        found, met = [], set()
        for page in list(pages):  # what came early may be decoded late
            for at, seen in enumerate(page.prints):
                met.add(seen)
                sighting = known.get(seen)
                if sighting is None or (sighting.until is not None and sighting.until <= now):
                    sighting = known[seen] = page.decode(at)
                    if sighting.record is not None:
                        self.decoded.append(sighting.record.origin)
                found += [] if sighting.record is None else [sighting.record]
        for gone in known.keys() - met:
            del known[gone]
        return found
