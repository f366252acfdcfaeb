"""The pages for people, as HTML: what they tell, to whom, and that nothing in them is taken for more
than text."""

import re
from datetime import timedelta
from html import unescape

import pytest

from syncd.core.model import Key, Kind, Op
from syncd.core.plan import Change
from syncd.errors import LedgerError
from syncd.ledger import Daemon, Signature
from tests.daemon.company import MORNING, STRANGE, Shown
from tests.daemon.site import page, served
from tests.daemon.standings import Bare, plan_of, stand

pytestmark = pytest.mark.xdist_group("page")

DEADLINE = 5.0
"""Seconds for a page about more than anybody has."""


def digest(company, sync="projects"):
    return company.ledger.desk.standing(sync).digest


def run_of(company, sync):
    return company.ledger.desk.standing(sync).run


def everywhere(company):
    """One of every page."""
    return [
        "/",
        "/ui/runs",
        "/ui/runs?every=true",
        *(f"/ui/runs/{run_of(company, sync)}" for sync in ("wiki", "projects", "forum")),
        "/ui/runs/1",
        *(f"/ui/syncs/{sync}" for sync in company.settings.syncs),
        f"/ui/plans/{digest(company)}",
        f"/ui/plans/{digest(company)}?section=held",
        "/ui/people?q=ada.lovelace",
        "/ui/session",
    ]


def words(html):
    """What is read of it."""
    main = html[html.index("<main") : html.index("</main>")]
    text = re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", main)))
    return re.sub(" ([,.:])", r"\1", text)


def test_without_the_token_no_page_has_anything_of_a_person(company, site):
    """No name, login, address, key or title, nor the origin of a record, anywhere in the HTML."""
    told = {one[field] for some in company.people.values() for one in some for field in one}
    told |= {"lovelace", "rosalind", "Queen", "Partner since", ".yaml", "titles must be plain"}
    pages = {path: page(site, path, names=False) for path in everywhere(company)}
    leaks = {(path, word) for path, html in pages.items() for word in told if word in html}
    assert leaks == set()


def test_without_the_token_counts_are_told_and_how_to_see_names(site):
    """Who looks knows what waits, and what to do to read of whom."""
    told = words(page(site, names=False))
    assert "3 of 6 syncs need you" in told
    assert "10 changes held (suspend 10 users)" in told
    assert "show names" in told
    assert 'action="/session"' in page(site, "/ui/people", names=False)


def test_where_no_token_is_set_the_page_says_how_to_set_one(company):
    """There is no form that nobody can pass."""
    status = company.settings.status.model_copy(update={"token": None})
    settings = company.settings.model_copy(update={"status": status})
    with served(Shown(company, settings=settings), clock=lambda: company.now) as url:
        html = page(url, "/ui/people", names=False)
    assert "status.token" in html
    assert 'name="token"' not in html


def test_what_somebody_wrote_is_text_and_never_markup(company, site):
    """A title of tags is shown as it was written."""
    html = page(site, f"/ui/runs/{run_of(company, 'wiki')}")
    assert STRANGE not in html
    assert STRANGE in words(html)


def test_a_held_plan_is_found_with_its_reason_and_the_command_that_approves_it(company, site):
    """On the first page, on that of the sync and on that of the plan."""
    command = f"syncd approve {digest(company)[:12]}"
    for path in ("/", "/ui/syncs/projects"):
        html = page(site, path)
        assert command in words(html)
        assert "over budget user.suspend: 14 planned, 4 allowed of 40" in words(html)
        assert f"/ui/plans/{digest(company)}" in html
    plan = words(page(site, f"/ui/plans/{digest(company)[:12]}"))
    assert command in plan
    assert "Held (10)" in plan
    assert plan.count("suspend user") == 10
    assert "user_name 'rosalind.franklin' is taken by rosalind.franklin" in plan
    assert "the template needs 'given_name', and there is none" in plan


def test_where_two_people_must_approve_the_page_says_how_many_have(company):
    """On the page of the sync and on that of the plan, with the command for the second one."""
    projects = company.settings.syncs["projects"]
    rule = projects.policy.approval.model_copy(update={"people": 2})
    policy = projects.policy.model_copy(update={"approval": rule})
    syncs = {**company.settings.syncs, "projects": projects.model_copy(update={"policy": policy})}
    settings = company.settings.model_copy(update={"syncs": syncs})
    desk, now = company.ledger.desk, company.now
    signed = Signature("Kay", now, now + timedelta(hours=1))
    given = desk.approve(desk.plan(digest(company)), signed, 2)
    try:
        with served(Shown(company, settings=settings), clock=lambda: company.now) as url:
            for path in ("/ui/syncs/projects", f"/ui/plans/{digest(company)}"):
                told = words(page(url, path))
                assert "Kay" in told
                assert "1 of 2. Another person must approve the same" in told
                assert f"syncd approve {digest(company)[:12]}" in told
    finally:
        desk.withdraw_approval(given.approval, now)


