"""Laws of when a reading that no error disturbed is still not whole, against a real slapd."""

from tests.sources.ldap_reading import by_name, read, source


def test_a_reading_is_not_whole_before_its_end(slapd):
    """Until users and groups were read to their end, that is itself a gap."""
    slapd.add_user("ada")
    reading = source(slapd.config()).read()
    users = iter(reading.users)
    next(users)

    assert reading.gaps == [
        "the users were not read to their end",
        "the groups were not read to their end",
    ]
    assert list(users) == []
    assert list(reading.groups) == []
    assert reading.gaps == []


def test_who_has_no_key_is_a_gap(slapd):
    """A person or group that cannot be told apart is left out, and the reading is not whole."""
    slapd.add_user("ada", employeeNumber="1")
    ben = slapd.add_user("ben")
    lab = slapd.add_group("lab", [ben])

    users, groups, reading = by_name(
        slapd.config(
            users={"bases": [slapd.people], "key": "employeeNumber"},
            groups={"bases": [slapd.groups], "key": "businessCategory"},
        )
    )

    assert (list(users), users["ada"].key, groups) == (["ada"], "1", {})
    assert reading.gaps == [
        f"users without exactly one employeeNumber, left out (1): {ben}",
        f"groups without exactly one businessCategory or without a name, left out (1): {lab}",
    ]


def test_a_key_that_two_entries_have_is_a_gap(slapd):
    """Of two entries with one key the first counts; which is meant nobody can know."""
    first = slapd.add_user("ada", employeeNumber="1")
    second = slapd.add_user("ben", employeeNumber="1")
    users = {"bases": [slapd.people], "key": "employeeNumber"}

    found, _, reading = by_name(slapd.config(users=users))

    assert list(found) == ["ada"]
    assert reading.gaps == [
        f"users with the employeeNumber of another, left out (1): {second!r} and {first!r} have 1"
    ]


def test_a_group_key_that_two_entries_have_is_a_gap(slapd):
    """Of two groups with one key the first counts, and the reading is not whole."""
    ada = slapd.add_user("ada")
    first = slapd.add_group("lab", [ada], businessCategory="1")
    second = slapd.add_group("office", [ada], businessCategory="1")
    groups = {"bases": [slapd.groups], "key": "businessCategory"}

    _, found, reading = by_name(slapd.config(groups=groups))

    assert list(found) == ["lab"]
    told = f"{second!r} and {first!r} have 1"
    assert reading.gaps == [f"groups with the businessCategory of another, left out (1): {told}"]


def test_sentinels_and_expectations_speak_too(slapd):
    """A sentinel that was not seen, or too few users or groups, make the reading incomplete."""
    ada = slapd.add_user("ada")
    lab = slapd.add_group("lab", [ada])
    settings = {
        "sentinels": ["ADA", ada.upper(), lab, "zoe", f"uid=zoe,{slapd.people}"],
        "expect": {"min_users": 2, "min_groups": 2},
    }

    _, _, reading = read(slapd.config(**settings))

    assert reading.gaps == [
        "the sentinel 'zoe' was not seen",
        f"the sentinel 'uid=zoe,{slapd.people}' was not seen",
        "1 users were found, where at least 2 are expected",
        "1 groups were found, where at least 2 are expected",
    ]
