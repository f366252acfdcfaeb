"""The public types say what they should: mypy finds all that is wrong in `typing_api.py`."""

import re
from pathlib import Path

from mypy import api

CHECKED = Path(__file__).parent / "typing_api.py"


def test_what_a_third_party_gets_wrong_is_an_error_and_nothing_else_is():
    """A class with plain attributes is a Backend, and a Key is no Ref."""
    wanted = {
        number: code
        for number, line in enumerate(CHECKED.read_text().splitlines(), 1)
        for code in re.findall(r"# wrong: (\S+)$", line)
    }
    told, complaint, _ = api.run([str(CHECKED), "--no-error-summary", "--hide-error-context"])
    errors = re.findall(r"typing_api\.py:(\d+): error: .*\[(\S+)\]", told)
    assert complaint == ""
    assert {int(number): code for number, code in errors} == wanted
