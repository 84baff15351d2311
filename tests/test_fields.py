"""Law 7 below the screens: what a form shows and what REST dumps, given back unchanged, changes nothing. Every kind."""

from __future__ import annotations

import json
import string
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.data import Field, Money
from app.data.fields import Choice
from app.data.money import digits_of
from app.host import registry
from app.identity.principal import Principal, TenantInfo, acting_as
from app.screens.kinds import KINDS, kind_of
from app.screens.reading import Surface
from app.screens.reading.surface import value_of
from app.screens.writing import read_form, read_json
from app.screens.writing.submission import shown
from app.testing.extremes import extremes
from tests.plugins_for_tests.garage.models import Vehicle

PLAIN = ("text", "long_text", "choice", "money", "integer", "decimal", "flag", "day", "moment", "json", "tags", "phone")
KINDS_WITH_VALUES = (*PLAIN, "email", "url", "image", "record_id")
ZONES = ("UTC", "Europe/Berlin", "Asia/Riyadh", "America/St_Johns", "Africa/Casablanca", "Pacific/Apia")
FIELDS = {name: found for name, found in Vehicle.__fields__.items() if found.kind in KINDS_WITH_VALUES}
quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@contextmanager
def a_reader(house, zone="Europe/Berlin", locale="en"):
    """Work as a person of acme with this clock. No roles: field and row rules stay out of the way."""
    tenant = house.acme
    info = TenantInfo(tenant.id, "acme", "Acme", "active", locale, zone, "USD", "SA", 1, frozenset({"garage"}))
    person = Principal(
        account_id=1, uid=tenant.id, username="x", email="x@x.example", first_name="X", last_name="Y", locale=locale,
        timezone=zone, is_operator=False, tenant=info, membership_id=tenant.id,
    )  # fmt: skip
    with house.inside(tenant) as session, acting_as(person):
        yield session


def vehicle(**values):
    given = {"plate": "P 1", "labels": [], "insured": True, "stolen": False, "state": "new", "version": 3}
    return Vehicle(**given | values)


def unchanged(session, record):
    """The names that a form or JSON, given back as it was shown, would change or complain about."""
    surface = Surface(registry().by_model[type(record)], session)
    editable = surface.editable(is_new=False)
    form = MultiDict({name: shown(record, found) for name, found in editable.items()})
    posted = read_form(surface, form, record)
    dumped = {name: dump(record, found) for name, found in editable.items()}
    sent = read_json(surface, json.loads(json.dumps(dumped)), record)
    return {**posted.values, **posted.errors}, {**sent.values, **sent.errors}


def dump(record, found):
    value = value_of(record, found)
    return None if value is None else kind_of(found).dump(found, value)


def test_every_kind_is_in_the_garage():
    assert {found.kind for found in Vehicle.__fields__.values()} == set(KINDS)


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "vin"])
def test_extreme_values_come_back_from_form_and_json(house, name):
    with a_reader(house) as session:
        for value in extremes(FIELDS[name]):
            record = vehicle(battery="x", fuel="electric")
            setattr(record, name, value)
            assert unchanged(session, record) == ({}, {}), value


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "vin"])
def test_extreme_values_survive_the_database(house, samples, name):
    """Stored and read again: the value is the one that was given."""
    with house.inside() as session:
        for value in extremes(FIELDS[name]):
            number = next(samples.numbers)
            given = {"plate": f"E {number}", name: value} if name != "plate" else {"plate": value}
            row = Vehicle(**given)
            session.add(row)
            session.flush()
            session.expire(row)
            assert getattr(row, name) == value
            session.rollback()


def test_an_empty_record_comes_back_unchanged(house):
    with a_reader(house) as session:
        assert unchanged(session, vehicle()) == ({}, {})


def texts(field):
    alphabet = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
    return st.text(alphabet, min_size=1, max_size=field.max_length or 50).filter(str.strip)


def sent_texts(field):
    """Texts as they are after cleaning: law 7 is about stored values."""
    from app.screens.kinds.base import clean

    return texts(field).map(lambda value: clean(value, None, lines=field.kind == "long_text")).filter(bool)


def decimals(field):
    top = 10 ** min(field.precision - field.scale, 15) - 1
    return st.decimals(-top, top, allow_nan=False, places=field.scale)


