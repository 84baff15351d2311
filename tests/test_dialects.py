from datetime import date
from pathlib import Path

import pytest

from app.contacts.dialects import Address, Channel, Person, Row, UnknownDialect, read_people
from app.transfer.reading.encodings import decode

FILES = Path(__file__).parent / "files" / "contacts"


def people(name: str, region: str = "SA") -> dict[int, Row]:
    return {row.line: row for row in read_people(FILES / name, region)}


def only(text: str | bytes, region: str = "SA") -> Row:
    (row,) = read_people(text if isinstance(text, bytes) else text.encode(), region)
    return row


def person(text: str | bytes, region: str = "SA") -> Person:
    row = only(text, region)
    assert row.person is not None
    return row.person


def values(one: Person, kind: str) -> list[str]:
    return [channel.value for channel in one.channels if channel.kind == kind]


def test_google_since_2024():
    rows = people("google_new.csv")
    assert list(rows) == [2, 5, 7, 8, 9]
    assert rows[2].person == Person(
        first_name="نورة",
        last_name="الراشد",
        full_name=None,
        company="شركة الأفق للتقنية",
        position="مديرة المبيعات",
        channels=(
            Channel("email", "noura@example.com", "work", is_primary=True),
            Channel("phone", "+966501234567", "mobile", is_primary=True),
        ),
        addresses=(Address("work", "شارع العليا", "الرياض", "", "12211", "SA"),),
        tags=("عملاء",),
        notes=(),
        birthday=date(1988, 3, 14),
        locale=None,
        unreadable=(),
    )


def test_google_several_values_in_one_cell_are_several_channels():
    john = people("google_new.csv")[5].person
    assert john is not None
    assert john.full_name == "Dr. John Q O'Brien"
    assert values(john, "email") == ["john.obrien@example.com", "jq@example.org", "john@work.example.com"]
    assert values(john, "phone") == ["+14155552671", "+447911123456", "+14155552672"]
    assert values(john, "linkedin") == ["https://www.linkedin.com/in/jobrien"]
    assert john.tags == ("VIP", "Partners", "starred")
    assert john.notes[0] == 'Met at the fair.\nPrefers calls, not "mail".'
    assert "Anniversary: 2010-06-01" in john.notes[1]


def test_a_bad_phone_does_not_lose_the_person():
    row = people("google_new.csv")[7]
    assert row.person is not None
    assert row.person.last_name == "Al-Harbi"
    assert row.person.unreadable == ("Phone (mobile): 12-34",)
    assert row.warnings[0].startswith("Line 7: “12-34” is not a phone number we can read;")


def test_an_empty_row_is_reported_and_a_company_alone_is_kept():
    rows = people("google_new.csv")
    assert rows[8].error == "Line 8: the line is empty."
    assert rows[9].person is not None
    assert (rows[9].person.display_name, rows[9].person.first_name) == ("Acme Trading LLC", "")


def test_google_before_2024_in_utf16():
    rows = people("google_old.csv")
    maria = rows[2].person
    assert maria is not None
    assert (maria.company, maria.position, maria.locale) == ("Ruiz Textiles", "Owner", "es")
    assert values(maria, "whatsapp") == ["+34612345678"]
    assert [(place.label, place.city, place.country) for place in maria.addresses] == [
        ("work", "Madrid", "ES"),
        ("home", "Toledo", "ES"),
    ]
    assert maria.birthday is None
    assert "Birthday: --05-21" in maria.notes[0]
    assert "Customer number: C-1042" in maria.notes[0]
    salem = rows[3].person
    assert salem is not None
    assert (salem.first_name, salem.last_name, salem.notes[0].splitlines()[1]) == ("سالم", "المهيري", "Skype: salem.m")


def test_outlook_in_the_western_code_page():
    rows = people("outlook.csv", "FR")
    zoe = rows[2].person
    assert zoe is not None
    assert (zoe.first_name, zoe.last_name, zoe.full_name) == ("Zoé", "Müller-Côté", "Mme Zoé Müller-Côté")
    assert zoe.company == "Société Générale d’Été"
    assert zoe.birthday == date(1979, 4, 23)
    assert zoe.tags == ("Clients", "Été 2024")
    assert zoe.addresses[0].street_address == "12 rue de l’Église, Bâtiment B"
    assert zoe.notes == (
        "Rappeler lundi.\nTrès sympathique – préfère l’e-mail.",
        "More from the imported file:\nSpouse: Paul",
    )
    primary = {channel.kind: channel.label for channel in zoe.channels if channel.is_primary}
    assert primary["phone"] == "work"


