"""A target of which nothing is known: what a bound plan is held against where no cycle read one."""


class _Nowhere:
    """`core.seen.Now`."""

    versioned = False

    def stored(self, _kind, _refs):
        return {}

    def has(self, _group, _user):
        return False

    def version(self, _kind, _ref):
        return ""


NOWHERE = _Nowhere()