def test_what_another_hand_did_in_a_target_and_was_put_back_is_told(site):
    """The field, what syncd had written, what was there, and what is there now."""
    told = words(page(site, "/ui/syncs/wiki"))
    assert "syncd wrote Senior Engineer, found Queen, and wrote Senior Engineer" in told
    assert "it was gone from the target, and was made again" in told
    assert "was taken out of the group there, and was added again" in told


def test_a_run_shows_each_change_before_and_after(company, site):
    """And of one that failed, why."""
    done = words(page(site, f"/ui/runs/{run_of(company, 'wiki')}"))
    assert "update user ada.lovelace changed: staff.yaml:1:12" in done
    assert "title was Queen → became Senior Engineer" in done
    failed = words(page(site, f"/ui/runs/{run_of(company, 'forum')}"))
    assert "failed" in failed
    assert "titles must be plain" in failed


def test_a_long_run_is_read_page_by_page(company, site):
    """Every change is on one page, and on no other."""
    told, path = [], "/ui/runs/1"
    while path:
        html = page(site, path)
        told += re.findall(r'<li class="change [a-z]+">', html)
        following = re.search(r'rel="next" href="(\?after=\d+)"', html)
        path = f"/ui/runs/1{following[1]}" if following else ""
    assert len(told) == company.ledger.chronicle.run(1).done > 100


def test_a_person_is_found_in_every_sync_with_what_comes_next(site):
    """What the sources state, what should be, what is, and what has been."""
    told = words(page(site, "/ui/people?q=ada.lovelace"))
    assert "5 matches in 5 syncs, none in 2" in told
    assert "email ada.lovelace@staff.example.org ada.lovelace@staff.example.org attribute" in told
    assert "suspend user ada.lovelace held" in told
    assert "First missed in the sources" in told
    assert "update user ada.lovelace" in told
    assert "was made by syncd in run" in told
    assert "attribute user_name, by name" in told


def test_nobody_is_found_by_a_word_that_nobody_has(site):
    """And it is told where was looked."""
    told = words(page(site, "/ui/people?q=%3Cb%3Enobody%00%E2%80%AE"))
    assert "0 matches in 0 syncs" in told
    assert "Nobody is called so in wiki, projects, forum, campus, intranet" in told


@pytest.mark.parametrize(
    "path",
    [
        *("/ui/runs/0", "/ui/runs/999999", "/ui/runs/x", "/ui/runs/%D9%A3", "/ui/runs/1e3"),
        *("/ui/runs/99999999999999999999999", "/ui/runs/-1", f"/ui/runs/{'9' * 5000}"),
        *("/ui/plans/zz", "/ui/plans/0123456789", f"/ui/plans/{'0' * 64}", "/ui/plans/%25"),
        *("/ui/syncs/nobody", "/ui/syncs/%3Cscript%3E", "/ui/syncs/a%2Fb", "/ui/syncs/"),
    ],
)
def test_what_does_not_exist_is_said_in_a_page(site, path):
    """Whatever stands in the address, it is no error of ours, and harmless text."""
    html = page(site, path, status=404)
    assert "There is nothing here" in html
    assert "<script>" not in html


@pytest.mark.parametrize(
    "path", ["/ui/runs/1?after=x", "/ui/runs?before=-1", "/ui/runs?before=9e9"]
)
def test_a_number_that_is_none_is_refused(site, path):
    """With a word, not with a page of something else."""
    page(site, path, status=422)


def test_a_place_beyond_the_end_is_empty(company, site):
    """And no error, however far it is."""
    far = 10**9
    assert "No more are kept" in page(
        site, f"/ui/plans/{digest(company)}?section=held&offset={far}"
    )
    assert "None after these" in words(page(site, f"/ui/runs/1?after={2**53}"))
    assert "None" in words(page(site, "/ui/runs?sync=%00&before=0"))


def test_a_daemon_that_cannot_work_says_so_first(company):
    """Why is for who shows the token."""
    trouble = "the configuration: target wiki of ann@example.org"
    with served(Shown(company, trouble=trouble), clock=lambda: company.now) as url:
        assert f"This daemon cannot work: {trouble}" in words(page(url))
        told = words(page(url, names=False))
    assert "This daemon cannot work. Its log says why." in told
    assert "ann@" not in told


