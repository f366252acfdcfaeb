"""The pages in a real browser: what they look like, whom they shut out, and how they keep themselves fresh."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from syncd.core.model import Key, Kind, Op
from syncd.core.plan import Change
from tests.daemon.company import MORNING, TOKEN, Shown
from tests.daemon.site import served
from tests.daemon.standings import Bare, plan_of, stand
from tests.servers.browser import PICTURES

pytestmark = pytest.mark.xdist_group("page")

WIDTHS = {"phone": 360, "desktop": 1440}
SCHEMES = ("dark", "light")
SHOWN = {"Authorization": f"Bearer {TOKEN}"}
EVERY = 15_000
"""Milliseconds after which a page asks for itself anew."""


def pages(company) -> dict[str, str]:
    def standing(sync):
        return company.ledger.desk.standing(sync)

    return {
        "overview": "/",
        "sync": "/ui/syncs/wiki",
        "held": "/ui/syncs/projects",
        "runs": "/ui/runs",
        "run": f"/ui/runs/{standing('wiki').run}",
        "plan": f"/ui/plans/{standing('projects').digest}",
        "person": "/ui/people?q=ada.lovelace",
        "missing": "/ui/runs/0",
    }


@contextmanager
def opened(chromium: Browser, site: str, **how) -> Iterator[Page]:
    """A page at the site; at its end nothing may have gone wrong, and nothing been asked elsewhere."""
    how.setdefault("viewport", {"width": 1440, "height": 900})
    context: BrowserContext = chromium.new_context(base_url=site, reduced_motion="reduce", **how)
    wrong: list[str] = []
    page = context.new_page()
    page.on(
        "console",
        lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request", lambda asked: None if asked.url.startswith(site) else wrong.append(asked.url)
    )
    try:
        yield page
        # That a page is not there is its status, which a browser calls an error.
        assert [one for one in wrong if "404" not in one] == []
    finally:
        context.close()


@pytest.fixture(scope="module")
def session(chromium, site) -> dict:
    """Cookies of somebody who has shown the token in the form."""
    with opened(chromium, site) as page:
        log_in(page)
        return page.context.storage_state()


def log_in(page: Page) -> None:
    page.goto("/ui/session")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("main").get_by_role("button", name="Show names").click()
    expect(page.get_by_role("button", name="Hide names")).to_be_visible()


@pytest.mark.parametrize("look", list(zip(WIDTHS, SCHEMES, strict=True)), ids="-".join)
def test_every_page_fits_and_shuts_nobody_out(chromium, site, company, session, axe, look):
    """Nothing to scroll sideways, no barrier that axe-core knows; pictures are kept of all."""
    width, scheme = look
    PICTURES.mkdir(parents=True, exist_ok=True)
    view = {"viewport": {"width": WIDTHS[width], "height": 900}, "color_scheme": scheme}
    barriers = set()
    with opened(chromium, site, storage_state=session, bypass_csp=True, **view) as page:
        for name, path in pages(company).items():
            page.goto(path)
            page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") == WIDTHS[width], path
            barriers |= {(path, *one) for one in found_by(axe, page)}
    assert barriers == set()


def found_by(axe: str, page: Page) -> set[tuple[str, str]]:
    """Which rules of axe-core are broken, and where first."""
    page.evaluate(axe)
    found = page.evaluate("axe.run().then((found) => found.violations)")
    return {(one["id"], one["nodes"][0]["html"]) for one in found}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_who_has_no_token_meets_no_barrier_either(chromium, site, axe, scheme):
    """The page without names, and the form that asks for the token."""
    with opened(chromium, site, color_scheme=scheme, bypass_csp=True) as page:
        for path in ("/", "/ui/people", "/ui/session?wrong=1"):
            page.goto(path)
            assert found_by(axe, page) == set()


def test_no_name_is_too_long_for_a_phone(chromium, empty, company):
    """Two hundred letters without a place to break, in every place that has names."""
    name = "x" * 200
    plan = plan_of(name, held=[name], conflicts=[name])
    run = stand(empty, plan, trouble=name, withheld=(name,), outcome=name, failures=1)
    change = Change(Op.UPDATE, Kind.USER, Key(name), name, before={name: name}, after={name: name})
    empty.begin(run, [change], MORNING)
    narrow = {"viewport": {"width": 360, "height": 800}, "extra_http_headers": SHOWN}
    with (
        served(Bare(company, empty), clock=lambda: MORNING) as site,
        opened(chromium, site, **narrow) as page,
    ):
        for path in (
            "/",
            f"/ui/syncs/{name}",
            "/ui/runs",
            f"/ui/runs/{run}",
            f"/ui/plans/{plan.digest}",
        ):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") == 360, path


def test_without_javascript_everything_is_there(chromium, site, company):
    """The form, the held plan with its command, the search for a person, and the end of the session."""
    with opened(chromium, site, java_script_enabled=False) as page:
        page.goto("/")
        assert "lovelace" not in page.content()
        page.get_by_role("link", name="Show names").first.click()
        page.get_by_label("Token").fill("not-the-right-token")
        page.get_by_role("main").get_by_role("button", name="Show names").click()
        expect(page.get_by_role("alert")).to_have_text("That is not the token.")
        log_in(page)
        digest = company.ledger.desk.standing("projects").digest
        expect(page.get_by_text(f"syncd approve {digest[:12]}")).to_be_visible()
        page.get_by_role("link", name="Look at the plan of projects").click()
        expect(page.get_by_role("heading", name="Held (10)")).to_be_visible()
        page.get_by_role("link", name="People").click()
        page.get_by_label("Login, e-mail").fill("rosalind.franklin")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_text("is taken by rosalind.franklin").first).to_be_visible()
        expect(page.get_by_text("This page stays as it is")).to_be_visible()
        page.get_by_role("button", name="Hide names").click()
        assert "lovelace" not in page.content()


def test_the_keyboard_leads_past_the_head_of_the_page(chromium, site):
    """The first thing that is reached leads to the content, and is seen then."""
    with opened(chromium, site) as page:
        page.goto("/")
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_a_click_on_the_command_selects_it_whole(chromium, site, company):
    """To be copied, nothing has to be met with the mouse."""
    with opened(chromium, site) as page:
        page.goto("/")
        page.locator(".command code").first.click()
        digest = company.ledger.desk.standing("projects").digest
        assert page.evaluate("getSelection().toString()") == f"syncd approve {digest[:12]}"


@pytest.fixture
def living(chromium, company) -> Iterator[tuple[Page, list]]:
    """A page that is open while time passes: its clock, in minutes since the morning."""
    minutes = [0]

    def clock():
        return company.now + timedelta(minutes=minutes[0])

    with served(Shown(company), clock=clock) as site, opened(chromium, site) as page:
        page.clock.install()
        page.goto("/")
        yield page, minutes


def at(page: Page, time: str) -> None:
    expect(page.locator("#fresh")).to_have_text(re.compile(f"As of {time} UTC$"))


def test_the_page_refreshes_itself(living):
    """The times, and what is told; what somebody has opened stays open, and the focus where it is."""
    page, minutes = living
    at(page, "08:25")
    page.locator("details").first.locator("summary").click()
    page.locator("main").get_by_role("link", name="wiki", exact=True).first.focus()
    minutes[0] = 6
    page.clock.run_for(EVERY)
    at(page, "08:31")
    expect(page.locator("main")).to_contain_text("8 min ago")
    assert page.locator("details").first.get_attribute("open") is not None
    assert page.evaluate("document.activeElement.textContent") == "wiki"


def test_nothing_is_replaced_under_somebodys_hands(living):
    """While text is selected, or while the page is told to pause."""
    page, minutes = living
    minutes[0] = 6
    page.locator(".command code").first.click()
    page.clock.run_for(EVERY)
    at(page, "08:25")
    page.evaluate("getSelection().removeAllRanges()")
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(EVERY)
    at(page, "08:25")
    page.get_by_role("button", name="Go on").click()
    at(page, "08:31")


def test_a_word_that_is_being_typed_is_not_lost(living):
    """The search stays as it is until it is sent."""
    page, minutes = living
    log_in(page)
    page.goto("/ui/people?q=ada")
    page.get_by_label("Login, e-mail").fill("ada.love")
    page.get_by_role("heading", name="People").click()
    minutes[0] = 6
    page.clock.run_for(EVERY)
    assert page.get_by_label("Login, e-mail").input_value() == "ada.love"
    at(page, "08:25")


def test_a_daemon_that_is_gone_is_said(chromium, company):
    """What is shown is of then, and the page goes on when the daemon is back."""
    with served(Shown(company), clock=lambda: company.now) as site:
        context = chromium.new_context(base_url=site)
        page = context.new_page()
        page.clock.install()
        page.goto("/")
        context.set_offline(True)
        page.clock.run_for(EVERY)
        expect(page.locator("#fresh")).to_have_text("The daemon does not answer. As of 08:25 UTC")
        context.set_offline(False)
        page.clock.run_for(EVERY)
        at(page, "08:25")
        expect(page.locator("#fresh")).not_to_contain_text("does not answer")
        context.close()
