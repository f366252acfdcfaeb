"""The members of a company: the only list of people that Huddle has (Members, Member)."""

from collections.abc import Iterator, Sequence
from urllib.parse import urljoin

from syncd.backends.http import ListPage, Session, whole
from syncd.backends.huddle.wire import Linked, ref_from
from syncd.core.model import Ref
from syncd.core.normal import same
from syncd.errors import NotFound, Rejected

_COMPANY = "/people/companies/{}"


class HuddleMember(Linked, rename="camel"):
    """A member has a number of their own, which is not the user's; whether they are suspended
    stands in the user alone."""

    email_address: str = ""
    company_manager: bool = False

    @property
    def user(self) -> Ref:
        return ref_from(self.href("user"))


class Rows(Linked, rename="camel"):
    members: Sequence[HuddleMember] = ()
    filtered_members: int | None = None
    total_members: int | None = None


class Roster:
    """Who is a member, as it was read last; who is not known is looked for by e-mail."""

    def __init__(self, session: Session, url: str, company: int) -> None:
        self._session, self._company = session, str(company)
        self._base = url.rstrip("/") + "/"
        self._known: dict[Ref, HuddleMember] = {}
        self._stale: set[Ref] = set()
        self._begun = False

    def read(self) -> Iterator[HuddleMember]:
        """Everybody, each once. The order is by a name, and that may change meanwhile: `whole`."""
        self._known, self._stale = {}, set()
        name = f"{self._session.name}: members of company {self._company}"
        for member in whole(name, lambda: self._pages(None), lambda one: one.user):
            self._known[member.user] = member
            yield member
        self._begun = True

    def __contains__(self, ref: Ref) -> bool:
        """Whether the user was a member when all were read last."""
        if not self._begun:
            list(self.read())
        return ref in self._known

    def find(self, ref: Ref, email: str | None) -> HuddleMember | None:
        """The member who is that user."""
        if email and (ref in self._stale or ref not in self._known):
            self._known.pop(ref, None)
            self._stale.discard(ref)
            self.search(email)
        return None if ref in self._stale else self._known.get(ref)

    def search(self, email: str) -> Ref | None:
        """The user with that e-mail. It finds others besides, and these are known then too."""
        holder = None
        for page in self._pages(email):
            for member in page.items:
                self._known[member.user] = member
                if same(member.email_address, email, caseless=True):
                    holder = member.user
        return holder

    def forget(self, ref: Ref) -> None:
        """Something of the member was changed, and who asks for them looks anew."""
        self._stale.add(ref)

    def remove(self, member: HuddleMember) -> None:
        """From the company; the account stays."""
        if (href := member.href("delete")) is None:
            why = "this account may not remove them"
            raise Rejected(f"{self._session.name}: {member.email_address}: {why}")
        self.forget(member.user)
        self._session.delete(self.whole_url(href))
        self._known.pop(member.user, None)

    def set_manager(self, member: HuddleMember, *, manager: bool) -> None:
        """A manager has a third number. 201 for who is one already, 404 for who is none."""
        self.forget(member.user)
        path, href = _COMPANY + "/managers", member.href("companyManager")
        if manager:
            body = {"rel": "member", "href": member.href("self")}
            self._session.post(path, self._company, body=body)
        elif href is not None:
            self._session.delete(self.whole_url(href))

    def whole_url(self, href: str) -> str:
        """Links are relative or absolute."""
        return urljoin(self._base, href)

    def _pages(self, query: str | None) -> Iterator[ListPage[HuddleMember]]:
        """By the links to the next one: how many are on a page is the server's affair. A page that
        is not there is what a list leaves that grew shorter; then fewer came than were counted."""
        asked = {"q": query} if query else None
        answer = self._session.get(_COMPANY + "/members", self._company, query=asked)
        while True:
            rows = answer.json(Rows)
            total = rows.filtered_members if query else rows.total_members
            yield ListPage(rows.members, total)
            if (href := rows.href("next")) is None:
                return
            try:
                answer = self._session.get(self.whole_url(href))
            except NotFound:
                return