def test_who_leads_is_told_and_who_has_fallen_silent(company, empty):
    """Of a pair; a leader without a sign of life leads no more, and then everything waits."""
    stand(empty, plan_of("wiki"))
    for name, ago, leads in (("1@a", 90, True), ("2@b", 2, False)):
        seen = MORNING - timedelta(seconds=ago)
        empty.desk.see(Daemon(name, "0.1.0", MORNING, seen, leads))
    live = Bare(company, empty)
    live.leader = False
    with served(live, clock=lambda: MORNING) as url:
        told = words(page(url))
        assert "1@a silent" in told
        assert "2@b stands by" in told
        assert "No daemon leads, so nothing will run" in words(page(url, "/ui/syncs/wiki"))


def test_a_ledger_that_cannot_be_read_is_said(company):
    """Its words may have the database's address in them, and are for who shows the token."""

    class Lost(Shown):
        @property
        def ledger(self):
            raise LedgerError("the ledger: no route to db.example.org")

    with served(Lost(company), clock=lambda: company.now) as url:
        assert "no route to db.example.org" in page(url, status=503)
        assert "db.example.org" not in page(url, names=False, status=503)


ODD = [
    "",
    " ",
    STRANGE,
    "\u202egnp.exe\u2066",
    "x" * 200,
    "שלום",
    "a/b?c#d%e&f",
    "\x00\x1b[31m",
    "'\"`{{ 7*7 }}{% raw %}",
    "Zoë\u0301\n\tMüller",
]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_break_no_page(company, empty, name):
    """Of syncs, people, targets and in all words: each page is there, and the name is text in it."""
    plan = plan_of(name, held=[name, name], conflicts=[name])
    lines = [
        Change(
            Op.UPDATE,
            Kind.USER,
            Key(name),
            name,
            before={name: name},
            after={name: "x"},
            reason=name,
        ),
        Change(Op.ADD, Kind.MEMBER, Key(name), name, member=Key(name)),
    ]
    told = {"trouble": name, "withheld": (name,), "outcome": name or "done", "failures": 1}
    run = stand(empty, plan, **told)
    empty.begin(run, lines, MORNING)
    with served(Bare(company, empty), clock=lambda: MORNING) as url:
        for path in ("/", "/ui/runs", f"/ui/runs/{run}", f"/ui/plans/{plan.digest}"):
            for names in (True, False):
                html = page(url, path, names=names)
                assert STRANGE not in html
                assert "49" not in words(html).split()
                assert "\u202e" not in html
                assert "\x1b" not in html
        links = re.findall(r'href="(/ui/syncs/[^"]*)"', page(url))
        if name.strip() and "\n" not in name:  # no configured sync is called so
            assert page(url, unescape(links[0]))


def test_the_sync_that_is_configured_no_more_is_told_of_last(company, empty):
    """What it did stays to be seen, and nobody is asked to mend it."""
    stand(empty, plan_of("old-portal", held=["ada"]))
    with served(Bare(company, empty), clock=lambda: MORNING) as url:
        told = words(page(url))
        assert "old-portal Not configured" in told
        assert "Waits for you" not in told
        assert "configuration no more" in words(page(url, "/ui/syncs/old-portal"))


def test_five_hundred_syncs_are_one_page(company, empty, seconds):
    """The worst as cards, and each of the others in a line."""
    for number in range(500):
        stand(empty, plan_of(f"s{number:03}", held=["ada"] if number == 77 else []))
    with served(Bare(company, empty), clock=lambda: MORNING) as url, seconds(DEADLINE):
        html = page(url)
    assert all(f"/ui/syncs/s{number:03}" in html for number in range(500))
    assert html.count("<article") == 24


def test_ten_thousand_held_changes_are_read_page_by_page(company, empty, seconds):
    """The first page says how many, and the plan's page leads to each."""
    plan = plan_of("projects", held=[f"person{number}" for number in range(10_000)])
    stand(empty, plan)
    with served(Bare(company, empty), clock=lambda: MORNING) as url:
        with seconds(DEADLINE):
            assert "Held (10,000)" in words(page(url, f"/ui/plans/{plan.digest}"))
            assert "10,000 changes held" in words(page(url, "/ui/syncs/projects"))
        last = words(page(url, f"/ui/plans/{plan.digest}?section=held&offset=9950"))
    assert "person9950" in last
    assert "person9999" in last
