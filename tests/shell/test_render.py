"""Plans and reports as people see them, and foreign text that can do them no harm."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from msgspec.structs import replace
from rich.console import Console

from syncd.core.memory import Mark, Remark
from syncd.core.model import Kind, Op
from syncd.core.plan import Change, Plan, Problem, Refusal
from syncd.executor import Execution, Failed
from syncd.render.markdown import LONGEST, code, prose, render_markdown, table
from syncd.render.plan import render_plan
from syncd.render.report import render_report
from syncd.render.words import safe, summary, value
from syncd.report import Report, Unsettled


def user(op: str, name: str, **fields) -> Change:
    return Change(Op(op), Kind.USER, f"people:{name}", name, ref="7", **fields)


def member(op: str, name: str, group: str) -> Change:
    return Change(Op(op), Kind.MEMBER, f"people:{group}", f"{name} in {group}", member=name)


def plan(**parts) -> Plan:
    return Plan(
        sync="main",
        target="store",
        created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        config="c",
        **parts,
    )


def shown(what, width: int = 100, **options) -> list[str]:
    """The lines on a plain terminal of this width."""
    stream = StringIO()
    Console(file=stream, width=width, highlight=False, **options).print(what)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def test_a_plan_is_told_section_by_section():
    """What will happen first, then what will not and why, then the sum."""
    whole = plan(
        changes=(
            user(
                "update",
                "zoe",
                before={"title": None},
                after={"title": "Dr"},
                reason="changed: a:1:1",
            ),
            user(
                "suspend", "bob", before={"active": True}, after={"active": False}, reason="leaver"
            ),
            member("add", "ada", "red"),
            member("add", "zoe", "red"),
            member("remove", "bob", "red"),
        ),
        held=(
            Refusal(
                user("delete", "eve", reason="leaver since 2025-01-01"), "over budget user.delete"
            ),
        ),
        refused=(Refusal(user("suspend", "root", reason="leaver"), "protected: user root"),),
        conflicts=(
            Problem(Kind.USER, "people:x", "x", "user_name 'x' is taken by X (9)", "a:2:1"),
        ),
        failures=(Problem(Kind.USER, "people:y", "y", "email: 'mail' is undefined", "a:3:1"),),
        marks=(Mark(Remark.ADOPT, Kind.USER, "people:z", "8", "z", "by email"),),
        notes=("a group cycle",),
        foreign={"user": 2, "group": 0},
    )

    lines = shown(render_plan(whole, 40))

    assert lines == [
        f"main → store   plan {whole.digest[:12]}   2026-01-02 03:04:05 UTC",
        "",
        "Update users (1)",
        "  ~  zoe  title  ∅ → Dr  changed: a:1:1",
        "",
        "Suspend users (1)",
        "  ‖  bob  leaver",
        "",
        "Change members (3)",
        "  =  red  +ada, +zoe  -bob",
        "",
        "Held (1)  over a budget, or waiting for one that is",
        "  over budget user.delete",
        "    -  eve  leaver since 2025-01-01",
        f"  If this is meant, `syncd approve {whole.digest[:12]}` lets exactly this through, once. What may always be",
        "  so is allowed under `budget` in the sync's policy.",
        "",
        "Refused (1)  never runs as things stand",
        "  protected: user root",
        "    ‖  root  leaver",
        "",
        "Conflicts (1)  a person must decide; until then nothing is done",
        "  !  x  user_name 'x' is taken by X (9)",
        "        user people:x, a:2:1",
        "  To take over accounts that exist already, set `adopt: by_email` or `adopt: by_user_name` in the",
        "  sync's policy.",
        "",
        "Failures (1)  could not be mapped; nothing is done to these",
        "  !  y  email: 'mail' is undefined",
        "        user people:y, a:3:1",
        "",
        "  • adopts 1 account by email: z",
        "  • a group cycle",
        "  • 2 users in the target came from elsewhere and will be left alone",
        "",
        "5 changes: update 1 user, suspend 1 user, add 2 members, remove 1 member; 1 held; 1 refused; 1",
        "conflict; 1 failure",
    ]


def test_adoption_is_suggested_only_where_something_is_foreign():
    """A name that one of syncd's own accounts has is no case for it."""
    taken = Problem(Kind.USER, "people:x", "x", "user_name 'x' is taken by X (9)")

    ours = "\n".join(shown(render_plan(plan(conflicts=(taken,)), 40)))
    strange = plan(conflicts=(taken,), foreign={"user": 1, "group": 1})
    foreign = "\n".join(shown(render_plan(strange, 40)))

    assert ("adopt" in ours, "`adopt: by_email`" in foreign) == (False, True)
    assert "adopt_groups" not in foreign


