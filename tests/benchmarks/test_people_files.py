"""The benchmarks' people files are people files, read alike by everybody who is compared."""

import pytest
import yaml

from tests.benchmarks import people_files
from tests.benchmarks.yaml_reading import _WAYS, _source

FEW = 25


@pytest.mark.parametrize("way", _WAYS)
def test_every_way_reads_everybody(tmp_path, way):
    """Or the ways would not be comparable."""
    people_files.write(tmp_path, FEW)

    assert _WAYS[way](tmp_path) == FEW


def test_everybody_has_eight_values(tmp_path):
    """The same for syncd and for PyYAML."""
    people_files.write(tmp_path, FEW)
    (file,) = tmp_path.iterdir()
    loaded = {one.pop("id"): one for one in yaml.safe_load(file.read_text())["users"]}

    assert {len(one) for one in loaded.values()} == {7}
    assert {user.key: user.attributes for user in _source(tmp_path).read().users} == loaded
