"""docs/backends.md tells what the code declares."""

import os
import re
from pathlib import Path

from typer.testing import CliRunner

from syncd.cli.app import app
from syncd.plugins import BACKENDS, types

PAGE = Path(__file__).parents[2] / "docs" / "backends.md"
_BETWEEN = re.compile(r"(?<=<!-- syncd backends -->\n).*(?=<!-- end -->)", re.DOTALL)


def table():
    done = CliRunner().invoke(app, ["backends", "--format", "markdown"])
    assert done.exit_code == 0
    return done.stdout


def test_the_table_of_targets_is_what_the_code_declares():
    """Made anew by `SYNCD_WRITE_PAGES=1 pytest tests/shell/test_backends_page.py`."""
    page = PAGE.read_text(encoding="utf-8")
    now = _BETWEEN.sub(lambda _: table(), page)
    if os.environ.get("SYNCD_WRITE_PAGES"):
        PAGE.write_text(now, encoding="utf-8")
        page = now
    assert page == now


def test_every_target_has_a_row_and_a_page():
    """Pages that are linked are there."""
    page = PAGE.read_text(encoding="utf-8")
    for type_ in types(BACKENDS):
        assert page.count(f"| `{type_}` |") >= 2
    for linked in re.findall(r"\]\(([\w/.-]+\.md)\)", page):
        assert (PAGE.parent / linked).is_file(), linked
