"""Controls that are kept and filled in look, to the letter, like controls printed for this one request."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from app.host import registry
from app.screens.page import Option
from app.screens.views.controls import Known, control_of
from app.screens.views.printing import Printer, print_macro
from app.screens.views.screen import Screen

NASTY = "<b>\"'&{{ 1 }}\\1 {n} %s"
TEXTS = ("", NASTY, "true", "false", "x\ny", "12.50 USD", "12.50 sar", "3 XYZ", "0195094c-08c0-7046-987e-9dec2ff3295b")


@pytest.fixture
def screens(house):
    """Every resource, in the middle of a request."""
    with house.inside():
        yield [Screen(entry) for entry in registry().entries.values()]


def fresh(screen, declared, text, known, **more):
    return print_macro("field")(control_of(screen, declared, declared.name, text, known=known, **more))


def test_a_kept_control_is_the_same_as_a_fresh_one(screens):
    tried = 0
    for screen in screens:
        for declared in screen.surface.editable(is_new=True).values():
            printer = Printer(screen, Known({declared.name: NASTY}))
            for text in (*TEXTS, *[one.value for one in declared.choices][:4]):
                expected = fresh(screen, declared, text, printer.known)
                assert printer.field(declared, text) == expected, (screen.entry.key, declared.name, text)
                assert printer.field(declared, text) == expected
                tried += 1
    assert tried > 500


def test_what_was_refused_or_found_is_printed_with_it(screens):
    screen = next(one for one in screens if "company" in one.surface.fields)
    company = screen.surface.fields["company"]
    found = Known(found={"company": (Option("7", "<Seven>"),)})
    assert "&lt;Seven&gt;" in Printer(screen, found).field(company, "")
    assert "Seven" not in Printer(screen, Known()).field(company, "")
    assert "Not <b>" not in Printer(screen, Known()).field(company, "", "Not <b>this</b>.")
    assert "this" in Printer(screen, Known()).field(company, "", "Not <b>this</b>.")


def test_each_language_has_its_own_controls(screens):
    screen = next(one for one in screens if one.entry.key == "contacts.contact")
    first_name = screen.surface.fields["first_name"]
    english = Printer(screen, Known()).field(first_name, "Mona")
    with force_locale("ar"):
        arabic = Printer(screen, Known()).field(first_name, "Mona")
        assert Printer(screen, Known()).words(first_name) == first_name.words
    assert arabic != english
    assert Printer(screen, Known()).field(first_name, "Mona") == english


def test_one_record_never_shows_the_text_of_another(screens):
    screen = next(one for one in screens if one.entry.key == "contacts.contact")
    first_name = screen.surface.fields["first_name"]
    assert "Mona" in Printer(screen, Known()).field(first_name, "Mona")
    assert "Mona" not in Printer(screen, Known()).field(first_name, "Omar")
