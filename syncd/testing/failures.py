# ruff: noqa: S101  these are tests, shipped for others to run
"""Laws for what goes wrong: it is told as what it is, and nothing is taken for done or for gone.

Each law needs the target to fail on demand; a subclass overrides what can be done about its own.
"""

import logging
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from syncd.core.mapping import GroupMapping, UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Key, User, UserRecord, flat
from syncd.core.policy import Policy
from syncd.engine import apply
from syncd.errors import BackendError, Denied, Incomplete, Unavailable
from syncd.ledger import Ledger
from syncd.ports import Backend
from syncd.sync import Sync
from syncd.testing.sample import Sample, create, held, needs, seen
from syncd.testing.stated import StatedSource

_NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


class FailureLaws(Sample):
    secrets: ClassVar[tuple[str, ...]] = ()
    """What the backend of `backend` logs in with: none of it may be seen anywhere."""

    def denied(self, _backend: Backend) -> Backend | None:
        """Another connection to the target, with wrong credentials."""
        return None

    def dead(self, _backend: Backend) -> Backend | None:
        """A backend whose server does not answer."""
        return None

    def half_read(self, _backend: Backend) -> AbstractContextManager[object] | None:
        """While it lasts, readings of users begin, and break off in the middle."""
        return None

    def answer_lost(self, _backend: Backend) -> AbstractContextManager[object] | None:
        """While it lasts, the target does what is created, and its answer never comes."""
        return None

    def test_wrong_credentials_are_denied(self, backend: Backend) -> None:
        """The run stops: nothing about single people is to be learnt from that."""
        denied = self.denied(backend)
        if denied is None:
            pytest.skip("the target has no credentials")
        try:
            with pytest.raises(Denied):
                list(denied.users.read())
            with pytest.raises(Denied):
                create(denied.users, "u1", self.user(1))
        finally:
            denied.close()
        assert seen(backend.users) == {}

    def test_a_dead_server_is_unavailable(self, backend: Backend) -> None:
        """Worth trying again, and nothing is known to be gone."""
        dead = self.dead(backend)
        if dead is None:
            pytest.skip("the target has no server")
        try:
            with pytest.raises(Unavailable):
                list(dead.users.read())
            with pytest.raises(Unavailable):
                create(dead.users, "u1", self.user(1))
        finally:
            dead.close()

    def test_half_a_reading_raises(self, backend: Backend) -> None:
        """Who is not in it is not gone."""
        for number in range(self.many):
            create(backend.users, f"u{number}", self.user(number))
        half = self.half_read(backend)
        if half is None:
            pytest.skip("readings of this target do not break off")
        with half, pytest.raises((Incomplete, Unavailable)):
            list(backend.users.read())
        assert len(seen(backend.users)) == self.many

    def test_a_lost_answer_to_a_creation_leads_to_exactly_one_account(
        self, backend: Backend
    ) -> None:
        """The next run finds out whether it was made, and goes on with it."""
        lost = self.answer_lost(backend)
        if lost is None:
            pytest.skip("answers of this target are not lost")
        ada = self.user(1)
        sync, ledger = self.sync(backend, ada), Ledger.in_memory()
        with lost:
            first = apply(sync, ledger, clock=lambda: _NOON, approve=lambda _: True)
        assert first.execution.done == []
        apply(sync, ledger, clock=lambda: _NOON, approve=lambda _: True)
        last = apply(sync, ledger, clock=lambda: _NOON, approve=lambda _: True)
        assert (last.plan.changes, last.plan.conflicts) == ((), ())
        (ours,) = seen(backend.users).values()
        shown = held(backend.users.holds, ada)
        assert {name: ours.get(name) for name in shown} == shown

    def test_secrets_are_in_no_repr_and_no_log(
        self, backend: Backend, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Whatever the target does."""
        needs(bool(self.secrets), "secrets")
        caplog.set_level(logging.DEBUG)
        told = [repr(backend), repr(vars(backend))]
        for bad in (self.denied(backend), self.dead(backend)):
            if bad is not None:
                told += [repr(bad), _error_of(bad)]
                bad.close()
        create(backend.users, "u1", self.user(1))
        list(backend.users.read())
        told.append(caplog.text)
        found = [secret for secret in self.secrets if any(secret in text for text in told)]
        assert found == []

    def sync(self, backend: Backend, *users: User) -> Sync:
        """The whole of syncd on these people."""
        records = [
            UserRecord(Key(str(number)), _given(user), None, f"sample:{number}")
            for number, user in enumerate(users)
        ]
        return Sync(
            name="sample",
            target="target",
            sources={"people": StatedSource(records)},
            backend=backend,
            merge=Precedence(),
            users=UserMapping(),
            groups=GroupMapping(),
            policy=Policy(budgets={}),
            config="sample",
        )


def _given(user: User) -> dict[str, str]:
    """As a source states it."""
    return {
        name: value
        for name, value in flat(user).items()
        if isinstance(value, str) and name in StatedSource.supplies
    }


def _error_of(backend: Backend) -> str:
    try:
        list(backend.users.read())
    except BackendError as error:
        return f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
    return ""
