"""What the LDAP source does when a directory refuses: never is a broken reading called whole."""

import pytest

from syncd.core.model import State
from syncd.errors import SourceError
from tests.servers.slapd import BASE, PASSWORD, STAFF
from tests.sources.ldap_reading import problems, read, settled, source

ACTIVE = dict.fromkeys(STAFF, State.ACTIVE)


def account(name):
    return {"dn": f"cn={name},{BASE}", "password": PASSWORD}


def test_a_size_limit_is_never_whole(staffed):
    """What came before the limit is read, and the limit is a gap, although ldap3 reports success."""
    for page_size in (0, 3):
        users, gaps = settled(staffed.config(bind=account("few"), page_size=page_size, groups=None))

        assert len(users) == 5
        assert gaps == [
            (
                f"users under '{staffed.people}' are incomplete: the server's size limit was exceeded: "
                "ask for a higher one for syncd's account"
            )
        ]


def test_an_administrative_limit_is_never_whole(staffed):
    """A search that the server finds too costly is refused with what to do."""
    (problem,) = problems(staffed.config(bind=account("narrow"), groups=None))

    assert "the server's administrative limit was exceeded: use a smaller page_size" in problem


def test_refused_paging_is_told(staffed):
    """An account that may not page is told of the setting that asks for all at once."""
    (problem,) = problems(staffed.config(bind=account("unpaged"), groups=None))

    assert problem.startswith(f"source staff: users under '{staffed.people}' are incomplete: ")
    assert "page" in problem


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("busy", "the server is busy; it says 'come back later'"),
        ("unavailable", "the server is unavailable"),
        ("time", "the server's time limit was exceeded: ask for a higher one for syncd's account"),
        ("forbidden", "the account that syncd logs in with may not read there"),
        ("unwilling", "the server is unwilling to do it"),
        ("gone", "the server closed the connection"),
    ],
)
def test_a_base_that_fails_is_a_gap_and_the_others_are_read(staffed, item, said):
    """Whatever the server answers for one base, the reading goes on and is not whole."""
    failing = f"cn={item},ou=retcodes,{BASE}"
    config = staffed.config(users={"bases": [staffed.people, failing]}, groups=None)

    users, gaps = settled(config)

    assert users == ACTIVE
    assert len(gaps) == 1
    assert gaps[0].startswith(f"users under '{failing}' are incomplete: {said}")


def test_where_nobody_was_read_the_failure_is_an_error(staffed):
    """A source of which nothing was read fails, rather than being empty with a gap."""
    failing = f"cn=busy,ou=retcodes,{BASE}"
    reading = source(staffed.config(users={"bases": [failing]})).read()

    with pytest.raises(SourceError):
        list(reading.users)
    assert list(reading.groups) == []
    assert problems(staffed.config(users={"bases": [failing]})) == (
        (
            f"source staff: users under '{failing}' are incomplete: "
            "the server is busy; it says 'come back later'"
        ),
    )


def test_a_missing_base_is_told_with_the_nearest_that_exists(staffed):
    """A mistyped base shows how far the server could follow it."""
    missing = f"ou=poeple,{BASE}"

    assert problems(staffed.config(users={"bases": [missing]}, groups=None)) == (
        (
            f"source staff: users under '{missing}' are incomplete: "
            f"there is no such entry; the nearest entry that exists is '{BASE}'"
        ),
    )


def test_a_failed_filter_for_the_disabled_restores_nobody(staffed):
    """Where it cannot be asked who is disabled, of nobody it is said that he is active."""
    rules = {"bases": [staffed.people, f"cn=busy,ou=retcodes,{BASE}"]}
    rules["disabled"] = [{"filter": "(employeeType=former)"}]

    users, gaps = settled(staffed.config(users=rules, groups=None))

    assert users == dict.fromkeys(STAFF)
    assert [gap.partition(" under ")[0] for gap in gaps] == ["disabled users", "users"]


@pytest.fixture
def elsewhere(staffed):
    """The URL of a referral that stands among the people."""
    url = "ldap://127.0.0.1:9/ou=abroad,dc=example,dc=test"
    entry = {"objectClass": ["referral", "extensibleObject"], "ou": "abroad", "ref": url}
    staffed.add(f"ou=abroad,{staffed.people}", entry)
    return f"{url}??sub"


@pytest.mark.parametrize("harmless", [None, [], ["ou=abroa", "dc=example"]])
def test_a_referral_in_the_answer_is_never_whole(staffed, elsewhere, harmless):
    """It is not followed, wherever it leads: counted, and told with its URL."""
    users, gaps = settled(staffed.config(referrals_without_people=harmless))

    assert users == ACTIVE
    assert gaps == [
        (
            f"users under '{staffed.people}' are incomplete: "
            f"referrals, which are not followed (1): {elsewhere}"
        ),
    ]


def test_a_referral_to_where_no_people_are_is_a_note(staffed, elsewhere):
    """One that the settings excuse leaves the reading whole, and is told all the same."""
    _, _, reading = read(staffed.config(referrals_without_people=["OU=Abroad, DC=example"]))

    assert reading.gaps == []
    assert reading.notes == [f"referrals to where no people are, not followed (1): {elsewhere}"]


def test_a_base_that_is_a_referral_is_told(staffed):
    """A search that is referred as a whole names where to."""
    entry = {"objectClass": ["referral", "extensibleObject"], "ou": "abroad"}
    base = f"ou=abroad,{staffed.base}"
    staffed.add(base, entry | {"ref": "ldap://127.0.0.1:9/dc=other"})

    (problem,) = problems(staffed.config(users={"bases": [base]}, groups=None))

    assert "the server refers to another one, which is not followed" in problem
    assert "ldap://127.0.0.1:9/dc=other" in problem
