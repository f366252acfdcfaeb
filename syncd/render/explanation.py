"""One person on a page: what is stated, what should be, what is, what comes next, what has been."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from syncd.core.memory import Link
from syncd.core.model import ATTRIBUTES, Kind, Value
from syncd.core.plan import Change, Problem
from syncd.explain import AsOf, Explanation, Field
from syncd.explain.timers import Timer
from syncd.render.changes import details, in_order
from syncd.render.grounds import kept, last, matched, owned, taken, unread
from syncd.render.listing import Row, indented, listing, pairs
from syncd.render.owning import how
from syncd.render.times import moment
from syncd.render.words import SIGNS, STYLES, joined, safe, value

_RELEASED = "what is held runs by an approval: `syncd approve DIGEST`, as `syncd plan` says it"


def render_explanation(one: Explanation) -> Group:
    return Group(
        _header(one),
        *_part("In the sources", _stated(one)),
        *_part("Taken", taken(one)),
        *_part("Should be", _should_be(one)),
        *_part(f"In {safe(one.target)}", _is(one)),
        *_part("Next", _next(one)),
        *_part("Last", last(one)),
        Text(),
    )


def _header(one: Explanation) -> Text:
    keys = ", ".join(safe(key) for key in (one.key, *one.aliases) if key)
    return Text.assemble(
        (safe(one.name), "bold"),
        (f"   {keys or 'in no source'}   sync {safe(one.sync)}", "dim"),
        (_as_of(one.as_of, one.target) if one.as_of else "", "yellow"),
    )


def _as_of(of: AsOf, target: str) -> str:
    """When what it stands on was read, side by side where that was not at once."""
    sides = [*of.sources.items(), (target, of.target)]
    told = ", ".join(f"{safe(name)} {moment(at)}" for name, at in sides)
    if set(of.sources.values()) == {of.target}:
        told = moment(of.target)
    if of.run is not None:
        return f"\nas run {of.run} found it, {told}"
    if of.full_at != of.target:
        told += f", all of {safe(target)} {moment(of.full_at)}"
    return f"\nas of {told}"


def _part(title: str, inside: Iterable[RenderableType]) -> Iterator[RenderableType]:
    parts = list(inside)
    if parts:
        yield Text()
        yield Text(title, style="bold")
        yield from parts


def _stated(one: Explanation) -> Iterator[RenderableType]:
    yield from unread(one)
    if not one.origins:
        yield Text("  nowhere")
        return
    yield pairs((safe(source), safe(origin)) for source, origin in one.origins.items())
    given = {each.name: each for each in one.attributes}
    several = len(one.origins) > 1
    yield pairs(
        (safe(name), joined(given[name].value), *([safe(given[name].source)] if several else []))
        for name in in_order(given)
    )
    yield from matched(one)


def _should_be(one: Explanation) -> Iterator[RenderableType]:
    if one.not_wanted:
        words = ": ".join(filter(None, (one.instead, safe(one.not_wanted))))
        yield indented((words, "yellow"))
    if one.wanted:
        wanted: Mapping[str, Field] = {each.name: each for each in one.wanted}
        fields = [
            (_short(name), value(wanted[name].value), _by(wanted[name]))
            for name in in_order(wanted)
        ]
        yield pairs([*fields, *_in_groups(one.groups)])


def _by(field: Field) -> str:
    """The rule, and where it stands."""
    return safe(f"{field.rule}, {field.place}" if field.place else field.rule)


def _is(one: Explanation) -> Iterator[RenderableType]:
    if one.forgotten and one.link:
        yield indented((safe(one.link.ref), "dim"), f"  {how(one)}")
    elif one.account is None and one.as_of and one.link:
        yield Text.assemble("  ", (safe(one.link.ref), "dim"), "  was not there then")
    elif one.account is None:
        yield Text("  no account", style="dim")
        yield from owned(one)
    else:
        whose = how(one) if one.account.ours else "not syncd's: left alone"
        yield indented((safe(one.account.ref), "dim"), f"  {whose}")
        fields: Mapping[str, Value] = one.account.fields
        held = [(_short(name), value(fields[name])) for name in in_order(fields)]
        yield pairs([*held, *_in_groups(one.account.groups)])
    if one.link is not None:
        yield from _stamps(one.link)
    yield from kept(one)


def _stamps(link: Link) -> Iterator[RenderableType]:
    if link.left_at:
        yield Text(f"  first missed in the sources {moment(link.left_at)}", style="yellow")
    if link.suspended_at:
        yield Text(f"  suspended by syncd {moment(link.suspended_at)}", style="yellow")
    if link.stripped_at:
        yield Text(f"  stripped of groups by syncd {moment(link.stripped_at)}", style="yellow")


def _next(one: Explanation) -> Iterator[RenderableType]:
    if one.as_of and one.as_of.overtaken_by is not None:
        run = f"run {one.as_of.overtaken_by} has begun since"
        yield Text(f"  not known: {run}, and nothing that it led to was read yet", style="yellow")
        return
    rows = [_change(change, "") for change in one.changes]
    rows += [_change(held.change, f"held: {held.rule}") for held in one.held]
    rows += [_change(refused.change, f"refused: {refused.rule}") for refused in one.refused]
    rows += [_change(change, "") for change in one.group_changes]
    rows += [_change(each.change, f"not made: {each.rule}") for each in one.group_refusals]
    left = (*one.unsettled, *one.drifted, *one.yielded)
    rows += [_change(each.change, f"left: {each.rule}") for each in left]
    rows += [_problem(problem, "conflict") for problem in one.problems]
    rows += [_problem(p, f"conflict of group {p.name or p.key}") for p in one.group_problems]
    rows += [Row(Text("•"), Text("note"), Text(safe(note))) for note in one.notes]
    rows += [_timer(timer) for timer in one.ladder if not timer.planned]
    if one.forgotten:
        nothing = "not known before the next run" if one.link else "nothing: there is no account"
        yield Text(f"  {nothing}", style="dim")
        return
    yield listing(rows) if rows else Text(f"  {one.at_rest}", style="dim")
    if one.held:
        yield indented((_RELEASED, "dim"))
    if one.next_run and rows:
        yield indented((safe(one.next_run), "dim"))


def _problem(one: Problem, what: str) -> Row:
    return Row(Text("!", "red"), Text(safe(what)), Text(safe(one.why)))


def _timer(one: Timer) -> Row:
    when = f"not before {moment(one.due)}"
    told = Text.assemble(when, (f"  {safe(one.stopped)}" if one.stopped else "", "yellow"))
    return Row(Text("•"), Text(one.rung), told)


def _change(change: Change, rule: str) -> Row:
    told = Text.assemble(details(change), (f"  {safe(rule)}" if rule else "", "yellow"))
    style = STYLES[change.op]
    what = f"{change.op} {safe(change.name)}" if change.member else str(change.op)
    what = f"{change.op} group {safe(change.name)}" if change.kind is Kind.GROUP else what
    return Row(Text(SIGNS[change.op], style), Text(what, style), told)


def _in_groups(names: Sequence[str]) -> list[tuple[str, str]]:
    return [("groups", joined(names, len(names)))] if names else []


def _short(name: str) -> str:
    return safe(name.removeprefix(ATTRIBUTES))
