"""Real servers that any test may ask for by name."""

import pytest

pytest.register_assert_rewrite("syncd.testing")

pytest_plugins = [
    "tests.servers.fixtures_ldap",
    "tests.servers.databases",
    "tests.servers.postgres",
]