TAG = st.text(string.ascii_letters + "نور -#'", min_size=1, max_size=60).map(str.strip).filter(bool)
KEY = st.text(string.printable, max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
EARLIEST, LATEST = datetime(2, 1, 2), datetime(9998, 12, 30)  # noqa: DTZ001  (hypothesis adds the zone)
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD", "EUR", "CLF"])
STRATEGIES = {
    "text": sent_texts,
    "long_text": sent_texts,
    "choice": lambda field: st.sampled_from([one.value for one in field.choices]),
    "money": lambda field: st.builds(Money, st.integers(-(2**63) + 1, 2**63 - 1), CURRENCIES),
    "integer": lambda field: st.integers(0 if field.minimum == 0 else -(2**63) + 1, 2**63 - 1),
    "decimal": decimals,
    "flag": lambda field: st.booleans(),
    "day": lambda field: st.dates(),
    "moment": lambda field: st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)),
    "json": lambda field: JSON.filter(lambda value: value is not None),
    "tags": lambda field: st.lists(TAG, max_size=20, unique_by=str.casefold),
    "phone": lambda field: st.integers(500_000_000, 599_999_999).map(lambda number: f"+966{number}"),
    "email": lambda field: st.from_regex(r"[a-z][a-z0-9._+]{0,5}[a-z0-9]@[a-z]{1,9}\.example", fullmatch=True).filter(
        lambda value: ".." not in value
    ),
    "url": lambda field: st.from_regex(r"https?://[a-z]{1,20}\.example(/[a-zA-Z0-9%?&=#]{0,20})?", fullmatch=True),
    "image": lambda field: st.from_regex(r"[0-9a-f]{40}-[1-9][0-9]{0,3}x[1-9][0-9]{0,3}", fullmatch=True),
    "record_id": lambda field: st.uuids(),
}


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in ("vin", "battery", "state", "stolen")])
@quick
@given(data=st.data())
def test_any_value_comes_back_from_form_and_json(house, name, data):
    found = FIELDS[name]
    value = data.draw(STRATEGIES[found.kind](found))
    zone = data.draw(st.sampled_from(ZONES)) if found.kind == "moment" else "UTC"
    with a_reader(house, zone) as session:
        record = vehicle(fuel="electric") if name != "fuel" else vehicle()
        setattr(record, name, value)
        assert unchanged(session, record) == ({}, {}), value


@pytest.mark.parametrize("name", [name for name in FIELDS if FIELDS[name].kind != "moment"])
@quick
@given(data=st.data())
def test_a_form_control_and_json_give_any_value_back(house, name, data):
    """Also for a new record, where nothing can be compared: reading what is shown gives the value."""
    found = FIELDS[name]
    value = data.draw(STRATEGIES[found.kind](found))
    kind = kind_of(found)
    with a_reader(house):
        text = kind.show(found, value)
        assert (kind.parse(found, text) if text.strip() else []) == value
        assert kind.load(found, json.loads(json.dumps(kind.dump(found, value)))) == value


def test_a_moment_in_json_is_exact(house):
    found = FIELDS["seen_at"]
    for value in extremes(found):
        assert kind_of(found).load(found, kind_of(found).dump(found, value)) == value


@quick
@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.times(), st.sampled_from(ZONES))
def test_a_moment_is_entered_on_the_readers_clock(house, day, time, zone):
    """What was typed is what the form shows again, except in the hour that a clock skips."""
    found = Field("moment", "at")
    typed = datetime.combine(day, time.replace(microsecond=0, fold=0)).isoformat()
    with a_reader(house, zone):
        stored = kind_of(found).parse(found, typed)
        again = kind_of(found).show(found, stored)
        assert kind_of(found).parse(found, again) == stored
        assert abs(datetime.fromisoformat(again) - datetime.fromisoformat(typed)) <= timedelta(hours=1)


NUMBERS = {
    "1,234.50": "1234.50",
    "999,999,999,999,999,999.999999999999": "999999999999999999.999999999999",
    "٣٫٥": "3.5", "1 000": "1000", "1\u00a0000": "1000", "−5": "-5", "+7": "7", ".5": "0.5",
}  # fmt: skip


@pytest.mark.parametrize("typed", NUMBERS)
def test_numbers_as_people_type_them(house, typed):
    found = Field("decimal", "x", precision=30, scale=12)
    with a_reader(house):
        assert kind_of(found).parse(found, typed) == Decimal(NUMBERS[typed])


