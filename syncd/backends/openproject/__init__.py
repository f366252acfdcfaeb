"""OpenProject as a target: users, their locks, groups and members, by its API v3."""

from syncd.backends.openproject.backend import OpenProjectBackend
from syncd.backends.openproject.config import OpenProjectConfig

__all__ = ["OpenProjectBackend", "OpenProjectConfig"]
