"""`syncd explain USER`: which record, rule and run made an account so, and what comes next."""

from contextlib import closing
from functools import partial

from syncd.cli.opening import Opened, each_sync, now
from syncd.cli.progress import Waiting
from syncd.cli.words import TableOrJson
from syncd.config.assemble import assemble, chosen, ledger
from syncd.core.decide import decide
from syncd.engine import ask
from syncd.errors import ConfigError
from syncd.explain import Explainer, Explanation
from syncd.render.explanation import render_explanation
from syncd.report import Exit

_LINES = 10


def explain(opened: Opened, who: str, names: list[str], format_: TableOrJson) -> int:
    """Over all syncs: it is no error to be unknown to one of them."""
    found: list[Explanation] = []
    unknown: list[str] = []

    def one(name: str) -> int:
        explained, nobody = _explained(opened, who, name)
        found.extend(explained)
        unknown.extend([] if explained else [f"sync {name}: {nobody}"])
        return Exit.DONE

    code = each_sync(opened, chosen(opened.settings, names), one)
    if not found and unknown:
        raise ConfigError(*unknown)
    if format_ is TableOrJson.JSON:
        opened.screen.write_json(found)
    else:
        for explanation in found:
            opened.screen.show(render_explanation(explanation))
    return code


def _explained(opened: Opened, who: str, name: str) -> tuple[list[Explanation], str]:
    with (
        closing(ledger(opened.settings, write=False)) as memory,
        closing(assemble(opened.settings, name)) as sync,
        Waiting(opened.screen.err) as waiting,
    ):
        question = ask(sync, memory, now(), waiting)
        lines = partial(memory.lines, sync=name, limit=_LINES)
        explainer = Explainer(question, decide(question), sync.users, lambda key: lines(key=key))
        return explainer.explain(who), explainer.names.nobody(who)
