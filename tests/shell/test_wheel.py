"""What is installed is what stands here: a page without its style is found by nobody's unit test."""

import zipfile
from pathlib import Path

from tests.systemd.service import ROOT, wheel


def test_the_wheel_has_every_file_of_the_package(tmp_path: Path):
    """Templates, styles and pictures too, and no leftovers."""
    expected = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "syncd").rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }

    with zipfile.ZipFile(wheel(tmp_path)) as built:
        assert {name for name in built.namelist() if ".dist-info/" not in name} == expected
