"""OpenProject."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

from tests.scenario.organisation import Person
from tests.scenario.targets.product import Look, Product
from tests.servers.openproject import OpenProject


class _Deleting(OpenProject):
    """As an administrator sets it who wants leavers to be deleted."""

    users_deletable_by_admins = True
    job_seconds = 0.01


def _fit(person: Person) -> Person:
    return replace(person, email=person.email or f"{person.login}@example.org")


def _look(project: OpenProject) -> Look:
    """Who is about to be deleted is not there."""
    project.run_jobs()
    with project.lock:
        users, groups = project.users, project.groups.values()
        return Look(
            [
                {
                    "user_name": user.login,
                    "email": user.email,
                    "given_name": user.firstname,
                    "family_name": user.lastname,
                    "active": user.status != "locked",
                }
                for user in users.values()
            ],
            [group.name for group in groups],
            [(group.name, users[member].login) for group in groups for member in group.members],
        )


def _foreign(project: OpenProject) -> Any:
    robot = project.add_user("robot", "robot@example.net", status="invited")
    theirs = project.add_group("Theirs", [robot.id])
    return lambda: deepcopy((robot, theirs, project.find("admin"), project.mails))


def _join(project: OpenProject, name: str) -> None:
    group = next(one for one in project.groups.values() if one.name == name)
    group.members.append(project.find("robot").id)


OPENPROJECT = Product(
    "openproject",
    _Deleting,
    lambda project: {
        "type": "openproject",
        "server": project.url,
        "api_key": project.key,
    },
    _look,
    _foreign,
    _join,
    sync={"users": {"always": {"locale": "{{ locale | default('en') }}"}}},
    fit=_fit,
)