def test_a_withheld_removal_stands_first_in_a_frame():
    """Why, what follows from it, and how many were left out."""
    lines = shown(
        render_plan(
            plan(withheld=("source corp: size limit",), withheld_changes={"user.suspend": 3}), 40
        )
    )

    assert lines[2].startswith("╭─ Removals are withheld ─")
    assert "│   • source corp: size limit" in [line.rstrip("│ ") for line in lines]
    assert any("Left out now: 3 user.suspend." in line for line in lines)
    assert lines[-1] == "Nothing to change; 3 removals withheld"


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int):
    """However long names and reasons are."""
    long = user(
        "update",
        "n" * 90,
        before={"title": "b" * 200},
        after={"title": "a" * 200},
        reason="r " * 90,
    )

    lines = shown(render_plan(plan(changes=(long, member("add", "m" * 90, "g" * 90))), 40), width)

    assert max(map(len, lines)) <= width


PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
HOSTILE = "\x1b]0;owned\x07\x1b[31m\u202eadmin\u2028[bold]x[/bold] :smile: \r\n"


def test_foreign_text_steers_no_terminal():
    """Escapes, bells, line breaks and direction marks are shown, not obeyed; nor is markup."""
    change = user(
        "update", HOSTILE, before={HOSTILE: HOSTILE}, after={HOSTILE: HOSTILE}, reason=HOSTILE
    )
    problem = Problem(Kind.USER, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    whole = plan(
        changes=(change, member("add", HOSTILE, HOSTILE)),
        held=(Refusal(change, HOSTILE),),
        conflicts=(problem,),
        withheld=(HOSTILE,),
        marks=(Mark(Remark.LEFT, Kind.USER, "k", "r", HOSTILE),),
        notes=(HOSTILE,),
    )

    text = "\n".join(shown(render_plan(whole, 40), 2000, no_color=True, force_terminal=False))

    assert not set(text) & set("\x1b\x07\r\u202e\u2028")
    assert text.count("[bold]x[/bold] :smile:") >= 9


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("Zoë Müller 王", "Zoë Müller 王"),
        ("a\tb\x7f", "a\\tb\\x7f"),
        ("\ud800", "\\ud800"),
        (PERSIAN, PERSIAN),
        ("\u200eleft", "\\u200eleft"),
    ],
)
def test_letters_stay_and_controls_are_escaped(text: str, harmless: str):
    """Joiners that Persian is spelled with are letters; direction marks are not."""
    assert safe(text) == harmless


def test_values_are_shown_in_one_line_of_bounded_length():
    """What a target holds may be long, or nothing."""
    assert [value(None), value(True), value(False), len(value("x" * 500))] == [
        "∅",
        "yes",
        "no",
        120,
    ]


def test_the_summary_counts_in_words():
    """Singular and plural, thousands apart."""
    changes = tuple(user("create", f"u{number}") for number in range(1200))

    assert summary(plan(changes=changes)) == "1,200 changes: create 1,200 users"
    assert summary(plan(changes=changes[:1])) == "1 change: create 1 user"
    assert summary(plan()) == "Nothing to change"


def test_markdown_lets_no_foreign_text_out_of_its_cell():
    """No pipe, backtick, tag, mention or line break of a name means anything."""
    hostile = "|`<script>@all*_[x](y)\n"
    change = user(
        "update", hostile, before={"title": hostile}, after={"title": hostile}, reason=hostile
    )

    text = render_markdown(plan(changes=(change,), notes=(hostile,), withheld=(hostile,)))

    (row,) = [line for line in text.splitlines() if line.startswith("| ~")]
    assert row.replace("\\|", "").count("|") == 4
    outside = "".join(part for place, part in enumerate(row.split("``")) if place % 2 == 0)
    assert "<script>" not in outside
    assert "@all" not in outside