NAUGHTY = {
    "text": ["\x00", "a\nb", "\ud800", "a" * 256, "\x7f"],
    "long_text": ["\x00", "\ud800", "\x0b", "a" * 100_001],
    "choice": ["", "gold", "Petrol", "petrol "],
    "money": [
        "x", "NaN", "1e999", "Infinity USD", "1.234 USD", "1 XXXX", "1 ZZZ", "9" * 30, "1,2,3 USD", "--1", "1 JPY 2",
        f"1.{'0' * 40}1 USD", "92233720368547758.08 USD",
    ],
    "integer": ["x", "1.5", "1e5", "NaN", str(2**63), "-1", "0x10", "1_000", "²", "9" * 100, "١٫٥"],
    "decimal": ["NaN", "-Infinity", "1e999", "0.0001", "1000000", "1e", "", "sNaN", "1_0"],
    "flag": ["maybe", "2"],
    "day": ["2026-02-30", "0000-01-01", "10000-01-01", "yesterday", "31.01.2026", "2026-1-1", "0", "2026-01-01T00:00"],
    "moment": [
        "0000-01-01T00:00", "10000-01-01T00:00", "now", "2026-13-01T00:00", "0001-01-01T00:00", "2026-01-01T25:00",
    ],
    "json": ["{", "NaN", "[Infinity]", '"\\u0000"', '"\\ud800"', "[" * 100_000, "", "{'a': 1}", "1" * 200_001],
    "tags": ["\x00", "a" * 61, ",".join(f"t{n}" for n in range(51))],
    "phone": ["12", "abc", "+1", "\x00", "9" * 60, "+966 50 123 45", "1" * 1000],
    "email": ["a", "a@", "@b", "a b@c.example", "a@b@c.example", "\x00@b.example", "a@" + "b" * 300 + ".example"],
    "url": [
        "javascript:alert(1)", "ftp://a.example", "http://", "https://a b.example", "http://[", "data:text/html,x",
        "x" * 3000,
    ],
    "image": ["me.png", "/etc/passwd", "0" * 40, f"{'0' * 40}-0x1", f"{'0' * 40}-10000x1", f"{'G' * 40}-1x1", "\x00"],
    "record_id": ["1", "../etc", "'", "00000000", "\x00"],
}  # fmt: skip


@pytest.mark.parametrize("kind", NAUGHTY)
def test_bad_texts_are_refused_with_a_sentence(house, kind):
    """ValueError with words, whatever was typed: an exception of another type would be a crash."""
    found = next(field for field in FIELDS.values() if field.kind == kind and field.name not in ("balance", "weight"))
    with a_reader(house):
        for typed in NAUGHTY[kind]:
            if not typed.strip():
                continue
            if (kind, typed) in {("choice", "petrol "), ("integer", "-1")}:
                continue
            with pytest.raises(ValueError, match=r"\w") as refused:
                kind_of(found).parse(found, typed)
            assert len(str(refused.value)) < 300


@pytest.mark.parametrize("typed", ["abc", "quite a lot", "12 lots"])
def test_words_for_an_amount_are_named_whole(house, typed):
    found = next(field for field in FIELDS.values() if field.kind == "money" and field.name != "balance")
    with a_reader(house), pytest.raises(ValueError, match=f"“{typed}” is not a number"):
        kind_of(found).parse(found, typed)


BAD_JSON = [None, True, 1, 1.5, "x", "", [], {}, [None], [[]], {"a": 1}, -1, 10**30, "\x00", "\ud800", "NaN", 1e308]


@pytest.mark.parametrize("kind", [*KINDS_WITH_VALUES, "belongs_to"])
def test_json_of_any_type_is_loaded_or_refused(house, kind):
    found = next(field for field in Vehicle.__fields__.values() if field.kind == kind)
    with a_reader(house):
        for data in BAD_JSON:
            if data is None:
                continue
            try:
                value = kind_of(found).load(found, data)
            except ValueError:
                continue
            if value is not None and kind != "json":
                assert kind_of(found).load(found, kind_of(found).dump(found, value)) == value, data


@quick
@given(text=st.text(max_size=40), kind=st.sampled_from([*KINDS_WITH_VALUES, "belongs_to"]))
def test_any_text_is_parsed_or_refused(house, text, kind):
    found = Field(kind, "x", choices=(Choice("a"),), max_length=30)
    with a_reader(house):
        for read in (kind_of(found).parse, kind_of(found).load, kind_of(found).operand):
            with suppress(ValueError):
                read(found, text)


def test_moments_need_an_offset_in_json(house):
    with a_reader(house), pytest.raises(ValueError, match="offset"):
        kind_of(Field("moment")).load(Field("moment"), "2026-01-31T14:30:00")


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_money_has_the_decimals_of_its_currency(house, currency):
    found = Field("money", "cost")
    digits = digits_of(currency)
    with a_reader(house):
        amount = Decimal(1).scaleb(-digits)
        assert kind_of(found).parse(found, f"{amount:f} {currency}") == Money(1, currency)
        with pytest.raises(ValueError, match="decimals"):
            kind_of(found).parse(found, f"{amount / 10:f} {currency}")
