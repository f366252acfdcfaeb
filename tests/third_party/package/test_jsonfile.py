"""The contract of syncd, held by the JSON file."""

import pytest
from syncd_jsonfile import JsonFileBackend

from syncd.testing import BackendContract


class TestJsonFile(BackendContract):
    many = 120  # each write rewrites the file

    @pytest.fixture
    def backend(self, tmp_path):
        return JsonFileBackend("file", JsonFileBackend.Config(path="store.json"), tmp_path)

    def reopen(self, backend):
        return JsonFileBackend(
            "file", JsonFileBackend.Config(path="store.json"), backend.path.parent
        )
