"""Huddle's users, as far as they are members of the company (Users)."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

from syncd.backends.http import Session, half_done
from syncd.backends.huddle.config import HuddleConfig
from syncd.backends.huddle.provisioning import Provisioning
from syncd.backends.huddle.roster import HuddleMember, Roster
from syncd.backends.huddle.wire import (
    BY_SCIM,
    HuddleUser,
    profile_to,
    ref_from,
    user_from,
)
from syncd.backends.initial import InitialPassword
from syncd.core.model import Key, Ref, Stored, Update, User, Value, flat
from syncd.errors import BackendError, Denied, Incomplete, NotFound, Rejected, Unavailable
from syncd.paging import Page, decoded_pages
from syncd.ports import Holds

_USER = "/users/{}"


class HuddleUsers:
    def __init__(
        self,
        session: Session,
        config: HuddleConfig,
        holds: Holds,
        roster: Roster,
        passwords: InitialPassword,
    ) -> None:
        self.holds = holds
        self._session, self._config, self._roster = session, config, roster
        self._passwords = passwords
        self._provisioning = Provisioning(session, config.company)

    def read(self) -> Iterator[Stored[User]]:
        """The list has no status, so that each user is asked for: as many at once as is allowed."""
        members = list(self._roster.read())
        pool = ThreadPoolExecutor(self._config.concurrency)
        try:
            for stored in pool.map(self._shown, members):
                if stored is not None:
                    yield stored
        except (Unavailable, Rejected) as error:
            why = f"{self._session.name}: users could not be read to their end: {error}"
            raise Incomplete(why) from error
        finally:
            pool.shutdown(cancel_futures=True)

    def pages(self) -> Iterator[Page[Stored[User]]]:
        """As `PagedCollection.pages`: each user is a call."""
        return decoded_pages(self.read(), 1)

    def get(self, ref: Ref) -> Stored[User] | None:
        found = self._find(ref)
        if found is None or (member := self._roster.find(ref, found.email)) is None:
            return None
        return user_from(ref, found, admin=member.company_manager)

    def create(self, _key: Key, entity: User) -> Ref:
        fields = {name: value for name, value in flat(entity).items() if name != "active"}
        admin = bool(fields.pop("admin", False))
        if self._config.create_by == "users":
            ref = self._create(entity, fields)
            rest: dict[str, Value] = {}
        else:
            self._provisioning.create(fields)
            rest = {name: value for name, value in fields.items() if name not in BY_SCIM}
            with half_done():
                ref = self._made(entity.user_name)
        with half_done():
            self._change(ref, rest)
            if not entity.active:
                self._set_status(ref, active=False)
            if admin:
                self._roster.set_manager(self._member(ref), manager=True)
        return ref

    def update(self, ref: Ref, change: Update) -> None:
        """403 is said of who is no member any more, too: nobody manages them."""
        try:
            self._update(ref, dict(change.after))
        except Denied:
            self._roster.forget(ref)
            self._member(ref)
            raise

    def delete(self, ref: Ref) -> None:
        member = self._member(ref)
        if self._config.delete_as == "account":
            self._provisioning.delete(member.email_address)
            self._roster.forget(ref)
        else:
            self._roster.remove(member)

    def _update(self, ref: Ref, after: dict[str, Value]) -> None:
        member = self._member(ref)
        active, admin = after.pop("active", None), after.pop("admin", None)
        self._change(ref, after)
        with half_done() if after else nullcontext():
            if active is not None:
                self._set_status(ref, active=bool(active))
            if admin is not None:
                self._roster.set_manager(member, manager=bool(admin))

    def _create(self, entity: User, fields: Mapping[str, Value]) -> Ref:
        """By the Users API: 403 for all but Huddle's own administrators. There is no Location."""
        password = self._passwords.new()
        self._session.learn_briefly(password)
        body = {**profile_to(fields), "password": password}
        answer = self._session.post("/users", body=body)
        ref = ref_from(answer.json(HuddleUser).href("self"))
        self._passwords.hand_over(ref, entity, password)
        return ref

    def _made(self, email: str) -> Ref:
        """SCIM's id is none that anything else goes by."""
        if (ref := self._roster.search(email)) is None:
            raise BackendError(f"{self._session.name}: {email} was made, and is no member")
        return ref

    def _change(self, ref: Ref, after: Mapping[str, Value]) -> None:
        """In two stages: whether what is not sent would be cleared no page says, so that all of
        what may be edited is sent back. What is answered may be of before: nobody looks at it."""
        if not after:
            return
        current = self._session.get(_USER + "/editable", ref)
        links = current.json(HuddleUser)
        if (href := links.href("update")) is None:
            raise Rejected(f"{self._session.name}: user {ref}: this account may not update them")
        body = {**current.json(dict[str, Any]), **profile_to(after)}
        body.pop("links", None)
        self._session.put(self._roster.whole_url(href), body=body)
        if "user_name" in after:
            self._roster.forget(ref)

    def _set_status(self, ref: Ref, *, active: bool) -> None:
        """Looked at first, for what the same status once more would do no page says."""
        found = self._find(ref)
        if found is None:
            raise NotFound(f"{self._session.name}: there is no user {ref}")
        if found.active == active:
            return
        if (href := found.href("update-status")) is None:
            why = "this account may not change their status"
            raise Rejected(f"{self._session.name}: user {ref}: {why}")
        body = {"status": "active" if active else "suspended"}
        url = self._roster.whole_url(href)
        self._session.post(url, body=body, media_type="application/json")

    def _member(self, ref: Ref) -> HuddleMember:
        """Raises `NotFound`."""
        member = self._roster.find(ref, None)
        if member is None and (found := self._find(ref)) is not None:
            member = self._roster.find(ref, found.email)
        if member is None:
            raise NotFound(f"{self._session.name}: the company has no member who is user {ref}")
        return member

    def _find(self, ref: Ref) -> HuddleUser | None:
        try:
            return self._session.get(_USER, ref).json(HuddleUser)
        except NotFound:  # 404, and 410 for who was deleted
            return None

    def _shown(self, member: HuddleMember) -> Stored[User] | None:
        ref = member.user
        if (found := self._find(ref)) is None:
            return None
        return user_from(ref, found, admin=member.company_manager)
