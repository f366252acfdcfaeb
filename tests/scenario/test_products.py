"""The main job into each product that is a target: it ends converged, and what it costs is known."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.core.model import Kind, Op
from tests.scenario.month import person
from tests.scenario.organisation import AWAY, founded
from tests.scenario.product_world import ProductWorld
from tests.scenario.targets import EVERY, ON_DEMAND, Product
from tests.servers.scim_real import Scim2Server

NOW = datetime.now(UTC)


@pytest.fixture(params=EVERY, ids=str)
def product(request: pytest.FixtureRequest) -> Product:
    product: Product = request.param
    if product not in ON_DEMAND and not Scim2Server.installed():
        request.getfixturevalue("scim2_server")  # skips, or fails where nothing may be missing
    return product


@pytest.fixture
def world(product: Product, tmp_path: Path) -> Iterator[ProductWorld]:
    with product.start() as server:
        yield ProductWorld(tmp_path / "here", product, server)


def test_the_main_job(world: ProductWorld) -> None:
    """Sixty people of all names in nested teams, and what becomes of them; after each run the product
    is as the directory says, what is foreign is as it was, and the calls were few."""
    world.open(founded(circle=False))
    world.settle()
    new = world.costs.pop()
    assert new.changes >= (190 if world.product.groups else 59)
    world.let_them_in("ops")
    changes(world)
    world.settle()
    moves(world)
    notes = world.settle().plan.notes
    assert any("suspension is emulated" in one for one in notes) is world.product.emulates
    returns(world)
    world.settle()
    report(world, new)
    each, moved = world.product.each, world.costs
    pages = max(one.reading for one in moved)
    assert new.calls <= each.new * new.changes + pages
    assert sum(one.writing for one in moved) <= each.moved * sum(one.changes for one in moved)
    for one in (new, *moved):
        assert one.reading <= pages
        # What was touched is looked at once more, or all of it; some show members by the group only.
        assert one.verifying <= pages + len(world.organisation.teams)


def test_a_leaver_is_deleted_once_the_grace_period_is_over(world: ProductWorld) -> None:
    """Not a day before; and where nobody can be deleted they stay suspended."""
    world.open(founded(circle=False))
    world.settle(NOW)
    world.leave("p44")
    world.leave("p50")
    world.settle(NOW)
    for days in (14, 29):
        assert not world.settle(NOW + timedelta(days=days)).plan.changes
    if world.product.deletes:
        world.forget("p44")
        world.forget("p50")
    done = world.settle(NOW + timedelta(days=31)).plan.changes
    assert {(one.kind, one.op, one.name) for one in done if one.kind is Kind.USER} == {
        (Kind.USER, Op.DELETE, world.product.fit(person(number)).login)
        for number in (44, 50) * world.product.deletes
    }
    world.settle(NOW + timedelta(days=62))


def changes(world: ProductWorld) -> None:
    """Joiners, other names, names that change hands; teams that are called otherwise."""
    world.join("new", person(98), "night", "core")
    world.move("p30", "dev", "security")
    world.move("p18")
    _rename(world, "p40", "lovelace2", family_name="Łęcki-Ó")
    _rename(world, "p03", "ada.l")
    world.swap_logins("p42", "p43")
    world.change_team("dev", name="R&D; “Entwicklung”")
    world.change_team("sales", inner=frozenset({"core"}))


def moves(world: ProductWorld) -> None:
    """Leavers and suspensions; who was away on the first day comes."""
    for key in ("p44", "p45", "p50"):
        world.leave(key)
    world.change("p33", suspended=True)
    world.change(AWAY, suspended=False)


def returns(world: ProductWorld) -> None:
    """All of that taken back."""
    for key in ("p44", "p45"):
        world.come_back(key)
    world.change("p33", suspended=False)
    world.move("p45", "night")


def report(world: ProductWorld, new: object) -> None:
    product, moved = world.product, world.costs
    each = sum(one.writing for one in moved) / sum(one.changes for one in moved)
    lines = [f"{product}: new: {new}", *(f"{product}: then: {one}" for one in moved)]
    lines.append(f"{product}: then: {each:.2f} calls for each change; {product.why or 'no more'}")
    sys.stdout.write("\n".join(("", *lines, "")))


def _rename(world: ProductWorld, key: str, login: str, **more: str) -> None:
    world.change(key, login=login, email=f"{login}@example.org", **more)