def test_outlook_keeps_the_same_number_once_and_says_what_an_exchange_address_is_not():
    james = people("outlook.csv")[4]
    assert james.person is not None
    assert values(james.person, "phone") == ["+442079460018", "+441632960001"]
    assert "is not an e-mail address" in james.warnings[0]


def test_outlook_com_with_semicolons_and_a_mark():
    head = "\ufeffFirst Name;Last Name;E-mail Address;Mobile Phone;Home Country/Region\r\n"
    sara = person(f"{head}سارة;Ali;s@example.com;0501234567;\r\n".encode())
    assert (sara.first_name, values(sara, "phone")) == ("سارة", ["+966501234567"])


def test_outlook_in_the_arabic_code_page():
    text = "First Name,Last Name,Company,E-mail Address,Notes\r\nنورة,الراشد,شركة الأفق,n@example.com,عميل مهم\r\n"
    nora = person(text.encode("cp1256"))
    assert (nora.first_name, nora.company, nora.notes) == ("نورة", "شركة الأفق", ("عميل مهم",))


def test_vcard_21():
    rows = people("vcard_21.vcf")
    salem, hassan = rows[1].person, rows[18].person
    assert salem is not None
    assert hassan is not None
    assert (salem.first_name, salem.last_name, salem.full_name) == ("سالم", "المهيري", None)
    assert [(channel.value, channel.label) for channel in salem.channels] == [
        ("+971501234567", "mobile"),
        ("+97142345678", "work fax"),
        ("salem@example.com", ""),
    ]
    assert salem.notes[0] == "First line\nSecond line with a very long text that goes on and on"
    assert (salem.company, salem.addresses[0].country) == ("Gulf Star Trading", "AE")
    assert (hassan.first_name, hassan.last_name) == ("مصطفى", "حسن")


def test_vcard_30_as_phones_write_it():
    rows = people("vcard_30.vcf")
    nora = rows[1].person
    assert nora is not None
    assert nora.full_name == "Dr. Nora Abdullah Al-Rashid, PhD"
    assert (nora.company, nora.position) == ("Horizon; Tech", "Chief Engineer")
    assert Channel("phone", "+966114650000", "Reception", is_primary=False) in nora.channels
    assert values(nora, "whatsapp") == ["+966501234567"]
    assert nora.tags == ("Customers", "Key, important")
    assert nora.addresses == (Address("work", "King Fahd Rd, Tower A, Floor 3", "Riyadh", "", "12211", "SA"),)
    assert "seventy-five octets, without" in nora.notes[0]
    assert nora.birthday is None
    assert "Birthday: --05-05" in nora.notes[1]


def test_vcard_30_company_group_and_a_fold_inside_a_letter():
    rows = people("vcard_30.vcf")
    company = rows[25].person
    assert company is not None
    assert (company.first_name, company.company) == ("", "Horizon Tech")
    assert rows[33].error == "Line 33: the card is a group or a place, not a person."
    folded = rows[39].person
    assert folded is not None
    assert folded.notes[0] == " ".join(["ملاحظة طويلة جدا عن العميل"] * 6)
    assert (folded.first_name, folded.last_name) == ("محمد", "بن سلمان الدوسري")


def test_vcard_40():
    layla = people("vcard_40.vcf")[1].person
    assert layla is not None
    assert (layla.first_name, layla.last_name, layla.locale) == ("ليلى", "حداد", "ar")
    assert values(layla, "phone") == ["+962791234567", "+14186569254"]
    assert values(layla, "email") == ["layla@example.com", "layla.home@example.org"]
    assert layla.birthday == date(1985, 4, 12)
    assert layla.addresses[0].country == "JO"
    assert "Extension of +14186569254: 102" in layla.notes[1]
    assert layla.notes[0] == "السطر الأول\nالسطر الثاني"


