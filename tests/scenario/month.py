"""A company of 25 people in four teams, and what happens there within a month: all kinds of changes."""

from tests.scenario.organisation import Organisation, Person, Team
from tests.scenario.product_world import ProductWorld

_GIVEN = ("Anna", "Björn", "Chloé", "Dmitri", "Esra")
_FAMILY = ("Åberg", "Brontë", "Çelik", "Dvořák", "Núñez")


def person(number: int) -> Person:
    login = f"user{number:02}"
    given, family = _GIVEN[number % 5], _FAMILY[number // 5 % 5]
    return Person(login, given, family, f"{login}@example.org")


def company() -> Organisation:
    people = {f"p{number:02}": person(number) for number in range(25)}
    keys = list(people)
    teams = {
        "all": Team("Everybody", frozenset(keys[20:]), frozenset({"desk", "club"})),
        "desk": Team("The desk", frozenset(keys[:8])),
        "club": Team("Club", frozenset(keys[6:12])),
        "choir": Team("Choir", frozenset(keys[::6])),
    }
    return Organisation(people, teams)


def first_week(world: ProductWorld) -> None:
    """Some leave or are suspended; the choir is given up, and nobody is in it any more."""
    for key in ("p20", "p21"):
        world.leave(key)
    world.change("p00", suspended=True)
    world.directory.delete_team("choir")
    world.organisation.teams["choir"] = Team(world.organisation.teams["choir"].name)


def rest_of_month(world: ProductWorld) -> None:
    """Forty days later. Who left comes back or is deleted; joiners, movers, new names, names that change hands."""
    world.come_back("p20")
    if world.product.deletes:
        world.forget("p21")
    world.change("p00", suspended=False)
    world.leave("p22")
    world.change("p01", suspended=True)
    world.change("p02", family_name="Łęcki-Ó", given_name="Zoë")
    _rename(world, "p03", "married")
    world.swap_logins("p04", "p05")
    for key, other in (("p06", "x"), ("p07", "user06"), ("p08", "user07"), ("p06", "user08")):
        _rename(world, key, other)
    world.join("new1", person(31), "desk", "club")
    world.join("new2", person(32), "club")
    world.join("new3", person(33))
    world.move("p10", "desk")
    world.change_team("desk", name="Front office")
    del world.organisation.teams["choir"]
    world.found_team("band", Team("Band", frozenset({"p11", "new1"})))


def _rename(world: ProductWorld, key: str, login: str) -> None:
    world.change(key, login=login, email=f"{login}@example.org")
