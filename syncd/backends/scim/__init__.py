"""SCIM 2.0 as a target: RFC 7643 and RFC 7644, with the cursors of RFC 9865."""

from syncd.backends.scim.backend import ScimBackend
from syncd.backends.scim.config import ScimConfig

__all__ = ["ScimBackend", "ScimConfig"]
