"""Whatever the bytes, reading people raises nothing but UnknownDialect, loses no row and ends soon."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.contacts.dialects import Person, UnknownDialect, read_people

OUTLOOK_HEAD = "First Name,Last Name,E-mail Address,Mobile Phone,Birthday,Web Page,Notes\n"

FRAGMENTS = st.sampled_from(
    [
        *('"', '""', ",", ";", "\t", "\n", "\r\n", "\r", "\0", " ::: ", "* ", "=", "=\n"),
        *("\\", "\\n", ":", "\ufeff", "\ud7ff", "\x85", "\u2028"),
        *("First Name,Last Name,E-mail Address,Mobile Phone\n", "Given Name,Group Membership,Phone 1 - Value\n"),
        *("BEGIN:VCARD\n", "END:VCARD\n", "VERSION:2.1\n", "N:;;;;\n", "FN:", "AGENT:\n", "BDAY:", "ADR:;;"),
        *("TEL;CELL:", ";ENCODING=QUOTED-PRINTABLE:", ";CHARSET=utf-7:", 'item1.TEL;X="a:b":', "URL:http://["),
        *("0501234567", "a@b.co", "نورة", "é", "٠٥٠", "wa.me/", "+"),
    ]
)
TEXTS = st.lists(st.one_of(FRAGMENTS, st.text(max_size=20)), max_size=40).map("".join)
BYTES = st.one_of(
    st.binary(max_size=400),
    st.builds(
        lambda text, encoding: text.encode(encoding, "replace"), TEXTS, st.sampled_from(["utf-8", "utf-16", "cp1256"])
    ),
    st.builds(
        lambda head, body: head + body,
        st.sampled_from([OUTLOOK_HEAD.encode(), b"BEGIN:VCARD\n"]),
        st.binary(max_size=400),
    ),
    st.builds(
        lambda head, body: (head + body).encode(), st.sampled_from([OUTLOOK_HEAD, "BEGIN:VCARD\nVERSION:2.1\n"]), TEXTS
    ),
)


@settings(max_examples=400)
@given(BYTES, st.sampled_from(["SA", "US", "", "??"]))
@example(b'First Name,Mobile Phone\n"', "SA")
def test_whatever_the_bytes_every_row_is_a_person_or_a_reason(data, region):
    try:
        rows = list(read_people(data, region))
    except UnknownDialect:
        return
    assert [row.line for row in rows] == sorted({row.line for row in rows})
    for row in rows:
        assert (row.person is None) != (row.error is None)
        if row.person is not None:
            assert row.person.display_name
            assert_storable(row.person)


def assert_storable(one: Person) -> None:
    texts = [*one.notes, *one.tags, *one.unreadable, one.first_name, one.last_name, one.company, one.position]
    texts += [text for channel in one.channels for text in (channel.value, channel.label)]
    for text in texts:
        text.encode()
        assert "\0" not in text


def test_a_large_file_with_bad_quotation_is_read_in_reasonable_time():
    bad = OUTLOOK_HEAD + 'a"b,"\n' * 50_000
    assert sum(1 for _row in read_people(bad.encode(), "SA")) > 0
