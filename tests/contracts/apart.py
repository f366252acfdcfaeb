"""A product is never empty: somebody is logged in, and some groups are there from the first day."""

from syncd.paging import DecodedPage, Members


class Apart:
    """A backend without what was there when it was wrapped, so that it begins as an empty one."""

    def __init__(self, inner, hidden=None):
        self.inner = inner
        collections = (inner.users, inner.groups)
        self.hidden = hidden or [{one.ref for one in each.read()} for each in collections]
        self.users, self.groups = map(_Things, collections, self.hidden)
        self.members = _Members(inner.members, *self.hidden)

    def again(self, inner):
        """Another connection to the same product."""
        return Apart(inner, self.hidden)

    def __getattr__(self, name):
        return getattr(self.inner, name)


class _Things:
    def __init__(self, inner, others):
        self._inner, self._others = inner, others

        if hasattr(inner, "pages"):
            self.pages = self._pages

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def _pages(self):
        for page in self._inner.pages():
            records = [page.decode(at).record for at in range(len(page.prints))]
            yield DecodedPage([one for one in records if one.ref not in self._others])

    def read(self):
        return (one for one in self._inner.read() if one.ref not in self._others)

    def get(self, ref):
        return None if ref in self._others else self._inner.get(ref)


class _Members:
    def __init__(self, inner, users, groups):
        self._inner, self._users, self._groups = inner, users, groups
        if hasattr(inner, "of"):
            self.of = self._of

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def read(self):
        for one in self._inner.read():
            if one.group not in self._groups and one.user not in self._users:
                yield one

    def _of(self, groups):
        for one in self._inner.of([group for group in groups if group not in self._groups]):
            if users := tuple(user for user in one.users if user not in self._users):
                yield Members(one.group, users)
