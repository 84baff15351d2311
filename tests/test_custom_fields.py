"""Fields a tenant defines for itself are real fields: form, list, filters, search and JSON, without a migration."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from app.data import db
from app.host import registry
from app.host.custom_fields import CustomFieldDef
from app.identity import acting_as
from app.identity.sessions import open_session
from app.identity.who import find_who
from app.screens.reading import Surface, parse_list, read_list
from app.screens.writing import read_form, read_json, save
from app.screens.writing.submission import shown

KINDS = {
    "nickname": ("text", "Zubaida", "Zubaida"),
    "fleet": ("integer", "12", 12),
    "level": ("choice", "gold", "gold"),
    "joined": ("day", "2025-03-04", "2025-03-04"),
    "seen": ("moment", "2025-03-04T10:30", "2025-03-04T10:30:00Z"),
    "rating": ("decimal", "4.50", "4.50"),
    "vip": ("flag", "true", True),
    "second_mail": ("email", "z@x.example", "z@x.example"),
}


@pytest.fixture(scope="module")
def tenant(house):
    tenant = house.new_tenant()
    rows = [
        CustomFieldDef(
            resource="contacts.contact", key=key, label=key.title(), kind=kind, options="gold\nsilver", position=index
        )
        for index, (key, (kind, _text, _json)) in enumerate(KINDS.items())
    ]
    house.add(*rows, tenant=tenant)
    return tenant


@pytest.fixture
def surface(house, tenant):
    with house.app.test_request_context():
        token = open_session(house.people[tenant.slug, "owner"].id)
        person = find_who(token, None, tenant.slug, None).principal
    with house.inside(tenant, person.uid), acting_as(person):
        yield Surface(registry().entries["contacts.contact"], db.session())


def fill(surface, name="Some body", **changes):
    values = {f"custom.{key}": text for key, (_kind, text, _json) in KINDS.items()} | changes
    row = save(surface, read_form(surface, MultiDict({"first_name": name, "_confirmed": "1", **values}), None), None)
    surface.session.commit()
    return row


def found(surface, **arguments):
    return [line.id for line in read_list(surface, parse_list(surface, MultiDict(arguments))).lines]


def test_values_are_stored_as_json_and_shown_again(surface):
    row = fill(surface)
    assert row.custom_fields == {key: json for key, (_kind, _text, json) in KINDS.items()}
    for key, (_kind, text, _json) in KINDS.items():
        assert shown(row, surface.fields[f"custom.{key}"]) == text


def test_open_and_save_unchanged_touches_nothing(surface):
    row = fill(surface)
    form = MultiDict({name: shown(row, field) for name, field in surface.editable(is_new=False).items()})
    assert read_form(surface, form, row).values == {}
    data = {"custom_fields": {key: json for key, (_kind, _text, json) in KINDS.items()}}
    submission = read_json(surface, data, row)
    assert not submission.errors
    save(surface, submission, row)
    assert not surface.session.is_modified(row) or row.custom_fields == data["custom_fields"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"custom.nickname.is": "zubaida"},
        {"custom.nickname.starts": "zub"},
        {"custom.nickname.contains": "baid"},
        {"custom.fleet.is": "12"},
        {"custom.fleet.at_least": "12"},
        {"custom.fleet.between": "9,100"},
        {"custom.level.one_of": "gold,silver"},
        {"custom.joined.before": "2025-03-05"},
        {"custom.joined.between": "2025-01-01,2025-12-31"},
        {"custom.rating.at_most": "4.5"},
        {"custom.vip.is": "yes"},
        {"custom.fleet.empty": "no"},
        {"q": "zubai"},
        {"q": "z@x.example"},
    ],
)
def test_filters_and_search_find_the_value(surface, arguments):
    row, other = (
        fill(surface),
        fill(surface, "Other", **{f"custom.{key}": "" for key in KINDS if key != "vip"}, **{"custom.vip": "false"}),
    )
    ids = found(surface, size="200", **arguments)
    assert row.id in ids
    assert other.id not in ids


@pytest.mark.parametrize(
    "arguments",
    [
        {"custom.fleet.at_least": "13"},
        {"custom.fleet.is": "1"},
        {"custom.level.is": "silver"},
        {"custom.joined.after": "2025-03-04"},
        {"custom.fleet.empty": "yes"},
        {"custom.vip.is": "no"},
    ],
)
def test_filters_leave_out_what_does_not_match(surface, arguments):
    assert fill(surface).id not in found(surface, size="200", **arguments)


def test_bad_values_are_refused_at_their_field(surface):
    form = MultiDict(
        {"first_name": "X", "custom.fleet": "twelve", "custom.level": "lead", "custom.joined": "yesterday"}
    )
    assert set(read_form(surface, form, None).errors) == {"custom.fleet", "custom.level", "custom.joined"}


def test_lists_show_custom_columns(surface):
    row = fill(surface)
    listing = read_list(surface, parse_list(surface, MultiDict({"columns": "full_name,custom.fleet,custom.joined"})))
    line = next(line for line in listing.lines if line.id == row.id)
    assert line.values[1] == 12
    assert line.values[2].isoformat() == "2025-03-04"
