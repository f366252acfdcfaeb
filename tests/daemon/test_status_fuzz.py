"""The API is asked whatever its own OpenAPI document allows, and much that it does not allow."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from syncd.daemon.status import door
from tests.daemon.observed import ACTION_TOKEN, NAMES, TOKEN, Observed, bearer, observed, served

EXAMPLES = int(os.environ.get("SYNCD_FUZZ_EXAMPLES", "4"))
"""Of each route, for each caller, of what fits and of what does not; a hundred by `make nightly`."""

CALLERS = {"nobody": {}, "who sees": bearer(TOKEN), "who acts": bearer(ACTION_TOKEN)}
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


@pytest.fixture(scope="module")
def live(tmp_path_factory) -> Iterator[Observed]:
    made = observed(tmp_path_factory.mktemp("seen"), actions=True, action_token=ACTION_TOKEN)
    yield made
    made.ledger.close()


@pytest.fixture(scope="module")
def document(live) -> Iterator[Any]:
    """Of a server that answers."""
    with served(live) as client:
        yield schemathesis.openapi.from_url(f"{client.base_url}/openapi.json")


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("caller", CALLERS)
def test_whatever_is_asked_the_answer_is_as_the_document_says(document, caller, mode, monkeypatch):
    """No server error, no answer of another form, no name but to who may see it, and no token."""
    monkeypatch.setattr(door, "_FREE", 10**9)  # it shows tokens of its own, too
    asked = 0
    with requests.Session() as session:
        for found in document.get_all_operations():
            operation = found.ok()
            if mode is GenerationMode.NEGATIVE and not _takes_anything(operation):
                continue

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def fits(case):
                nonlocal asked
                asked += 1
                answer = case.call(session=session, headers=CALLERS[caller])
                too_long = answer.status_code == 414  # which the last check takes for an answer
                case.validate_response(answer, checks=CHECKS[:-1] if too_long else CHECKS)
                said = answer.text.lower()
                told = [name for name in NAMES if name.lower() in said]
                assert told == [] or caller == "who sees"
                assert TOKEN not in said
                assert ACTION_TOKEN not in said

            fits()
    assert asked >= 4 * EXAMPLES


def _takes_anything(operation) -> bool:
    """What takes nothing can be given nothing that is wrong."""
    return bool({"parameters", "requestBody"} & operation.definition.raw.keys())