def test_code_and_prose_are_escaped_in_their_own_ways():
    """A code span only ends at a longer fence; prose loses its punctuation's meaning."""
    assert code("a`b|c") == "`` a`b\\|c ``"
    assert code("") == "`∅`"
    assert "@\u2060all" in "\n".join(table("@all", [("+", "x", "y")] * 50, 50))
    assert prose("<b>*x*</b> @all & a|b") == "&lt;b&gt;\\*x\\*&lt;/b&gt; @\u2060all &amp; a\\|b"


def test_long_markdown_is_folded_and_cut_to_what_a_comment_takes():
    """The sum stays, the sections shrink, and what is left out is counted."""
    many = tuple(user("create", f"user{n}" * 20, after={"title": "x" * 100}) for n in range(5000))

    text = render_markdown(plan(changes=many, notes=tuple("n" * 100 for _ in range(5000))))

    assert len(text) <= LONGEST
    assert "**5,000 changes: create 5,000 users**" in text
    assert "<details><summary>Changes (5,000)</summary>" in text
    assert "… and 4,950 more." in text


def report(*, unsettled=(), done=(), untried=(), **parts) -> Report:
    tried = [one.change for some in ("failed", "unknown") for one in parts.get(some, ())]
    began = [*done, *tried]
    counted = Counter((change.kind, change.op) for change in done)
    execution = Execution([*began, *untried], len(began), counted, **parts)
    return Report(plan(changes=(user("create", "ada"),)), 7, execution, unsettled)


def told(what: Report) -> list[str]:
    return shown(render_report(what, timedelta(seconds=1.25), 40))


def test_a_run_that_went_well_says_so_in_two_lines():
    """What was done, by which run, how long it took, and that nothing is left."""
    assert told(report(done=[user("create", "ada")])) == [
        "",
        "run 7, 1.2 s   1 change done: created 1 user",
        "The target is as it should be: the next plan is empty.",
    ]


def test_what_a_run_did_not_do_is_told_with_the_reason():
    """Failed, unknown, not begun and not converged, each apart."""
    broken, lost = user("create", "bob"), user("delete", "cy")
    lines = told(
        report(
            done=[user("update", "ada")],
            failed=[Failed(broken, "the login is taken")],
            unknown=[Failed(lost, "no answer")],
            untried=[user("suspend", "eve")],
            stopped="the target did not answer 3 times in a row",
            unsettled=(Unsettled(user("update", "zoe"), {"title": ("Dr", None)}),),
        )
    )

    assert lines == [
        "",
        "Failed (1)",
        "  +  bob  create user: the login is taken",
        "",
        "Unknown (1)  may have happened; the next run looks first",
        "  -  cy  delete user: no answer",
        "",
        "Not begun (1)  the target did not answer 3 times in a row",
        "  suspend 1 user",
        "",
        "Not converged (1)  was written, and something else came back",
        "  ~  zoe  title: wrote Dr, found ∅",
        "",
        "run 7, 1.2 s   1 change done: updated 1 user; 1 failed; 1 unknown; 1 not begun; 1 not converged",
        "What is missing is in the next plan again.",
    ]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"denied": True, "stopped": "no"}, "Mend the rights or the password of syncd's login, then apply again."),
        ({"unsettled": (Unsettled(user("update", "z"), {}),)}, "The target keeps something else than it is given; the next run tries again."),
    ],
)  # fmt: skip
def test_the_last_line_says_what_comes_next(parts, sentence):
    """So that nobody has to plan again to know."""
    assert told(report(**parts))[-1] == sentence


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({}, "Run 3 is undone. What the sources say otherwise the next run makes again: `syncd plan` shows it."),
        ({"denied": True, "stopped": "no"}, "Mend the rights or the password of syncd's login, then undo run 3 again."),
        ({"untried": [user("update", "z")]}, "What is missing is in no other plan: undo run 3 again."),
        ({"unsettled": (Unsettled(user("update", "z"), {}),)}, "The target keeps something else than it is given."),
        ({"unverified": "it is away"}, "What was written could not be read again: it is away"),
        ({"held": (Refusal(user("update", "z"), "no"),)}, "All that may run has run; the rest of the plan waits as said above."),
    ],
)  # fmt: skip
def test_after_an_undo_no_next_plan_is_promised(parts, sentence):
    """That one is made of what the sources say, and knows of no undo."""
    unverified, held = parts.pop("unverified", ""), parts.pop("held", ())
    what = report(**parts)
    undone = replace(what.plan, undoes=3, held=held)
    assert told(replace(what, plan=undone, unverified=unverified))[-1] == sentence
