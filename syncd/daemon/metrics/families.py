"""All metrics by name. What can be known from the ledger is a gauge, made anew for each scrape."""

from msgspec import Struct

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class Family(Struct, frozen=True):
    """One metric. `buckets` are the upper bounds of a histogram, in seconds."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    type: str = "gauge"
    buckets: tuple[float, ...] = ()


_CHANGES = ("sync", "kind", "op")
_SOURCE, _TARGET = ("sync", "source"), ("sync", "target")


def _of_sync(name: str, told: str) -> Family:
    return Family(name, told, ("sync",))


def _of_readings(side: str) -> tuple[Family, ...]:
    labels = ("sync", side)
    return (
        Family(
            f"syncd_{side}_entries",
            f"Entries in the last reading of the {side}; of a delta, those that it told of",
            (*labels, "kind"),
        ),
        Family(f"syncd_{side}_whole", f"Whether the {side} was last read whole", labels),
        Family(
            f"syncd_{side}_delta", f"Whether the last reading of the {side} was of changes", labels
        ),
        Family(
            f"syncd_{side}_last_reading_seconds", f"What the {side}'s last reading took", labels
        ),
    )


DAEMON = (
    Family("syncd_build_info", "Versions of syncd and Python", ("version", "python")),
    Family("syncd_ledger_up", "Whether the ledger answers"),
    Family("syncd_ledger_size_bytes", "What the ledger takes: its file, or its tables"),
    Family("syncd_leader", "Whether this daemon is the one of its pair that runs syncs"),
    Family("syncd_daemons", "Daemons that gave a sign of life in the last minute"),
    Family("syncd_able", "Whether this daemon can do its work"),
    Family("syncd_scheduler_alive", "Whether the scheduler gave a sign of life lately"),
    Family("syncd_audit_up", "Whether the audit has all that was committed, and can be written"),
    Family(
        "syncd_audit_whole",
        "Whether this daemon found the audit as it was written or another",
    ),
)

SYNCS = (
    _of_sync(
        "syncd_sync_verified_age_seconds",
        "Since a cycle last read all whole, made its changes and found them there; +Inf for never",
    ),
    _of_sync("syncd_sync_verified_timestamp_seconds", "When that was, in Unix time"),
    _of_sync("syncd_sync_attempt_age_seconds", "Since the last cycle ended"),
    _of_sync("syncd_sync_attempt_timestamp_seconds", "When the last cycle ended, in Unix time"),
    _of_sync("syncd_sync_last_run_seconds", "What the last cycle took"),
    Family("syncd_sync_outcome", "1 for the last cycle's outcome", ("sync", "outcome")),
    _of_sync("syncd_sync_failures", "Cycles in a row that failed"),
    _of_sync("syncd_sync_failing_seconds", "Since the first of these; 0 where all is well"),
    _of_sync("syncd_sync_next_run_timestamp_seconds", "When it runs next, in Unix time"),
    _of_sync("syncd_sync_interval_seconds", "The longest time between runs by its schedule"),
    _of_sync("syncd_sync_time_limit_seconds", "How long a run may take"),
    _of_sync("syncd_sync_under_way", "Whether a cycle is under way"),
    _of_sync("syncd_sync_under_way_seconds", "Since that began; 0 where none is under way"),
    Family("syncd_changes_pending", "Planned, allowed, and not made by the last run", _CHANGES),
    Family("syncd_changes_held", "Waiting for an approval", _CHANGES),
    Family("syncd_changes_withheld", "Removals that wait for a whole reading", _CHANGES),
    Family("syncd_changes_failed", "Failed, or in doubt, in the last run", _CHANGES),
    _of_sync("syncd_changes_refused", "What the policy never lets run"),
    _of_sync("syncd_changes_unsettled", "Made by the last run, and not found there afterwards"),
    _of_sync("syncd_fields_never_settling", "Kept otherwise by the target however often written"),
    Family("syncd_fields_drifted", "Found changed outside by the last run", ("sync", "outcome")),
    _of_sync("syncd_conflicts", "What a person has to decide"),
    _of_sync("syncd_unmapped_records", "Records that could not be mapped"),
    _of_sync("syncd_withheld_reasons", "Why removals are withheld: how many reasons"),
)

READINGS = (*_of_readings("source"), *_of_readings("target"))

GAUGES = (*DAEMON, *SYNCS, *READINGS)

RUNS = Family("syncd_runs_total", "Cycles by their outcome", ("sync", "outcome"), "counter")
CHANGES = Family(
    "syncd_changes_total", "Changes tried, by their outcome", (*_CHANGES, "outcome"), "counter"
)
ERRORS = Family(
    "syncd_target_errors_total",
    "Calls to the target that failed, by the class of error",
    ("target", "verb", "error"),
    "counter",
)
EVENTS = Family(
    "syncd_events_total",
    "What befell the daemon: reloads, leads won and lost, pauses after failures, bugs",
    ("event",),
    "counter",
)
COUNTERS = (RUNS, CHANGES, ERRORS, EVENTS)

REFUSED = Family(
    "syncd_reload_refused", "Whether the last reload was refused, so that older settings are used"
)

_READING = (0.1, 0.5, 1.0, 5.0, 15.0, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR)

RUN_SECONDS = Family(
    "syncd_run_duration_seconds",
    "What cycles took",
    ("sync",),
    "histogram",
    (0.1, 0.5, 1.0, 5.0, 15.0, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR),
)
SOURCE_SECONDS = Family(
    "syncd_source_reading_duration_seconds",
    "What readings of the source took",
    _SOURCE,
    "histogram",
    _READING,
)
TARGET_SECONDS = Family(
    "syncd_target_reading_duration_seconds",
    "What readings of the target took",
    _TARGET,
    "histogram",
    _READING,
)
CALL_SECONDS = Family(
    "syncd_target_call_duration_seconds",
    "What calls to the target took",
    ("target", "verb"),
    "histogram",
    (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, MINUTE),
)
LEAVER_SECONDS = Family(
    "syncd_leaver_suspension_seconds",
    "From when a leaver was first missed until the account was suspended",
    ("sync",),
    "histogram",
    (
        *(MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR),
        *(DAY, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY),
    ),
)
HISTOGRAMS = (RUN_SECONDS, SOURCE_SECONDS, TARGET_SECONDS, CALL_SECONDS, LEAVER_SECONDS)

ALL = (*GAUGES, REFUSED, *COUNTERS, *HISTOGRAMS)
