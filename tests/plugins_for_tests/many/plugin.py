"""A garage with a hundred resources in its menu: for counting what a page and a start cost then."""

from __future__ import annotations

from app.sdk import Plugin, Resource, hookimpl
from tests.plugins_for_tests.garage.models import Repair, Vehicle

plugin = Plugin("garage", title="Garage", requires=("contacts",), order=200)
COUNT = 100


@hookimpl
def resources() -> list[Resource]:
    usual = [Resource(Vehicle, list="plate fuel state"), Resource(Repair, list="number status cost")]
    numbers = range(COUNT - len(usual))
    return [*usual, *(Resource(Vehicle, name=f"vehicle_{number}", plural=f"Sort {number}") for number in numbers)]
