"""Say of a field who changed it, as far as syncd knows."""

from syncd.core.past import Cause, Trace
from syncd.render.times import moment
from syncd.render.words import value


def traced(trace: Trace) -> str:
    """`changed outside: run 12 wrote Engineer, 2026-04-01 12:00 UTC`."""
    if trace.cause is Cause.UNWRITTEN:
        return "never written by syncd"
    when = f", {moment(trace.at)}" if trace.at else ""
    return f"{_CAUSES[trace.cause]}: run {trace.run} wrote {value(trace.written)}{when}"


_CAUSES = {
    Cause.SOURCE: "changed in the source",
    Cause.OUTSIDE: "changed outside",
    Cause.BOTH: "changed in the source and outside",
    Cause.UNSETTLED: "did not last",
    Cause.UNDO: "undo",
    Cause.UNDONE: "undone",
}
