"""Why an account is as it is, or is not there, and what comes next: of one person, from all that a
plan is made of and from the ledger."""

from syncd.explain.explainer import Explainer
from syncd.explain.explanation import Account, AsOf, Attribute, Explanation, Field
from syncd.explain.journal import Journal
from syncd.explain.rulebook import Rulebook

__all__ = [
    "Account",
    "AsOf",
    "Attribute",
    "Explainer",
    "Explanation",
    "Field",
    "Journal",
    "Rulebook",
]
