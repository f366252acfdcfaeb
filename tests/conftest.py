"""Real servers that any test may ask for by name."""

pytest_plugins = [
    "tests.servers.fixtures_ldap",
    "tests.servers.postgres",
]
