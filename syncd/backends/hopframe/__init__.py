"""HopFrame as a target: users, their permissions, and the groups among these, by its API of v2."""

from syncd.backends.hopframe.backend import HopFrameBackend
from syncd.backends.hopframe.config import HopFrameConfig

__all__ = ["HopFrameBackend", "HopFrameConfig"]
