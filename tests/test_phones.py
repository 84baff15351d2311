import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.data.phones import digits, display, split_extension, to_e164


@pytest.mark.parametrize(
    ("written", "region", "stored"),
    [
        ("0501234567", "SA", "+966501234567"),
        ("٠٥٠١٢٣٤٥٦٧", "SA", "+966501234567"),
        ("۰۵۰ ۱۲۳ ۴۵۶۷", "SA", "+966501234567"),
        ("050 123 4567", "sa", "+966501234567"),
        ("+966 (0)50-123-4567", "US", "+966501234567"),
        ("00966501234567", "US", "+966501234567"),
        ("00 966 50 123 4567", "GB", "+966501234567"),
        ("966501234567", "SA", "+966501234567"),
        ("971501234567", "SA", "+971501234567"),
        ("\u202a+966 50 123 4567\u202c", "SA", "+966501234567"),
        ("tel:+966-50-123-4567", "SA", "+966501234567"),
        ("'0501234567", "SA", "+966501234567"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("+1 415 555 2671", "SA", "+14155552671"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("050 123 4567 ext. 5", "SA", "+966501234567"),
        ("+44 7700 900123", "SA", "+447700900123"),
    ],
)
def test_what_people_write_becomes_e164(written, region, stored):
    assert to_e164(written, region) == stored


@pytest.mark.parametrize(
    "written", ["12-34", "", "  ", "call me", "4155552671", "+", "+999999999999999999", "0" * 5000, "\0", "123456"]
)
def test_what_is_no_number_is_refused_in_words(written):
    with pytest.raises(ValueError, match=r"phone number we can read|number is empty") as refused:
        to_e164(written, "SA")
    assert len(str(refused.value)) < 200


def test_a_region_is_needed_only_without_country_code():
    assert to_e164("+966501234567", "") == "+966501234567"
    with pytest.raises(ValueError, match="country code"):
        to_e164("0501234567", "")


def test_display_is_national_at_home_and_international_abroad():
    assert display("+966501234567", "SA") == "050 123 4567"
    assert display("+966501234567", "GB") == "+966 50 123 4567"
    assert display("not a number", "GB") == "not a number"


def test_digits_and_extension():
    assert digits("+966 50-123 4567") == "966501234567"
    assert split_extension("050 123 4567 ext. 5", "SA") == ("+966501234567", "5")
    assert split_extension("050 123 4567", "SA") == ("+966501234567", "")


@pytest.mark.parametrize("kind", ["MOBILE", "FIXED_LINE", "TOLL_FREE"])
def test_whole_numbers_are_what_the_parser_makes_of_them(kind):
    """They are not parsed: it takes five times as long as all the rest."""
    for region in phonenumbers.SUPPORTED_REGIONS:
        example = phonenumbers.example_number_for_type(region, getattr(phonenumbers.PhoneNumberType, kind))
        if example is not None:
            whole = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            parsed = phonenumbers.format_number(phonenumbers.parse(whole, "SA"), phonenumbers.PhoneNumberFormat.E164)
            assert split_extension(whole, "SA") == (parsed, ""), region


@given(st.text(max_size=100), st.sampled_from(["SA", "US", "GB", "", "ZZ"]))
def test_any_text_is_a_number_or_a_value_error(text, region):
    try:
        stored = to_e164(text, region)
    except ValueError:
        return
    assert stored.startswith("+")
    assert to_e164(stored, region) == stored
