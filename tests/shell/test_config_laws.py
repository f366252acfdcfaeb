"""Laws of the configuration over generated nonsense, in the file and in the environment."""

import tempfile
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.config import load_settings
from syncd.errors import ConfigError

EXAMPLE = (Path(__file__).parents[2] / "config.example.yaml").read_text().splitlines(keepends=True)
SECRET = "5ecret-of-this-test"

WORDS = st.sampled_from(
    [
        "a",
        "b",
        "yaml",
        "sql",
        "ldap",
        "memory",
        "30d",
        "true",
        "10",
        SECRET,
        "{{ x",
        "*",
        "postgresql://u@h/d",
        "sqlite:///f",
    ]
)
NAMES = st.sampled_from(
    ["sources", "targets", "syncs", "ledger", "state_directory", "type", "paths", "url", "password", "target", "users", "take",
     "always", "policy", "budget", "user.delete", "percent", "a", "b", "bind", "servers", "merge", "precedence", "where"]
)  # fmt: skip
TREES = st.recursive(
    WORDS | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)
VARIABLES = st.dictionaries(
    st.lists(NAMES.map(str.upper), min_size=1, max_size=4).map(
        lambda parts: "SYNCD_" + "__".join(parts)
    ),
    st.just(SECRET),
    max_size=4,
)


def refused(text: str, environ: dict[str, str]) -> tuple[str, ...]:
    """The problems, or nothing where it is a configuration."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "config.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            load_settings(path, environ)
        except ConfigError as error:
            return error.problems
        return ()


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, TREES, max_size=5), VARIABLES)
def test_no_tree_and_no_environment_is_more_than_refused(tree, environ):
    """Whatever stands where, each problem is one line, and no variable's value is in it."""

    for problem in refused(yaml.safe_dump(tree), environ):
        assert "\n" not in problem
    hidden = yaml.safe_dump(tree).count(SECRET) == 0
    assert not hidden or SECRET not in "".join(refused(yaml.safe_dump(tree), environ))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(EXAMPLE) - 1), st.integers(0, len(EXAMPLE) - 1), VARIABLES)
def test_an_example_with_lines_lost_or_moved_is_read_or_refused(first, second, environ):
    """The usual accident with an editor."""
    lines = EXAMPLE.copy()
    lines.insert(second, lines.pop(first))
    for text in ("".join(lines), "".join(EXAMPLE[:first] + EXAMPLE[second:])):
        assert SECRET not in "".join(refused(text, environ))
