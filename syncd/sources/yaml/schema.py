"""The names that a people file may use."""

from syncd.core.model import USER_FIELDS

TOP = frozenset({"users", "groups"})
TEXTS = tuple(sorted(USER_FIELDS - {"active", "admin"}))
STANDING = frozenset({"state", "valid_from", "valid_until"})
USER = frozenset({"id", *TEXTS, "admin", *STANDING, "attributes"})
GROUP = frozenset({"id", "display_name", "members", "groups"})
RESERVED = USER_FIELDS | USER | {"key"}
"""What an attribute may not be called: these names have a meaning already."""
