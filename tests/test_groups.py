"""Tests of a group share what takes long to begin: a booted machine, a company's page."""

import pytest


@pytest.mark.xdist_group("groups")
def test_tests_of_a_group_come_to_one_process(request):
    """xdist tells them by the ends of their names, which not every pytest lets it write; where it
    may not, each process begins all that they share, and nothing says so."""
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("all tests run in one process")
    assert request.node.nodeid.endswith("@groups")
