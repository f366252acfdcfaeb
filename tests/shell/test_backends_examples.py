"""What the pages on targets say to write is a configuration, once the secrets are there."""

import re
from pathlib import Path

import pytest

from syncd.config import load_settings

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "backends.md", *sorted((DOCS / "backends").glob("*.md"))]
_BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
_SECRET = re.compile(r"SYNCD_[A-Z0-9_]+__[A-Z0-9_]+")
CORP = "sources: {corp: {type: yaml, paths: [people]}}\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_first_configuration_on_a_page_is_right(page: Path, tmp_path):
    """As it stands, beside a source; every variable it names is one, and is enough to log in."""
    block = _BLOCK.findall(page.read_text(encoding="utf-8"))[0]
    parts = [block, *([] if block.startswith("sources:") else [CORP])]
    parts += [] if "\nsyncs:" in block else ["syncs: {}\n"]
    file = tmp_path / "config.yaml"
    file.write_text("".join(parts), encoding="utf-8")

    settings = load_settings(file, dict.fromkeys(_SECRET.findall(block), "secret"))

    assert list(settings.targets)
    assert "better as" not in str(_uncommented(block))


def _uncommented(block: str) -> list[str]:
    """A placeholder that is no comment would be logged in with."""
    return [line.split("#")[0] for line in block.splitlines()]
