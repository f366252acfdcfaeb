"""`syncd plan`: what a run now would do; writes nothing but the file that was asked for."""

from contextlib import closing
from pathlib import Path

from rich.text import Text

from syncd import planfile
from syncd.cli.opening import Opened, each_sync, mode, now
from syncd.cli.progress import Waiting
from syncd.cli.words import Format, Reading
from syncd.config.assemble import assemble, chosen, ledger
from syncd.config.settings import Settings
from syncd.core.model import Kind
from syncd.core.plan import Plan
from syncd.core.policy import Adopt
from syncd.engine import cleaned
from syncd.engine import plan as make_plan
from syncd.errors import ConfigError
from syncd.render.markdown import render_markdown
from syncd.render.plan import render_plan
from syncd.report import Exit, plan_exit_code


def plan(  # noqa: PLR0913  an option each
    opened: Opened,
    names: list[str],
    out: Path | None,
    format_: Format,
    shown: int | None,
    how: Reading,
    *,
    detailed: bool,
) -> int:
    chosen_names = chosen(opened.settings, names)
    if len(chosen_names) > 1 and (out is not None or format_ is Format.JSON):
        what = "--out" if out is not None else "--format json"
        raise ConfigError(
            f"{what} is one plan, and there are {len(chosen_names)} syncs: "
            f"say which with --sync ({', '.join(chosen_names)})"
        )

    def one(name: str) -> int:
        made = planned(opened, name, how)
        show(opened, made, format_, shown, out)
        code = plan_exit_code(made)
        return Exit.PENDING if detailed and made.changes and code is Exit.DONE else code

    return each_sync(opened, chosen_names, one)


def unset_adoptions(settings: Settings, sync: str) -> frozenset[Kind]:
    """What the sync's policy adopts nothing of."""
    policy = settings.syncs[sync].policy
    adopts = {Kind.USER: policy.adopt is not Adopt.NEVER, Kind.GROUP: policy.adopt_groups}
    return frozenset(kind for kind, set_ in adopts.items() if not set_)


def planned(opened: Opened, name: str, how: Reading, undo: int | None = None) -> Plan:
    """What a run of the sync now would do, or one that would `undo` a run."""
    mode_ = mode(how)
    with (
        closing(ledger(opened.settings, write=False)) as memory,
        closing(assemble(opened.settings, name)) as sync,
        Waiting(opened.screen.err) as waiting,
    ):
        made = make_plan(sync, memory, now(), waiting, mode_, retry=how.retry, undo=undo)
    return cleaned(made, opened.screen.redact)


def show(opened: Opened, plan: Plan, format_: Format, shown: int | None, out: Path | None) -> None:
    """Kept in a file too, where one is named."""
    if out is not None:
        planfile.write(plan, out)
    _show(opened, plan, format_, shown, out)
    if out is not None:
        opened.screen.say(f"written to {out}; `syncd apply {out}` runs what of it still fits")


def _show(opened: Opened, plan: Plan, format_: Format, shown: int | None, out: Path | None) -> None:
    match format_:
        case Format.TABLE:
            advised = unset_adoptions(opened.settings, plan.sync)
            # The ledger keeps the plans of runs; who only looks approves by the plan's file.
            kept = "`syncd plan --out FILE`, and `syncd approve FILE`,"
            approve = f"`syncd approve {out}`" if out is not None else kept
            opened.screen.show(render_plan(plan, shown, advised, approve))
            opened.screen.show(Text())
        case Format.JSON:
            opened.screen.write_lines(planfile.lines(plan))
        case Format.MARKDOWN:
            opened.screen.write(render_markdown(plan))
