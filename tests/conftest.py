"""Real servers that any test may ask for by name."""

import os

import pytest

pytest.register_assert_rewrite("syncd.testing")

# A mutant of the core (`make mutants`) asks no server, and there are thousands of them.
IS_MUTANT = "MUTANT_UNDER_TEST" in os.environ
pytest_plugins = (
    []
    if IS_MUTANT
    else [
        "tests.servers.browser",
        "tests.servers.fixtures_ldap",
        "tests.servers.fixtures_machine",
        "tests.servers.fixtures_scim",
        "tests.servers.databases",
        "tests.servers.postgres",
    ]
)

# Servers are installed where an ordinary user's PATH does not look.
os.environ["PATH"] = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
