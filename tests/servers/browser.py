"""The system's Chromium, without a window, and axe-core, which looks for barriers in a page.

Where one of them is not installed, a test that needs it is skipped, and under CI fails.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / ".artefacts" / "screenshots"
"""Where the tests leave what they saw."""

_AXE = ROOT / ".servers" / "axe-core" / "node_modules" / "axe-core" / "axe.min.js"


# Playwright's loop runs as long as it is open, and asyncio has no room for another in the same
# thread: so it is closed with each module.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        _missing("chromium is not installed: make servers")
    with sync_playwright() as playwright:
        # The sandbox of Chromium does not start as root, as which CI and containers run.
        flags = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script; it defines `axe`."""
    if not _AXE.exists():
        _missing("axe-core is not installed: make servers")
    return _AXE.read_text(encoding="utf-8")


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)
