"""Huddle as a target: the Users API, with the members, managers and teams of one company."""

from syncd.backends.huddle.backend import HuddleBackend
from syncd.backends.huddle.config import HuddleConfig

__all__ = ["HuddleBackend", "HuddleConfig"]
