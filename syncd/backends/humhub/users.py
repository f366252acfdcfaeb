"""HumHub's users (controllers/user/UserController.php, models/ApiUser.php)."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from typing import Any

from msgspec import UNSET

from syncd.backends.http import Session, half_done
from syncd.backends.humhub.config import HumHubConfig
from syncd.backends.humhub.groups import Administrators
from syncd.backends.humhub.listing import LIMIT, everything
from syncd.backends.humhub.refusals import Outdated, Unfit
from syncd.backends.humhub.wire import (
    DELETED,
    MEMBERS_ONLY,
    UNAPPROVED,
    Head,
    HubUser,
    Rows,
    user_from,
    user_to,
)
from syncd.backends.initial import InitialPassword
from syncd.core.model import Key, Ref, Stored, Update, User, Value, flat
from syncd.errors import Conflict, NotFound, Rejected
from syncd.paging import Page, decoded_pages
from syncd.ports import Holds

USERS = "/api/v1/user"
USER = USERS + "/{}"

_BLANK = ("locale",)


class HumHubUsers:
    """`husks` are what soft deletions left, as far as they were seen: still listed, and nobody."""

    def __init__(
        self,
        session: Session,
        config: HumHubConfig,
        holds: Holds,
        admins: Administrators,
        passwords: InitialPassword | None,
    ) -> None:
        self.holds = holds
        self.husks: set[Ref] = set()
        self._session, self._config, self._admins = session, config, admins
        self._passwords = passwords

    def read(self) -> Iterator[Stored[User]]:
        admins = self._admins.refs(anew=True)
        for found in everything(self._session, USERS, Rows[HubUser]):
            if self._is_there(found):
                yield self._stored(found, admins)

    def pages(self) -> Iterator[Page[Stored[User]]]:
        """As `PagedCollection.pages`."""
        return decoded_pages(self.read(), LIMIT)

    def get(self, ref: Ref) -> Stored[User] | None:
        found = self._find(ref)
        return None if found is None else self._stored(found, self._admins.refs())

    def create(self, _key: Key, entity: User) -> Ref:
        """HumHub has no transaction around it: the account comes first, its password and profile
        after. One that is created disabled never gets the default group and spaces
        (User::afterSave), so that it is enabled first."""
        fields = {**dict.fromkeys(_BLANK), **flat(entity), "active": True}
        body = user_to(fields, self._config.profile)
        password = self._password(body)
        ref = Ref(str(self._send("POST", USERS, body, fields).id))
        with half_done():
            if entity.admin:
                self._admins.change(ref, admin=True)
            if not entity.active:
                self.update(ref, Update({"active": True}, {"active": False}))
        if self._passwords is not None:
            self._passwords.hand_over(ref, entity, password)
        return ref

    def update(self, ref: Ref, change: Update) -> None:
        """Who is there is looked at first. A PUT of an id that nobody has is a 500, and until 1.18
        whatever changes an account takes its `authclient_id` away, unless it is told again."""
        current = self._ours(ref)
        body = user_to(change.after, self._config.profile)
        if body:
            self._put(ref, current, body, change.after)
        with half_done() if body else nullcontext():
            if change.after.get("active") is False:
                self._end_sessions(ref)
            if "admin" in change.after:
                self._admins.change(ref, admin=bool(change.after["admin"]))

    def delete(self, ref: Ref) -> None:
        """Looked at first, too: to delete a husk is a success in HumHub."""
        self._ours(ref)
        path = USERS + "/full/{}" if self._config.delete_as == "hard" else USER
        self._session.delete(path, ref)
        self.husks.add(ref)

    def _put(
        self, ref: Ref, current: HubUser, body: dict[str, Any], after: Mapping[str, Value]
    ) -> None:
        """The section `account` is always sent: without it, one that is invalid is a 500."""
        told = body.get("account", {})
        mended: dict[str, Any] = {}
        while True:
            account = {**_echo(current), **told, **mended}
            try:
                self._send("PUT", USER, {**body, "account": account}, after, ref)
            except Outdated as error:
                if error.mended.keys() & {*told, *mended}:
                    raise
                mended |= error.mended
            else:
                return

    def _send(
        self, method: str, path: str, body: Any, fields: Mapping[str, Value], *refs: Ref
    ) -> Head:
        try:
            return self._session.call(method, path, *refs, body=body).json(Head)
        except Unfit as error:
            self._check_free(error, fields, refs)
            raise

    def _check_free(self, error: Unfit, fields: Mapping[str, Value], own: tuple[Ref, ...]) -> None:
        """Whether a name is taken is told in any language, and so the name is looked up."""
        for field, name in (("user_name", "username"), ("email", "email")):
            if value := fields.get(field):
                try:
                    answer = self._session.get(f"{USERS}/get-by-{name}", query={name: str(value)})
                except NotFound:
                    continue
                if str(answer.json(Head).id) not in own:
                    raise Conflict(str(error)) from error

    def _password(self, body: dict[str, Any]) -> str:
        """A new one, added to what is sent; empty where there is none."""
        if self._passwords is None:
            return ""
        password = self._passwords.new()
        self._session.learn_briefly(password)
        must = self._config.must_change_password
        body["password"] = {"newPassword": password, "mustChangePassword": must}
        return password

    def _end_sessions(self, ref: Ref) -> None:
        """They would end with the next page (ControllerAccess), and here they end at once."""
        with suppress(NotFound):
            self._session.delete(USERS + "/session/all/{}", ref, again=True)

    def _ours(self, ref: Ref) -> HubUser:
        """Raises `NotFound`, and `Rejected` where the account is another program's or person's."""
        found = self._find(ref)
        if found is None:
            raise NotFound(f"{self._session.name}: there is no user {ref}")
        account, whose = found.account, f"{self._session.name}: user {account_name(found)}"
        if account.status == UNAPPROVED:
            raise Rejected(f"{whose} waits for approval: approve or decline them in HumHub")
        if account.source not in self._config.user_sources:
            raise Rejected(f"{whose} comes from {account.source}, which is not among user_sources")
        return found

    def _find(self, ref: Ref) -> HubUser | None:
        try:
            found = self._session.get(USER, ref).json(HubUser)
        except NotFound:
            return None
        return found if self._is_there(found) else None

    def _is_there(self, found: HubUser) -> bool:
        if found.account.status == DELETED:
            self.husks.add(Ref(str(found.id)))
        return found.account.status != DELETED

    def _stored(self, found: HubUser, admins: frozenset[Ref] | None) -> Stored[User]:
        admin = None if admins is None else Ref(str(found.id)) in admins
        return user_from(found, self._config.profile, admin)


def account_name(found: HubUser) -> str:
    return found.account.username or str(found.id)


def _echo(current: HubUser) -> dict[str, Any]:
    account = current.account
    told: dict[str, Any] = {"visibility": account.visibility or MEMBERS_ONLY}
    if account.authclient_id is not UNSET:
        told["authclient_id"] = account.authclient_id
    return told
