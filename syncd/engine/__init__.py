"""The engine: the whole flow in two functions, and whoever runs syncd calls these two."""

from syncd.engine.engine import apply, ask, cleaned, plan

__all__ = ["apply", "ask", "cleaned", "plan"]
