"""Zones of addresses, and where addresses are: asked of a server that speaks Nominatim's search API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.contacts import geocoding
from app.contacts.zones import Zone
from app.tenancy.models import Tenant
from app.testing.house import Api, House
from app.testing.pumping import pump
from tests.answering import Answering
from tests.transfer_house import Run, inside

HERE = {"street_address": "King Fahd Road 1", "city": "Riyadh", "postal_code": "12211", "country": "SA"}
PLACE = {"lat": "24.7135517", "lon": "46.6752957", "display_name": "Riyadh"}


@pytest.fixture
def tenant(house: House) -> Any:
    return house.new_tenant()


@pytest.fixture
def api(house: House, tenant: Any) -> Api:
    return house.api("owner", tenant)


def zone(api: Api, name: str, **more: Any) -> str:
    made = api.post("/contacts/zone", {"name": name, **more})
    assert made.status_code == 201, made.text
    return str(made.get_json()["id"])


def address(api: Api, **values: Any) -> dict[str, Any]:
    body = {"first_name": "Nora", "addresses": [values]}
    made = api.post("/contacts/contact?confirm=1&expand=addresses", body)
    assert made.status_code == 201, made.text
    row: dict[str, Any] = made.get_json()["addresses"][0]
    return row


def test_an_address_lies_in_the_zone_that_names_most_of_its_postal_code(api: Api) -> None:
    country = zone(api, "Kingdom", country="SA")
    city, north = zone(api, "Riyadh", country="SA", postal_codes="11\n12"), zone(api, "North", postal_codes="122")
    zone(api, "By hand")
    assert address(api, **HERE)["zone"] == north
    assert address(api, **{**HERE, "postal_code": "12 411"})["zone"] == city
    assert address(api, country="SA", city="Abha")["zone"] == country
    assert address(api, country="DE", postal_code="10115")["zone"] is None
    chosen = address(api, **HERE, zone=country)
    assert chosen["zone"] == country, "somebody said so"
    path = f"/contacts/address/{chosen['id']}"
    assert api.patch(path, {"label": "Work"}).get_json()["zone"] == country
    assert api.patch(path, {"postal_code": "11564"}).get_json()["zone"] == city, "it is somewhere else now"
    assert api.delete(f"/contacts/zone/{city}").status_code == 204
    assert api.get(path).get_json()["zone"] is None


@pytest.fixture
def nominatim(house: House) -> Iterator[Answering]:
    before = house.app.config["TENANTRY"]
    with Answering() as server:
        house.app.config["TENANTRY"] = replace(
            before, geocoder_url=f"{server.url}search", outbound_http=True, outbound_ports=(server.port,),
            outbound_networks=("127.0.0.0/8",),
        )  # fmt: skip
        server.usual = (200, {"Content-Type": "application/json"}, json.dumps([PLACE]).encode())
        yield server
    house.app.config["TENANTRY"] = before


def look(house: House, tenant: Any) -> int:
    with inside(house.app, tenant) as session:
        found = geocoding.geocode(Run())  # type: ignore[arg-type]
        session.commit()
        return found


def test_addresses_are_looked_up_politely_and_once(house: House, tenant: Any, api: Api, nominatim: Answering) -> None:
    rows = [address(api, **HERE), address(api, city="Jeddah"), address(api, latitude="1.5", longitude="2.5", city="X")]
    empty = (200, {}, b"[]")
    nominatim.script = [nominatim.usual, empty]
    assert look(house, tenant) == 2
    found, none, by_hand = (api.get(f"/contacts/address/{row['id']}").get_json() for row in rows)
    assert (found["latitude"], found["longitude"], found["geocode_state"]) == ("24.713552", "46.675296", "found")
    assert (none["latitude"], none["geocode_state"]) == (None, "none")
    assert (by_hand["latitude"], by_hand["geocode_state"]) == ("1.500000", None)
    first, second = nominatim.requests
    asked = {name: values[0] for name, values in parse_qs(urlsplit(first.path).query).items()}
    assert asked == {
        "format": "jsonv2", "limit": "1", "street": "King Fahd Road 1", "city": "Riyadh", "postalcode": "12211",
        "countrycodes": "sa",
    }  # fmt: skip
    assert first.headers["User-Agent"].startswith("Tenantry (+")
    assert second.at - first.at >= geocoding.PAUSE
    assert look(house, tenant) == 0
    assert len(nominatim.requests) == 2


def test_a_new_address_is_looked_up_anew_and_what_was_typed_stays(
    house: House, tenant: Any, api: Api, nominatim: Answering
) -> None:
    row = address(api, **HERE)
    look(house, tenant)
    path = f"/contacts/address/{row['id']}"
    moved = api.patch(path, {"street_address": "Olaya Street 2"}).get_json()
    assert (moved["latitude"], moved["geocode_state"]) == (None, None)
    assert look(house, tenant) == 1
    typed = api.patch(path, {"street_address": "Olaya 3", "latitude": "24.5", "longitude": "46.5"}).get_json()
    assert typed["latitude"] == "24.500000"
    assert look(house, tenant) == 0


@pytest.mark.parametrize("refusal", [(429, {}, b""), (503, {}, b""), (200, {}, b"<html>"), (200, {}, b"{}")])
def test_a_server_that_refuses_changes_nothing(
    house: House, tenant: Any, api: Api, nominatim: Answering, refusal: Any
) -> None:
    row = address(api, **HERE)
    nominatim.usual = refusal
    with pytest.raises(geocoding.Refused):
        look(house, tenant)
    assert api.get(f"/contacts/address/{row['id']}").get_json()["geocode_state"] is None


def test_odd_places_are_no_places(house: House, tenant: Any, api: Api, nominatim: Answering) -> None:
    row = address(api, **HERE)
    nominatim.usual = (200, {}, json.dumps([{"lat": "NaN", "lon": "400"}]).encode())
    look(house, tenant)
    found = api.get(f"/contacts/address/{row['id']}").get_json()
    assert (found["latitude"], found["geocode_state"]) == (None, "none")


def test_it_is_off_until_the_operator_names_a_server(house: House, tenant: Any, api: Api) -> None:
    address(api, **HERE)
    assert look(house, tenant) == 0
    pump(house.app)


def test_only_a_change_raises_the_version_of_the_configuration(house: House, tenant: Any) -> None:
    """A record of configuration that is saved as it stood lets no cache forget."""
    (zone_id,) = house.add(Zone(name="North"), tenant=tenant)
    versions = []
    for name in ("North", "North", "South"):
        with house.inside(tenant) as session:
            session.get(Zone, zone_id).name = name
            session.commit()
        with house.inside(tenant) as session:
            versions.append(session.get(Tenant, tenant.id).config_version)
    first, second, changed = versions
    assert (second, changed) == (first, first + 1)
