"""`syncd explain USER`: which record, rule and run made an account so, and what comes next."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial

from msgspec.structs import replace

from syncd.cli.next_run import next_run
from syncd.cli.opening import Opened, each_sync, now
from syncd.cli.progress import Waiting
from syncd.cli.words import TableOrJson
from syncd.config.assemble import assemble, chosen, ledger
from syncd.core.decide import decide
from syncd.engine import ask
from syncd.errors import ConfigError
from syncd.evidence.past import When, explained_at, when
from syncd.explain import Explainer, Explanation, Journal, Rulebook
from syncd.explain.forgotten import forgotten
from syncd.located.suggest import quoted
from syncd.offline import MOST, Recalled, recall
from syncd.render.explanation import render_explanation
from syncd.render.words import joined
from syncd.report import Exit


def explain(
    opened: Opened,
    who: str,
    names: list[str],
    format_: TableOrJson,
    *,
    offline: bool,
    at: str | None = None,
) -> int:
    """Over all syncs: it is no error to be unknown to one of them."""
    explained_in = _recalled if offline else _explained
    if at is not None:
        explained_in = partial(_as_of, when(at))
    found: list[Explanation] = []
    unknown: list[str] = []

    def one(name: str) -> int:
        explained, nobody = explained_in(opened, who, name)
        following = "" if at is not None or not explained else next_run(opened.settings, name)
        found.extend(replace(each, next_run=following) for each in explained)
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
        plan, journal = decide(question), Journal(memory, name)
        explainer = Explainer(question, plan, Rulebook.of(sync), journal)
        explained = explainer.explain(who) or forgotten(sync, memory, who, MOST)
        return explained, explainer.names.nobody(who)


def _recalled(opened: Opened, who: str, name: str) -> tuple[list[Explanation], str]:
    """Neither sources nor target are reached."""
    with (
        closing(ledger(opened.settings, write=False)) as memory,
        closing(assemble(opened.settings, name)) as sync,
    ):
        recalled = recall(sync, memory, who, now())
    for remark in _beside(recalled, who):
        opened.screen.say(f"sync {name}: {remark}")
    return list(recalled.called or recalled.alike), recalled.nobody


def _as_of(then: When, opened: Opened, who: str, name: str) -> tuple[list[Explanation], str]:
    """Neither sources nor target are reached, nor is the sync's configuration of any account."""
    with closing(ledger(opened.settings, write=False)) as memory:
        return explained_at(memory, name, who, then)


def _beside(recalled: Recalled, who: str) -> Iterator[str]:
    if recalled.nobody and recalled.called:
        yield recalled.nobody
    if recalled.called and recalled.alike:
        others = joined([one.name for one in recalled.alike])
        yield f"{quoted(who)} is in the display name of {others}, too"
    if recalled.more:
        yield f"more than {MOST} were found, and not all are told of: say more of the name"