def test_reading_twice_gives_the_same():
    assert people("vcard_30.vcf") == people("vcard_30.vcf")


HEAD = "First Name,Last Name,E-mail Address,Mobile Phone,Birthday,Web Page,Notes\n"


@pytest.mark.parametrize(
    ("row", "region", "birthday"),
    [
        (",,,,2/1/1990,,", "SA", date(1990, 1, 2)),
        (",,,,2/1/1990,,", "US", date(1990, 2, 1)),
        (",,,,23/4/79,,", "US", date(1979, 4, 23)),
        (",,,,1990-01-02T00:00:00,,", "SA", date(1990, 1, 2)),
        (",,,,31.12.1999,,", "SA", date(1999, 12, 31)),
        (",,,,٢/١/١٩٩٠,,", "SA", date(1990, 1, 2)),
        (",,,,0/0/00,,", "SA", None),
        (",,,,31/31/1990,,", "SA", None),
    ],
)
def test_birthdays(row, region, birthday):
    assert person(f"{HEAD}Nora{row}\n", region).birthday == birthday


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("0501234567 / 0559876543", ["+966501234567", "+966559876543"]),
        ('"050 123 4567, 055 987 6543"', ["+966501234567", "+966559876543"]),
        ("0501234567 or call home", []),
    ],
)
def test_several_phones_in_one_cell(cell, found):
    nora = person(f"{HEAD}Nora,,,{cell},,,\n")
    assert values(nora, "phone") == found
    assert bool(nora.unreadable) == (not found)


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        ("www.example.com", "url", "https://www.example.com"),
        ("http://sa.linkedin.com/in/nora", "linkedin", "http://sa.linkedin.com/in/nora"),
        ("https://wa.me/966501234567", "whatsapp", "+966501234567"),
    ],
)
def test_web_addresses_find_their_kind(cell, kind, value):
    assert values(person(f"{HEAD}Nora,,,,,{cell},\n"), kind) == [value]


@pytest.mark.parametrize("cell", ["javascript:alert(1)", "http://", "not a page", "ftp://example.com", "http://[::1"])
def test_what_is_no_web_address_is_kept_as_text(cell):
    row = only(f"{HEAD}Nora,,,,,{cell},\n")
    assert row.person is not None
    assert row.person.unreadable == (f"Web address: {cell}",)
    assert row.person.channels == ()


@pytest.mark.parametrize("cell", ["Nora <NORA@Example.com>", "mailto:nora@example.com", " nora@example.com "])
def test_emails_are_taken_out_of_their_wrapping(cell):
    assert values(person(f"{HEAD}Nora,,{cell},,,,\n"), "email") == ["nora@example.com"]


def test_a_row_that_names_nobody_says_why():
    assert "neither a name" in (only(f"{HEAD},,,,,,only a note\n").error or "")
    assert "“Phone (mobile): 12-34”" in (only(f"{HEAD},,,12-34,,,\n").error or "")


def test_an_unclosed_quotation_costs_its_own_line_only():
    rows = list(read_people(f'{HEAD}Nora,"Al-Rashid,,,,,\nSara,Ali,,,,,\nOmar,Hadi,,,,,\n'.encode(), "SA"))
    assert [row.error for row in rows] == ["Line 2: a quotation mark is opened and never closed.", None, None]


def test_a_quotation_mark_inside_a_word_is_a_letter():
    assert person(f'{HEAD}Nora "Nano" X,Al-Rashid,,,,,\n').first_name == 'Nora "Nano" X'


def test_lines_are_counted_through_quoted_notes():
    rows = list(read_people(f'{HEAD}Nora,,,,,,"a\nb\nc"\nSara,,,,,,\n'.encode(), "SA"))
    assert [row.line for row in rows] == [2, 5]


def test_ragged_rows_are_read_and_questioned():
    short, long = read_people(f"{HEAD}Nora\nSara,Ali,,,,,note,surplus,more\n".encode(), "SA")
    assert (short.person is not None, short.warnings) == (True, ())
    assert long.person is not None
    assert long.person.unreadable == ("surplus", "more")
    assert "more values than headings" in long.warnings[0]


