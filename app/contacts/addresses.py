"""The rules of addresses: which zone they lie in, and that a place that was looked up goes with the words."""

from __future__ import annotations

from typing import Any

from app.contacts.models import ContactAddress
from app.contacts.naming import changes
from app.contacts.zones import zone_of

PLACE = ("street_address", "city", "state", "postal_code", "country")


def complete_address(address: ContactAddress, is_new: bool) -> None:
    """Find the zone where nobody says one; forget the place of an address that is another one now."""
    row: Any = address
    has_moved = is_new or changes(address, *PLACE)
    if row.zone_id is None or (has_moved and not is_new and not changes(address, "zone_id")):
        row.zone_id = zone_of(address.country, address.postal_code) or row.zone_id
    if is_new or not has_moved:
        return
    if address.geocode_state == "found" and not changes(address, "latitude", "longitude"):
        address.latitude = address.longitude = None
    address.geocode_state = address.geocoded_at = None
