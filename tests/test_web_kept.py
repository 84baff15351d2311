"""Kept pieces of pages: printed again for everything they depend on, and never with what belongs to one browser."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from app.screens.page import Account, ActionButton, Language, Link, MenuGroup, Surroundings
from app.web.kept import kept


@pytest.fixture
def macros(app):
    with app.test_request_context():
        yield app.jinja_env.get_template("macros.html").module


def around(brand: str = "Acme", prefix: str = "/t/acme", **more: object) -> Surroundings:
    account = Account("Mona", "mona@acme.example", "/logout/")
    languages = (Language("en", "English", True), Language("ar", "العربية"))
    return Surroundings(brand, prefix + "/", "en", "ltr", "/language", languages, **{"account": account, **more})


def side(macros, *parts: object) -> str:
    return str(kept(macros.side, *parts, csrf="token", here="/here"))


def test_the_menu_is_that_of_its_tenant_and_section(macros):
    menu = (MenuGroup("People", (Link("Contacts", "/t/acme/contacts/contact/"),)),)
    acme, globex = around(menu=menu), around("Globex", "/t/globex")
    here = side(macros, acme, "/t/acme/contacts/contact/")
    assert "Acme" in here
    assert 'aria-current="page"' in here
    assert 'aria-current="page"' not in side(macros, acme, "/t/acme/")
    assert "Globex" in side(macros, globex, "/t/globex/")
    assert "Contacts" not in side(macros, globex, "/t/globex/")


def test_what_is_set_up_once_stands_apart_and_is_open_only_where_one_is(macros):
    setup = (Link("Stages", "/t/acme/crm/stage/"),)
    acme = around(menu=(MenuGroup("CRM", (Link("Leads", "/t/acme/crm/lead/"),), setup, "crm"),))
    closed, opened = (side(macros, acme, f"/t/acme/crm/{place}/") for place in ("lead", "stage"))
    assert '<details class="set-up" data-group="crm/set-up">' in closed
    assert '<details class="set-up" data-group="crm/set-up" open>' in opened
    assert closed.index("/crm/lead/") < closed.index("Set-up") < closed.index("/crm/stage/")


def test_two_people_never_see_each_other(macros):
    first = side(macros, around(), "")
    second = side(macros, around(account=Account("Omar", "omar@acme.example", "/logout/")), "")
    assert "Mona" in first
    assert "Mona" not in second
    assert "omar@acme.example" in second


def test_what_differs_by_request_is_filled_in_and_escaped(macros):
    same = around()
    first = kept(macros.language_form, same, csrf="one", here="/a?b=1&c=<2>")
    second = kept(macros.language_form, same, csrf="two", here="/")
    assert 'name="csrf_token" value="one"' in first
    assert 'value="/a?b=1&amp;c=&lt;2&gt;"' in first
    assert 'name="csrf_token" value="two"' in second
    assert "one" not in second


def test_each_language_is_printed_for_itself(macros):
    english = kept(macros.page_end)
    with force_locale("ar"):
        arabic = kept(macros.page_end)
    assert "Nothing found" in english
    assert "Nothing found" not in arabic
    assert kept(macros.page_end) == english


def test_a_piece_with_a_token_is_refused_whatever_people_are_called(macros):
    with pytest.raises(ValueError, match="CSRF"):
        kept(macros.heading, "Contacts", (ActionButton("Go", "/go", "post"),))
    named = around(account=Account('name="csrf_token"', "csrf_token", "/logout/"))
    assert "csrf_token" in side(macros, named, "")