def test_repeated_headings_lose_nothing():
    nora = person("First Name,Company,Company,Mobile Phone,Mobile Phone\nNora,A,B,0501234567,0559876543\n")
    assert nora.company == "A"
    assert "Company: B" in nora.notes[0]
    assert len(values(nora, "phone")) == 2


def test_huge_and_hostile_values():
    long_name = "x" * 5000
    row = only(f"{HEAD}{long_name},a\x00\x07b,,,,,\n")
    assert row.person is not None
    assert (len(row.person.first_name), row.person.last_name) == (100, "a b")
    assert long_name in row.person.notes
    assert "too long" in (only(f"{HEAD}Nora,{'y' * 200_000},,,,,\n").error or "")


def test_a_country_we_do_not_know_stays_in_the_street():
    nora = person("First Name,Mobile Phone,Home Street,Home Country\nNora,,1 High Street,Atlantis\n")
    assert nora.addresses == (Address("home", "1 High Street, Atlantis", "", "", "", ""),)


def test_excel_may_announce_its_separator():
    assert person("sep=;\nFirst Name;Mobile Phone\nNora;0501234567\n").first_name == "Nora"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"a,b,c\n1,2,3\n", "do not recognise the headings"),
        (b"PK\x03\x04...", "save it as CSV"),
        (b"%PDF-1.7", "not a list of contacts"),
        (Path("missing.csv"), "cannot open the file “missing.csv”"),
        ("bad\0name.csv", "cannot open"),
    ],
)
def test_an_unknown_file_is_refused_at_once_in_words(data, words):
    with pytest.raises(UnknownDialect, match=words):
        read_people(data, "SA")


def card(*lines: str) -> bytes:
    return "\r\n".join(["BEGIN:VCARD", *lines, "END:VCARD", ""]).encode()


def test_a_card_without_end_and_text_outside_cards():
    data = b"Hello\r\nthere\r\n\r\nBEGIN:VCARD\r\nFN:Nora Ali\r\n" + card("FN:Sara Ali")
    rows = list(read_people(data, "SA"))
    assert [row.line for row in rows] == [1, 4, 6]
    assert rows[0].error == "Line 1: this text stands outside any card."
    assert rows[1].person is not None
    assert "no END:VCARD" in rows[1].warnings[0]
    assert rows[2].warnings == ()


def test_an_agent_inside_a_card_is_not_its_person():
    agent = person(
        card("VERSION:2.1", "FN:Nora Ali", "AGENT:", "BEGIN:VCARD", "FN:Secretary", "END:VCARD", "TITLE:Boss")
    )
    assert (agent.first_name, agent.position) == ("Nora", "Boss")


def test_a_line_that_is_no_property_is_kept():
    row = only(card("VERSION:3.0", "FN:Nora Ali", "what is this"))
    assert row.person is not None
    assert row.person.unreadable == ("what is this",)
    assert "could not be understood" in row.warnings[0]


def test_an_empty_card_is_reported():
    assert only(card("VERSION:3.0", "N:;;;;")).error == "Line 1: the card is empty."


@pytest.mark.parametrize("charset", ["no-such", "hex", "unicode_escape", "idna", "UTF-8"])
def test_any_charset_is_survived(charset):
    nora = person(card("VERSION:2.1", f"FN;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:N=C3=B6ra Ali"))
    assert nora.first_name == "Nöra"


@pytest.mark.parametrize("text", ["سالم المهيري, شركة الأفق", "été à Zürich", "plain", "Ελληνικά"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_decode_finds_unicode_encodings(text, encoding):
    assert decode(text.encode(encoding)) == text


def test_decode_finds_code_pages_utf16_without_mark_and_broken_utf8():
    assert decode("محمد, الراشد; étage".encode("cp1256")) == "محمد, الراشد; étage"
    assert decode("Zoé Müller – l’été".encode("cp1252")) == "Zoé Müller – l’été"
    assert decode("First Name,Last Name\n".encode("utf-16-le")) == "First Name,Last Name\n"
    assert decode("First Name,Last Name\n".encode("utf-16-be")) == "First Name,Last Name\n"
    assert decode("نورة الراشد".encode() + b"\xff") == "نورة الراشد\ufffd"
