"""How an account came to be syncd's, in words."""

from syncd.explain import Explanation
from syncd.render.times import moment
from syncd.render.words import safe


def how(one: Explanation) -> str:
    """By which run and which rule, as far as that is known."""
    owned = one.owned
    if owned is None:
        return "made or adopted by syncd"
    run = f" in run {owned.run}, {moment(owned.at)}" if owned.run and owned.at else ""
    rule = f": {safe(owned.rule)}" if owned.rule else ""
    return f"{owned.how}{run}{rule}"
