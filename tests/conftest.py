"""Real servers that any test may ask for by name, and what makes all tests quicker."""

import os

import pytest

pytest.register_assert_rewrite("syncd.testing")

pytest_plugins = [
    "tests.compiled",
    "tests.servers.browser",
    "tests.servers.fixtures_ldap",
    "tests.servers.fixtures_machine",
    "tests.servers.fixtures_scim",
    "tests.servers.databases",
    "tests.servers.postgres",
]

# Servers are installed where an ordinary user's PATH does not look.
os.environ["PATH"] = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
