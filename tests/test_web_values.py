"""Values and controls as HTML: exact, in the reader's language, and never a way for code to come in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from markupsafe import Markup
from wtforms import BooleanField, Form, PasswordField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.data import Money
from app.screens.formats import formats_for
from app.screens.page import Badge, Column, FieldView, Option, Reference, Row
from app.web.controls import field_view, ui_field
from app.web.values import ui_cells, ui_rows, ui_value

NASTY = '<script>alert("1")</script>&\''
KINDS = (
    "text", "long_text", "choice", "money", "integer", "decimal", "flag", "day", "moment", "json", "tags",
    "phone", "email", "url", "image", "belongs_to", "unheard_of",
)  # fmt: skip
VALUES = (NASTY, "javascript:alert(1)", [NASTY], {NASTY: NASTY}, Reference(NASTY, NASTY))


@pytest.fixture(autouse=True)
def reading(app):
    with app.test_request_context():
        yield


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", VALUES)
def test_no_value_of_any_kind_brings_code_in(kind, value):
    for column in (Column("x", NASTY, kind, link_base='/"><b>'), Column("x", NASTY, kind, is_title=True)):
        for shown in (ui_value(value, column), ui_value(value, column, True)):
            assert "<script" not in shown
            assert 'href="javascript:' not in shown
        rows = (Row(NASTY, NASTY, NASTY, (value,)), Row("1", "/1", "one", (None,)))
        for html in (*ui_cells(rows, (column,)), ui_rows(rows, (column,), NASTY, NASTY)):
            assert "<script" not in html
            assert '"><b>' not in html


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [*VALUES, None, "", []])
def test_a_value_looks_the_same_alone_and_in_a_column(kind, value):
    column = Column("x", "X", kind, link_base="/there/")
    assert str(ui_value(value, column)) in ui_cells([Row("1", "/1", "one", (value,))], (column,))[0]


@pytest.mark.parametrize(
    "kind", ["text", "long_text", "json", "choice", "money", "moment", "belongs_to", "tags", "url"]
)
def test_no_control_brings_code_in(kind):
    view = FieldView(NASTY, NASTY, kind, NASTY, NASTY, NASTY, (NASTY,), options=(Option(NASTY, NASTY),), compact=True)
    shown = ui_field(view)
    assert "<script" not in shown
    assert 'value="<' not in shown


@pytest.mark.parametrize(
    ("locale", "value", "shown"),
    [
        ("en", Decimal("1234567.500"), "1,234,567.500"),
        ("de", Decimal("-1234.5"), "-1.234,5"),
        ("hi", 12345678, "1,23,45,678"),
        ("hi", Decimal("-0.50"), "-0.50"),
        ("en", 0, "0"),
        ("en", Decimal("1E+3"), "1,000"),
    ],
)
def test_numbers_keep_every_digit(locale, value, shown):
    assert formats_for(locale, "UTC").number(value) == shown


@pytest.mark.parametrize(
    ("locale", "money", "shown"),
    [
        ("en", Money(-125050, "USD"), "-$1,250.50"),
        ("en", Money(1250, "JPY"), "¥1,250"),
        ("en", Money(1250, "KWD"), "KWD1.250"),
        ("de", Money(125050, "EUR"), "1.250,50\xa0€"),
    ],
)
def test_money_is_exact_in_every_currency(locale, money, shown):
    assert formats_for(locale, "UTC").money(money.amount, money.currency) == shown


@pytest.mark.parametrize(
    ("locale", "value", "shown"),
    [
        ("en", Decimal("67.44"), "67.4%"),
        ("tr", Decimal("67.4"), "%67,4"),
        ("tr", Decimal(-3), "-%3"),
        ("fr", Decimal("1234.5"), "1\u202f234,5\xa0%"),
        ("es", Decimal(50), "50\xa0%"),
        ("ar", Decimal("67.4"), "67.4%"),
    ],
)
def test_a_percentage_has_its_sign_where_the_language_puts_it(locale, value, shown):
    assert formats_for(locale, "UTC").percent(value) == shown


def test_a_moment_is_told_on_the_readers_clock():
    moment = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
    assert "Jan 1, 2027" in formats_for("en", "Asia/Riyadh").moment(moment)
    assert "1:30" in formats_for("en", "Asia/Riyadh").moment(moment)
    assert "Dec 31, 2026" in formats_for("en", "America/New_York").moment(moment)
    assert formats_for("en", "Nowhere/Nothing").zone.key == "UTC"


def test_values_without_a_column_are_told_by_their_type():
    assert "Yes" in ui_value(True)
    assert "Jan 2, 2026" in ui_value(date(2026, 1, 2))
    assert "1,000" in ui_value(1000)
    assert ui_value(None) == ui_value("") == ui_value([]) == Markup('<span class="none">–</span>')


def test_a_choice_wears_its_badge():
    column = Column("s", "State", "choice", badges={"won": Badge("Won!", "green")})
    assert 'badge-green">Won!' in ui_value("won", column)
    assert "stray" in ui_value("stray", column)


class Stock(Form):
    name = StringField("Name", [InputRequired(), Length(max=20)], description="As in the passport")
    secret = PasswordField("Secret")
    active = BooleanField("Active")
    notes = TextAreaField("Notes")
    role = SelectField("Role", choices=[("a", "Admin"), ("b", "Agent")])
    many = SelectMultipleField("Many", choices=[("x", "X"), ("y", "Y")])


def test_forms_of_flask_appbuilder_use_the_same_controls():
    form = Stock(data={"name": NASTY, "secret": "hidden", "active": True, "role": "b", "many": ["y"]})
    form.name.errors = ["Too short"]
    name = ui_field(form.name)
    assert 'id="f-name" name="name" required' in name
    assert 'aria-invalid="true" aria-describedby="f-name-error f-name-help"' in name
    assert 'maxlength="20"' in name
    assert "hidden" not in ui_field(form.secret)
    assert " checked" in ui_field(form.active)
    assert ui_field(form.notes).startswith("<textarea")
    assert '<option value="b" selected>Agent' in ui_field(form.role)
    assert '<option value="y" selected>' in ui_field(form.many)
    assert "multiple" in ui_field(form.many)
    assert field_view(form.name).help == "As in the passport"
