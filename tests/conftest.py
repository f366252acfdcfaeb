"""Real servers that any test may ask for by name, and what makes all tests quicker."""

import os

import pytest

pytest.register_assert_rewrite("syncd.testing")

_SERVERS = [
    "tests.servers.browser",
    "tests.servers.fixtures_ldap",
    "tests.servers.fixtures_machine",
    "tests.servers.fixtures_scim",
    "tests.servers.databases",
    "tests.servers.postgres",
]
# A mutant of the core (`make mutants`) asks no server, and there are thousands of them.
pytest_plugins = ["tests.compiled", *([] if "MUTANT_UNDER_TEST" in os.environ else _SERVERS)]

# Servers are installed where an ordinary user's PATH does not look.
os.environ["PATH"] = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
