"""Users of a HopFrame, as the ports have them (docs/api/endpoints/user.md; UserLogic.cs)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from syncd.backends.holders import Holders
from syncd.backends.hopframe.config import HopFrameConfig
from syncd.backends.hopframe.wire import (
    UNMARKED,
    USERS,
    Account,
    account_of,
    account_to_wire,
    changed_account,
    new_account,
    user_from_wire,
)
from syncd.backends.http import Answer, Session
from syncd.backends.initial import InitialPassword
from syncd.core.model import Key, Ref, Stored, Update, User, Value, flat
from syncd.core.normal import same
from syncd.errors import Conflict, Denied, NotFound, Rejected, Unavailable

T = TypeVar("T")

_USERS = "/api/v1/users"
_ONE = _USERS + "/{}"
_LOOK_UP = {"user_name": _USERS + "/username/{}", "email": _USERS + "/email/{}"}


class Failed(Unavailable):
    """An exception that nobody caught: of an update, nothing is stored then."""


_FAILED = {500: Failed}


class HopFrameUsers:
    def __init__(
        self, session: Session, config: HopFrameConfig, passwords: InitialPassword
    ) -> None:
        self.holds = USERS if config.suspend_as == "mark" else UNMARKED
        self._session, self._config, self._passwords = session, config, passwords
        self._names = Holders("user_name", "email")
        self._own: Ref | None = None

    def own(self) -> Ref:
        """The account that syncd logs in with: there is no call that says it."""
        return self._own or self._find_own(self.accounts())

    def read(self) -> Iterator[Stored[User]]:
        accounts = self.accounts()
        self._own = self._find_own(accounts)
        found = [self._decoded(one) for one in accounts]
        self._names.saw(found)
        return iter(found)

    def accounts(self) -> list[Account]:
        """All, in one answer."""
        answer = self._session.get(_USERS)
        return _taken(answer, lambda told: [account_of(one) for one in told], list[Any])

    def account(self, ref: Ref) -> Account:
        """Raises `NotFound`."""
        return _account(self._session.get(_ONE, ref))

    def get(self, ref: Ref) -> Stored[User] | None:
        try:
            return self._decoded(self.account(ref))
        except NotFound:
            return None

    def create(self, _key: Key, entity: User) -> Ref:
        """HopFrame minds who has the same letters; syncd, who has them in another case."""
        fields = flat(entity)
        body = new_account(fields, self._config.admin_permission)
        self._check_free(None, fields)
        password = self._passwords.new()
        self._session.learn_briefly(password)
        ref = _account(self._session.post(_USERS, body={**body, "password": password})).ref
        self._names.met(ref, fields)
        self._passwords.hand_over(ref, entity, password)
        return ref

    def update(self, ref: Ref, change: Update) -> None:
        """Nothing in HopFrame minds a name that another one has, where users are changed."""
        self._check_free(ref, change.after)
        self._check_unused(ref, change.after)
        before = self.account(ref)
        after = changed_account(before, change.after, self._config.admin_permission)
        self.put_back(before, after)
        self._names.met(ref, change.after)

    def delete(self, ref: Ref) -> None:
        """For good, with permissions and tokens."""
        self._session.delete(_ONE, ref)

    def put_back(self, before: Account, after: Account) -> None:
        """The whole user: what is not sent is deleted. The answer repeats what was sent, whatever
        became of it; of a failure (there are builds where each update is one) it is looked at."""
        if after == before:
            return
        try:
            self._session.put(_ONE, after.ref, body=account_to_wire(after), means=_FAILED)
        except Failed as error:
            if _seen(self.account(after.ref)) != _seen(after):
                why = "and stored nothing of it; there are builds of HopFrame that cannot update"
                raise Rejected(f"{error}, {why}") from error

    def _decoded(self, account: Account) -> Stored[User]:
        return user_from_wire(account, self._config.admin_permission)

    def _find_own(self, accounts: list[Account]) -> Ref:
        """Also keeps an empty list from being believed: somebody has asked for it."""
        email = self._config.email
        found = [one.ref for one in accounts if same(one.email, email, caseless=True)]
        if len(found) != 1:
            why = f"{len(found)} users have the e-mail {email}, which should be syncd's account"
            raise Denied(f"{self._session.name}: {why}")
        return found[0]

    def _check_free(self, ref: Ref | None, fields: Mapping[str, Value]) -> None:
        """By who was there when all were read."""
        if any(fields.get(name) for name in _LOOK_UP) and not self._names.known:
            self.read()
        for name, holder in self._names.others(ref, fields):
            found = self.get(holder)
            if found and same(getattr(found.entity, name), fields[name], caseless=True):
                raise Conflict(f"{self._session.name}: user {holder} has {name} {fields[name]!r}")

    def _check_unused(self, ref: Ref, after: Mapping[str, Value]) -> None:
        """By who is there now. Where two have a name already, the look-up fails."""
        for name, path in _LOOK_UP.items():
            if (wanted := after.get(name)) is None:
                continue
            try:
                answer = self._session.get(path, str(wanted), again=False, means=_FAILED)
            except NotFound:
                continue
            except Failed as error:
                raise Conflict(f"{error}: several users may have {name} {wanted!r}") from error
            if (holder := _account(answer).ref) != ref:
                raise Conflict(f"{self._session.name}: user {holder} has {name} {wanted!r}")


def _account(answer: Answer) -> Account:
    return _taken(answer, account_of, dict[str, Any])


def _taken(answer: Answer, read: Callable[[Any], T], kind: type[Any]) -> T:
    try:
        return read(answer.json(kind))
    except msgspec.ValidationError as error:
        raise answer.unexpected(str(error)) from None


def _seen(account: Account) -> tuple[str, str, list[str]]:
    names = sorted(one.permissionname for one in account.permissions)
    return account.username, account.email, names
