"""The rows of the table, in the order of what syncd must reach, from what was measured."""

from collections.abc import Iterator, Mapping

from tests.benchmarks.measure import Figure
from tests.benchmarks.parts import COMMAND_LINE, DJANGO, KINDS, LDAP2PG, LDAPSEARCH
from tests.benchmarks.results import Results
from tests.benchmarks.row import MEGA, TIMES, Reach, Row, filled, shown, took

SMALL, MIDDLE, LARGE = 10_000, 100_000, 1_000_000
AS_LONG, AS_FAST = f"{TIMES} as long", f"{TIMES} as fast"
_WORK = {"import": "first import", "unchanged": "nothing changed"}


def rows(found: Mapping[int, Results]) -> list[Row]:
    """All that was measured with a directory."""
    each = [found[size] for size in sorted(found) if size]
    made = [row for part in _BY_SIZE for results in each for row in part(results)]
    return [*made, *_growth(each)]


def _unchanged(results: Results) -> Iterator[Row]:
    reach = Reach(2, TIMES) if results.size >= MIDDLE else None
    for name in (*KINDS, COMMAND_LINE):
        yield _beside_ldapsearch(results, "unchanged", name, reach)


def _first_import(results: Results) -> Iterator[Row]:
    reach = Reach(4, TIMES) if results.size == MIDDLE else None
    for name in (*KINDS, COMMAND_LINE) if results.size <= MIDDLE else KINDS:
        yield _beside_ldapsearch(results, "import", name, reach)


def _beside_ldapsearch(results: Results, part: str, name: str, reach: Reach | None) -> Row:
    """By whole processes, with all that starting takes."""
    ours, theirs = results.figure(part, name), results.figure(part, LDAPSEARCH)
    row = Row(f"{_WORK[part]} → {name}", results.size, LDAPSEARCH, AS_LONG, reach)
    return filled(
        row,
        (ours, theirs),
        lambda: (ours.seconds / theirs.seconds, took(ours), took(theirs)),
    )


def _memory(results: Results) -> Iterator[Row]:
    reach = Reach(300, "MB") if results.size == LARGE else None
    for name in KINDS:
        figure = results.figure("unchanged", name)
        row = Row(f"the same → {name}, memory", results.size, "", "MB", reach)
        yield filled(row, (figure,), lambda figure=figure: (figure.peak / MEGA, "", ""))


def _rivals(results: Results) -> Iterator[Row]:
    reach = Reach(20, TIMES, least=True) if results.size == MIDDLE else None
    others = [(f"{DJANGO}, {kind}", kind) for kind in KINDS] if results.size <= MIDDLE else []
    others += [(LDAP2PG, KINDS[1])] if results.size <= SMALL else []
    for rival, kind in others:
        yield _beside(results, "import", kind, rival, reach if DJANGO in rival else None)
        yield _beside(results, "unchanged", kind, f"{rival}, again", None)


def _beside(results: Results, part: str, kind: str, rival: str, reach: Reach | None) -> Row:
    """Each in times of the ldapsearch beside it, so that they may be measured at different times."""
    mine, beside_mine = results.figure(part, kind), results.figure(part, LDAPSEARCH)
    theirs, beside = results.figure("rivals", rival), results.figure("rivals", LDAPSEARCH)
    name = rival.partition(",")[0]
    row = Row(f"{_WORK[part]} → {kind}", results.size, name, AS_FAST, reach)

    def made() -> tuple[float, str, str]:
        value = theirs.seconds / beside.seconds * beside_mine.seconds / mine.seconds
        return value, took(mine), took(theirs)

    return filled(row, (theirs, mine, beside_mine, beside), made)


def _changes(results: Results) -> Iterator[Row]:
    """By the cycles alone: a service runs them one after another, and starts once."""
    reach = Reach(5, "%") if results.size == LARGE else None
    for kind in KINDS:
        quick = results.figure("changes", f"quick, {kind}")
        full = results.figure("changes", f"full, {kind}")
        work = f"quick cycle, 100 changes → {kind}"
        row = Row(work, results.size, "a full one", "% of its time", reach)
        yield filled(row, (quick, full), lambda a=quick, b=full: _told("cycle", a, b, 100))


def _told(name: str, ours: Figure, theirs: Figure, times: float = 1) -> tuple[float, str, str]:
    mine, other = ours.told(name), theirs.told(name)
    return mine / other * times, shown(mine, "s"), shown(other, "s")


def _reading(results: Results) -> Iterator[Row]:
    ldap3 = results.figure("reading", "ldap3")
    for way, what in (("records", "people"), ("prints", "prints of people")):
        figure = results.figure("reading", way)
        row = Row(f"reading {what}", results.size, "ldap3's paged_search", AS_FAST)
        yield filled(row, (figure, ldap3), lambda figure=figure: _faster(figure, ldap3))


def _faster(ours: Figure, theirs: Figure) -> tuple[float, str, str]:
    mine, other = ours.told("reading"), theirs.told("reading")
    return other / mine, shown(mine, "s"), shown(other, "s")


def _planning(results: Results) -> Iterator[Row]:
    figure = results.figure("planning", "plan")
    reach = Reach(50_000, "a second", least=True) if results.size == LARGE else None
    row = Row("plan of creates", results.size, "", "a second", reach)

    def made() -> tuple[float, str, str]:
        seconds, peak = figure.told("plan"), shown(figure.peak / MEGA, "MB")
        return figure.told("creates") / seconds, f"{shown(seconds, 's')}, {peak}", ""

    yield filled(row, (figure,), made)


_BY_SIZE = (_unchanged, _memory, _first_import, _rivals, _changes, _reading, _planning)


def _growth(each: list[Results]) -> Iterator[Row]:
    """From the smallest to the largest, and of memory from 100,000 to a million."""
    if len(each) < 2:
        return
    by_size = {results.size: results for results in each}
    if {MIDDLE, LARGE} <= by_size.keys():
        for kind in KINDS:
            yield _memory_growth(kind, by_size[MIDDLE], by_size[LARGE])
    small, large = each[0], each[-1]
    reach = Reach(1.5, TIMES) if (small.size, large.size) == (SMALL, LARGE) else None
    for kind in KINDS:
        less, more = (one.figure("changes", f"quick, {kind}") for one in (small, large))
        against = f"{small.size:,} people"
        row = Row(f"quick cycle, 100 changes → {kind}", large.size, against, AS_LONG, reach)
        yield filled(row, (more, less), lambda a=more, b=less: _told("cycle", a, b))


def _memory_growth(kind: str, middle: Results, large: Results) -> Row:
    """Against 1.3 times that at 100,000, and 150 MB."""
    less, more = middle.figure("unchanged", kind), large.figure("unchanged", kind)
    reach = Reach(1.3 * less.peak / MEGA + 150, "MB") if less.runs else None
    work, against = f"nothing changed → {kind}, memory", f"{MIDDLE:,} people"
    row = Row(work, LARGE, against, "MB", reach)
    return filled(row, (more, less), lambda: (more.peak / MEGA, "", shown(less.peak / MEGA, "MB")))
