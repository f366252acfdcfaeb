"""The contract, held by every backend that is built in."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from syncd.backends.memory import MemoryBackend
from syncd.backends.sql import SqlBackend, SqlConfig
from syncd.testing import BackendContract
from tests.servers.postgres import PASSWORD, Postgresql


class TestMemory(BackendContract):
    @pytest.fixture
    def backend(self):
        return MemoryBackend()


class SqlContract(BackendContract):
    many = 2500  # more than two of its buffers

    def reopen(self, backend):
        return SqlBackend("store", backend.config, backend.base)


class TestSqlite(SqlContract):
    @pytest.fixture
    def backend(self, tmp_path: Path):
        backend = SqlBackend("store", SqlConfig(), tmp_path)
        yield backend
        backend.close()


class TestPostgresql(SqlContract):
    secrets = (PASSWORD,)

    def denied(self, backend):
        wrong = backend.config.model_copy(update={"password": SecretStr("wrong")})
        return SqlBackend("store", wrong, backend.base)

    def dead(self, backend):
        nobody = re.sub(r":\d+/", ":9/", backend.config.url)
        return SqlBackend("store", backend.config.model_copy(update={"url": nobody}), backend.base)

    @pytest.fixture
    def backend(self, postgresql: Postgresql):
        password = SecretStr(postgresql.password)
        backend = SqlBackend("store", SqlConfig(url=postgresql.url, password=password), Path())
        yield backend
        backend.close()
