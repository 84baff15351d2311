"""Where addresses are: a job asks a geocoder for latitude and longitude, one address at a time and no faster than one a
second in the whole installation, as public Nominatim servers want it.

Off until the operator names a server (`TENANTRY_GEOCODER_URL`), since addresses of people go there. It speaks the
search API of Nominatim: a structured query, answered with a list of places.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from flask import current_app
from sqlalchemy import func, or_, select

from app.contacts.models import Contact, ContactAddress
from app.data import db, utcnow
from app.host import JobRun
from app.jobs import enqueue
from app.outbound import Answer, Policy, Unanswered, send

LOOK = "contacts.geocode"
BATCH = 20
PAUSE = 1.0
"""Seconds between two questions."""
_LOCK = 0x67656F63  # the same number for all workers of the database
_SIX = Decimal("0.000001")
_WORDED = {"street": "street_address", "city": "city", "state": "state", "postalcode": "postal_code"}


class Refused(Exception):
    """The server does not answer as it should; addresses wait for the next look."""


def geocode(run: JobRun) -> int:
    """Look for a few addresses whose place nobody knows yet; returns how many were settled. Goes on later while there
    are more, or while another worker asks."""
    if not current_app.config["TENANTRY"].geocoder_url:
        return 0
    if not db.session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
        enqueue(LOOK, delay=BATCH * PAUSE, unique_key=LOOK)
        return 0
    rows = list(db.session.scalars(_waiting()))
    for number, address in enumerate(rows):
        if number:
            time.sleep(PAUSE)
        _settle(address, _ask(address))
    if len(rows) == BATCH:
        enqueue(LOOK, delay=PAUSE, unique_key=LOOK)
    return len(rows)


def _waiting() -> Any:
    row: Any = ContactAddress
    is_worded = or_(*(getattr(row, name).is_not(None) for name in _WORDED.values()))
    wanted = select(row).join(Contact, Contact.id == row.contact_id).where(Contact.is_live(), is_worded)
    return wanted.where(row.geocode_state.is_(None), row.latitude.is_(None)).order_by(row.id).limit(BATCH)


def _ask(address: ContactAddress) -> list[Any]:
    """The places that the server knows for an address, the likeliest first."""
    settings = current_app.config["TENANTRY"]
    url = f"{settings.geocoder_url}?{urlencode(list(_question(address)))}"
    headers = {"User-Agent": f"Tenantry (+{settings.public_url or 'self-hosted'})", "Accept": "application/json"}
    try:
        answer = send(Policy.of(settings), "GET", url, headers)
    except Unanswered as error:
        raise Refused(f"The geocoder gave no answer: {error}") from None
    return _places(answer)


def _question(address: ContactAddress) -> Iterator[tuple[str, str]]:
    yield from (("format", "jsonv2"), ("limit", "1"))
    yield from ((name, value) for name, field in _WORDED.items() if (value := getattr(address, field)))
    if address.country:
        yield "countrycodes", address.country.lower()


def _places(answer: Answer) -> list[Any]:
    if answer.status != 200:
        raise Refused(f"The geocoder answered {answer.status}.")
    try:
        found = json.loads(answer.body)
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise Refused("The geocoder answered with something else than a list of places.")
    return found


def _settle(address: ContactAddress, places: list[Any]) -> None:
    """Keep the first place, or that there is none."""
    address.geocoded_at, address.geocode_state = utcnow(), "none"
    try:
        place = places[0]
        latitude, longitude = (Decimal(str(place[name])).quantize(_SIX) for name in ("lat", "lon"))
        is_there = abs(latitude) <= 90 and abs(longitude) <= 180  # which is an error for what is no number
    except (IndexError, KeyError, TypeError, InvalidOperation):
        return
    if is_there:
        address.latitude, address.longitude, address.geocode_state = latitude, longitude, "found"
