"""Kept pieces of pages: printed again for everything they depend on, and never with what belongs to one browser."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from app.screens.page import Account, ActionButton, Link, MenuGroup
from app.web.kept import kept


@pytest.fixture
def macros(app):
    with app.test_request_context():
        yield app.jinja_env.get_template("macros.html").module


def test_the_menu_is_that_of_its_tenant_and_section(macros):
    menu = (MenuGroup("People", (Link("Contacts", "/t/acme/contacts/contact/"),)),)
    here = kept(macros.side, "/t/acme/", "Acme", (), menu, "/t/acme/contacts/contact/")
    assert "Acme" in here
    assert 'aria-current="page"' in here
    assert 'aria-current="page"' not in kept(macros.side, "/t/acme/", "Acme", (), menu, "/t/acme/")
    assert "Globex" in kept(macros.side, "/t/globex/", "Globex", (), (), "/t/globex/")
    assert "Contacts" not in kept(macros.side, "/t/globex/", "Globex", (), (), "/t/globex/")


def test_two_people_never_see_each_other(macros):
    first = kept(macros.account, Account("Mona", "mona@acme.example", "/logout/"))
    second = kept(macros.account, Account("Omar", "omar@acme.example", "/logout/"))
    assert "Mona" in first
    assert "Mona" not in second
    assert "omar@acme.example" in second


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
    assert "csrf_token" in kept(macros.account, Account('name="csrf_token"', "csrf_token", "/logout/"))
