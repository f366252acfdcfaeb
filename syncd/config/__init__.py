"""The configuration: one file, checked whole, and the syncs that it makes."""

from syncd.config.loading import load_settings
from syncd.config.settings import Settings

__all__ = ["Settings", "load_settings"]
