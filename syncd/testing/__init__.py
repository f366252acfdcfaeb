"""The law for every backend and every source, as tests: one's own test subclasses them.

    class TestWiki(BackendContract):
        @pytest.fixture
        def backend(self, wiki_server):
            return WikiBackend("wiki", WikiConfig(url=wiki_server.url), Path())

What a backend does not declare is not asked of it. For readable failures, call
`pytest.register_assert_rewrite("syncd.testing")` in `conftest.py` before the import.
"""

from syncd.testing.batches import BatchLaws
from syncd.testing.bulk import BulkLaws
from syncd.testing.entities import EntityLaws
from syncd.testing.failures import FailureLaws
from syncd.testing.members import MemberLaws
from syncd.testing.names import NameLaws
from syncd.testing.pages import PageLaws
from syncd.testing.sources import SourceContract
from syncd.testing.stated import StatedSource

__all__ = ["BackendContract", "SourceContract", "StatedSource"]


class BackendContract(EntityLaws, NameLaws, MemberLaws, BatchLaws, PageLaws, BulkLaws, FailureLaws):
    """Every law. `sample.Sample` and `failures.FailureLaws` name what a subclass may override."""
