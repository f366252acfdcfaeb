"""The command line: what an administrator types, and how each verb ends."""

from syncd.cli.app import main

__all__ = ["main"]
