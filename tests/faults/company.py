"""A company, as it was and as it is after a busy month: every kind of change, in any size.

The unit is a department of twenty people; `departments(10)` changes about two hundred things.
"""

from typing import Any

Person = dict[str, Any]
Directory = dict[str, list[dict[str, Any]]]

TEAM = 20
"""People in a department at first; by their number within it they meet their fates below."""


def before(departments: int) -> Directory:
    """The first state: everybody is there."""
    return _directory(departments, _first)


def between(departments: int) -> Directory:
    """Of each department, one is suspended, two have left, and the choir is given up."""
    return _directory(departments, _second)


def after(departments: int) -> Directory:
    """Joiners, leavers, renames, swaps, circles, returns, new groups and groups that go."""
    return _directory(departments, _third)


def _directory(departments: int, of: Any) -> Directory:
    whole: Directory = {"users": [], "groups": []}
    for number in range(departments):
        part = of(f"d{number}")
        whole["users"] += part["users"]
        whole["groups"] += part["groups"]
    return whole


def _person(department: str, number: int, **given: Any) -> Person:
    name = f"{department}-{number:02}"
    person = {"id": name, "user_name": name, "email": f"{name}@example.org", "title": "Clerk"}
    return {**person, **given}


def _group(department: str, name: str, numbers: range | list[int], **given: Any) -> dict[str, Any]:
    group = {"id": f"{department}-{name}", "display_name": f"{name} of {department}"}
    return {**group, "members": [f"{department}-{number:02}" for number in numbers], **given}


def _first(department: str) -> Directory:
    people = [_person(department, number) for number in range(TEAM)]
    groups = [_group(department, name, range(6)) for name in ("Desk", "Club", "Choir")]
    return {"users": people, "groups": groups}


def _second(department: str) -> Directory:
    people = _first(department)["users"]
    people[0]["state"] = "suspended"
    groups = [_group(department, name, range(6)) for name in ("Desk", "Club")]
    return {
        "users": [one for one in people if one["id"][-2:] not in ("18", "19")],
        "groups": groups,
    }


def _third(department: str) -> Directory:
    people = {person["id"]: person for person in _second(department)["users"]}

    def change(number: int, **given: Any) -> None:
        people[f"{department}-{number:02}"].update(given)

    def name(number: int, taken_from: int) -> None:
        other = f"{department}-{taken_from:02}"
        change(number, user_name=other, email=f"{other}@example.org")

    change(0, state="active")  # restored
    change(1, state="suspended")
    change(2, title="Head", email=None)
    change(3, user_name=f"{department}-married", email=f"{department}-married@example.org")
    name(4, taken_from=3)  # a chain
    name(5, taken_from=6)  # a swap
    name(6, taken_from=5)
    name(7, taken_from=8)  # a circle
    name(8, taken_from=9)
    name(9, taken_from=7)
    del people[f"{department}-10"]  # a leaver, whose address goes to a colleague
    change(11, email=f"{department}-10@example.org")
    people[f"{department}-18"] = _person(department, 18)  # comes back; 19 is deleted
    for number in (30, 31, 32):
        people[f"{department}-{number}"] = _person(department, number)
    groups = [
        _group(department, "Desk", [2, 3, 4, 12, 30], display_name=f"Club of {department}"),
        _group(department, "Club", range(6), display_name=f"Desk of {department}"),
        _group(department, "Band", [13, 31]),
    ]
    return {"users": list(people.values()), "groups": groups}
