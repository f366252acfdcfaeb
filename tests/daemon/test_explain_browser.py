"""The page of one person in a real browser: every part of an explanation fits, and shuts nobody out."""

from datetime import timedelta

import pytest

from syncd.config.loading import load_settings
from tests.daemon.company import MORNING, TOKEN, Company, Shown, people
from tests.daemon.site import served
from tests.daemon.test_page_browser import SCHEMES, SHOWN, WIDTHS, found_by, opened
from tests.servers.browser import PICTURES

pytestmark = pytest.mark.xdist_group("page")

CONFIG = f"""
sources:
  staff: {{type: yaml, paths: [staff.yaml]}}
  partners: {{type: yaml, paths: [partners.yaml]}}
targets:
  wiki: {{type: sql, url: sqlite:///wiki.db}}
syncs:
  wiki:
    sources: [staff, partners]
    target: wiki
    merge: {{by: email}}
    users:
      take: {{member_of: [All], except: {{title: Robot*}}}}
    policy:
      budget: {{per_attribute: {{email: {{count: 0}}}}}}
      drift: {{title: report}}
      ladder: {{suspend: 0d, strip: 14d, delete: 30d}}
      legal_holds: [{{user: "alan.johnson", reason: case 12/2026}}]
      protect: {{users: ["grace.*"]}}
status: {{token: {TOKEN}}}
"""
TOLD = {
    "protected": (
        "grace.knuth",
        ["protected: user grace.knuth", "refused", "changed in the source"],
    ),
    "held": ("edsger.hamilton", ["over budget", "held"]),
    "on the ladder": ("ada.lovelace", ["strip", "delete", "First missed", "Suspended by syncd"]),
    "under a legal hold": ("alan.johnson", ["legal hold: case 12/2026"]),
    "not taken": ("robot", ["not met", "users.take.except.title", "There is no account"]),
    "drifted": (
        "katherine.ritchie",
        ["one person of", "changed outside: run 1", "left so by `policy.drift`"],
    ),
    "in no sync": ("nobody.here", ["Nobody is called so in"]),
}
"""A person each, and what must be among the words."""


@pytest.fixture(scope="module")
def wiki(tmp_path_factory):
    """A site whose people have something of everything that is told of one."""
    here = Company(tmp_path_factory.mktemp("wiki"))
    (here.path / "config.yaml").write_text(CONFIG)
    here.settings = load_settings(here.path / "config.yaml", {})
    staff = people("staff", 30)
    robot = {"id": "r2", "user_name": "robot", "title": "Robot 2", "email": "r2@example.org"}
    here.people = {"staff": [*staff, robot], "partners": [{**staff[3], "id": "k"}]}
    here.groups = {"staff": [_everybody(here)], "partners": []}
    here.now = MORNING - timedelta(days=9)
    here.run("wiki")
    here.people["staff"] = here.people["staff"][2:]
    here.groups["staff"] = [_everybody(here)]
    here.run("wiki")
    here.now = MORNING
    for one in here.people["staff"][0], here.people["staff"][2]:
        one["email"] = f"{one['id']}@example.org"
    here.by_hand("wiki", "UPDATE users SET title = ? WHERE id IS NOT NULL", "Titles by hand")
    here.run("wiki")
    with served(Shown(here), clock=lambda: here.now) as url:
        yield url
    here.close()


def _everybody(here):
    members = [one["id"] for one in here.people["staff"]]
    return {"id": "all", "display_name": "All", "members": members}


@pytest.mark.parametrize("look", list(zip(WIDTHS, SCHEMES, strict=True)), ids="-".join)
def test_whatever_is_told_of_a_person_fits_and_shuts_nobody_out(chromium, wiki, axe, look):
    """Rules, guards, timers, holds, causes and fields of several sources; with axe-core, at each width."""
    width, scheme = look
    PICTURES.mkdir(parents=True, exist_ok=True)
    view = {"viewport": {"width": WIDTHS[width], "height": 900}, "color_scheme": scheme}
    barriers = set()
    with opened(chromium, wiki, extra_http_headers=SHOWN, bypass_csp=True, **view) as page:
        for name, (who, words) in TOLD.items():
            page.goto(f"/ui/people?q={who}")
            said = page.locator("main").inner_text()
            assert [one for one in words if one not in said] == [], (who, said)
            picture = f"person-{name.replace(' ', '-')}-{width}-{scheme}.png"
            page.screenshot(path=PICTURES / picture, full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") == WIDTHS[width], who
            barriers |= {(who, *one) for one in found_by(axe, page)}
    assert barriers == set()
