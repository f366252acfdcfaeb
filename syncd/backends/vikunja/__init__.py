"""Vikunja as a target: users, by the admin API in the wiki of its author, as of March 2018."""

from syncd.backends.vikunja.backend import VikunjaBackend
from syncd.backends.vikunja.config import VikunjaConfig

__all__ = ["VikunjaBackend", "VikunjaConfig"]
