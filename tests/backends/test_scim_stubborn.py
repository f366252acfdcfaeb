"""A SCIM server that keeps things in its own way: each is named, none is written for ever."""

from syncd.core.drift import ATTEMPTS
from syncd.report import Exit
from tests.backends.scim_world import opened
from tests.servers.scim_fake import FakeScim
from tests.world import group as team
from tests.world import office, person

PEOPLE = [
    person("1", "ada", email="Ada@Example.org", title=" Countess ", display_name="Ada"),
    person("2", "kim", email="kim@example.org", title="Captain", display_name="Kim"),
]
TEAM = team("e", "Engineering", "1", "2")


class _Stubborn(FakeScim):
    """Lower-cases e-mail addresses, trims titles, knows no display names, and leaves one person out
    of every group; it says yes to all."""

    def _touch(self, kind: str, id_: str) -> None:
        super()._touch(kind, id_)
        kept = self.kept[kind][id_]
        kept.pop("displayName", None) if kind == "Users" else None
        if "title" in kept:
            kept["title"] = kept["title"].strip()
        for email in kept.get("emails") or ():
            email["value"] = email["value"].lower()
        ada = next(
            (one["id"] for one in self.kept["Users"].values() if one["userName"] == "ada"), ""
        )
        if kept.get("members"):
            kept["members"] = [one for one in kept["members"] if one["value"] != ada]


def left(plan) -> dict[str, dict[str, tuple[object, object]]]:
    """What was written and what came back, of each."""
    return {
        one.change.id: {
            name: (value, one.change.before.get(name)) for name, value in one.change.after.items()
        }
        for one in plan.unsettled
    }


def test_a_stubborn_server_is_named_field_by_field_and_left_alone():
    """Later runs end with exit code 6 and write nothing; it settles when the source gives in."""
    with _Stubborn() as server, opened(server) as backend:
        here = office(*PEOPLE, groups=[TEAM], backend=backend)
        for _ in range(ATTEMPTS):
            assert here.apply().exit_code == Exit.NOT_CONVERGED
        before = len(server.lines("POST", "PATCH", "PUT", "DELETE"))
        for _ in range(2):
            report = here.apply()
            assert (report.plan.changes, report.exit_code) == ((), Exit.NOT_CONVERGED)
        assert len(server.lines("POST", "PATCH", "PUT", "DELETE")) == before
        assert left(report.plan) == {
            "member/add/p:e/p:1": {},
            "user/update/p:1": {
                "display_name": ("Ada", None),
                "title": (" Countess ", "Countess"),
                **EMAIL,
            },
            "user/update/p:2": {"display_name": ("Kim", None)},
        }
        here.source.has(person("1", "ada", email="ada@example.org", title="Countess"))
        here.source.groups = []
        here.apply()
        report = here.apply()
        assert (report.plan.changes, left(report.plan), report.exit_code) == ((), {}, Exit.DONE)


EMAIL: dict[str, tuple[object, object]] = {}
"""E-mail addresses are compared without case in SCIM (RFC 7643, 2.2): nothing is missed."""
