"""A short bout of atheris, which makes up octets by what they make the wire reader do."""

import importlib.util
import subprocess
import sys

import pytest

from tests.fuzz.line import ANSWERS

RUNS = 20_000


def test_atheris_breaks_nothing(tmp_path):
    """Octets that were grown to reach every branch break no promise."""
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris can be installed on Python 3.11 for Linux on x86-64 only")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name, answer in ANSWERS.items():
        (corpus / name).write_bytes(b"\xff" + answer)
    options = [f"-runs={RUNS}", "-seed=1", "-timeout=10", f"-artifact_prefix={tmp_path}/"]

    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.target", *options, str(corpus)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr[-4000:]
    assert f"Done {RUNS} runs" in done.stderr
