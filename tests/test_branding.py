"""The brand of a tenant: colours that can be read, a logo that is harmless and nobody else's, at no cost to pages."""

from __future__ import annotations

import json
import re
import struct
import threading
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.branding.brand import own_brand
from app.branding.colours import AA, DARK, LIGHT, WHITE, contrast, nearest, parsed, weakest
from app.branding.drawings import flattened, redrawn
from app.branding.logos import MOST_KEPT, Unfit, read_logo, take_logo
from app.branding.models import BrandLogo
from app.branding.shades import dark_of, style_sheet
from app.data import Scope, db, scope
from app.messaging.models import CommunicationTemplate, OutboundMessage
from app.messaging.wording import send_template
from app.tenancy.services import map_domain
from app.testing.counting import count_statements
from app.testing.pages import page_of

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">{}</svg>'
SHAPE = '<path d="M0 0 L40 0 L20 20 z" fill="#123456"/>'


def drawing(inside=SHAPE):
    return SVG.format(inside).encode()


def picture(size=(200, 100), kind="PNG", mode="RGB", colour="teal", **more):
    out = BytesIO()
    Image.new(mode, size, colour).save(out, kind, **more)
    return out.getvalue()


@pytest.fixture
def tenant(house):
    return house.new_tenant(name="Acme Trading")


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


def send_logo(browser, content, name="logo.png"):
    sent = {"logo": (BytesIO(content), name)}
    return browser.send("/console/branding/logo", sent, content_type="multipart/form-data")


def edit(browser, **values):
    """Fill in the form of the brand, the way the page leads to it."""
    browser.go("/console/branding/")
    form_at = next(link for link in page_of(browser.go("/console/branding/")).links if "/edit" in link)
    form = page_of(browser.get(form_at)).guarded()
    return browser.post(form.action, data=form.data(**values))


# Colours -------------------------------------------------------------------------------------------------------------


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#0000ff", "#ffffff") == pytest.approx(8.592, abs=0.001)


@pytest.mark.parametrize(("typed", "stored"), [("#2F51C9", "#2f51c9"), ("25c", "#2255cc"), (" #fff ", "#ffffff")])
def test_colours_are_read_as_people_write_them(typed, stored):
    assert parsed(typed) == stored


@pytest.mark.parametrize("typed", ["", "red", "#12", "#1234567", "url(x)", "#2f51c9;}", "rgb(1,2,3)"])
def test_what_is_no_colour_is_refused(typed):
    with pytest.raises(ValueError, match=f"^{re.escape(typed)}$"):
        parsed(typed)


@given(COLOURS)
@settings(max_examples=200)
def test_the_nearest_colour_can_be_read_and_a_good_one_stays(colour):
    for grounds in ((WHITE,), DARK):
        found = nearest(colour, grounds)
        assert weakest(found, grounds) >= AA
        assert nearest(found, grounds) == found


@given(COLOURS)
@settings(max_examples=100)
def test_whatever_the_colour_the_style_sheet_can_be_read(colour):
    """Links on every surface and on their own wash, white words on buttons: in light and in dark mode."""
    pairs = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", style_sheet(colour, "")))
    (ink, ink_dark), (fill, _fill), (wash, wash_dark) = (
        pairs[name].split(", ") for name in ("accent", "accent-fill", "accent-wash")
    )
    assert weakest(ink, (*LIGHT, wash)) >= AA
    assert weakest(ink_dark, (*DARK, wash_dark)) >= AA
    assert contrast(fill, WHITE) >= AA
    assert weakest(dark_of(colour), DARK) >= AA


def test_the_style_sheet_is_kept_for_ever_and_needs_no_database(app):
    browser = app.test_client()
    with count_statements() as seen:
        answer = browser.get("/branding/accent/2f51c9-a4b7ff.css")
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "#2f51c9" in answer.text
    assert seen == []
    for name in ("2f51c9", "xyzxyz.css", "2f51c9-.css", "2F51C9.css", "2f51c9.css.css", "..%2fx.css"):
        assert browser.get(f"/branding/accent/{name}").status_code == 404, name


def test_a_colour_that_cannot_be_read_is_refused_with_a_better_one(browser):
    answer = edit(browser, accent="#f6c500", accent_dark="#332200")
    assert answer.status_code == 422
    assert "White letters on it have a contrast of 1.6" in answer.text
    better = re.findall(r"The nearest colour that has it is (#\w{6})", answer.text)
    light, dark = better[0], next(one for one in better if one != better[0])
    assert edit(browser, accent=light, accent_dark=dark).status_code == 303
    page = browser.go("/contacts/contact/").text
    assert f"/branding/accent/{light[1:]}-{dark[1:]}.css" in page
    assert "style=" not in page


def test_no_colour_and_a_dark_one_alone_are_refused_in_words(browser):
    assert "“blue” is no colour." in edit(browser, accent="blue").text
    assert "Please choose this colour as well." in edit(browser, accent="", accent_dark="#a4b7ff").text


# The page and its cost -----------------------------------------------------------------------------------------------


def test_a_brand_is_seen_on_pages_and_told_in_the_log(house, tenant, browser):
    assert edit(browser, display_name="Acme & Söhne", accent="0A7F5A").status_code == 303
    assert send_logo(browser, picture()).status_code == 303
    page = browser.go("/contacts/contact/").text
    assert '<bdi class="name">Acme &amp; Söhne</bdi>' in page
    logo = re.search(r'<img class="mark-logo" src="([^"]+)"', page)[1]
    assert browser.get(logo).status_code == 200
    with house.inside(tenant) as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.target_type == "console.brand")).all()
        fields = {name for entry in told for name in json.loads(entry.body).get("fields", {})}
    assert {"display_name", "accent", "logo"} <= fields


def test_pages_pay_nothing_for_the_brand(browser):
    edit(browser, accent="#0a7f5a")
    send_logo(browser, picture())
    browser.go("/contacts/company/")
    with count_statements() as seen:
        browser.go("/contacts/company/")
    assert not [one for one in seen if "tenant_brand" in one or "brand_logo" in one], seen.report()


def test_a_change_is_seen_by_the_next_page(browser):
    for name in ("First name", "Second name"):
        edit(browser, display_name=name)
        assert name in browser.go("/contacts/company/").text


def test_two_who_open_the_page_first_at_once_get_one_row(app, house, tenant):
    with house.inside(tenant) as session:
        own_brand(session)  # not committed: the second one waits for it
        seen = []

        def open_page():
            with app.test_request_context(), scope(Scope(tenant.id, via="system")):
                seen.append(own_brand(db.session()).id)
                db.session.commit()

        other = threading.Thread(target=open_page)
        other.start()
        other.join(0.3)
        session.commit()
        other.join(20)
        assert seen == [own_brand(session).id]


def test_only_owners_and_admins_see_to_it(house, tenant):
    for role, status in {"admin": 200, "manager": 403, "agent": 403, "viewer": 403}.items():
        browser = house.browser(role, tenant)
        assert browser.go("/console/branding/").status_code == status, role
        assert (send_logo(browser, picture()).status_code == 303) == (status == 200), role


def test_the_brand_is_there_over_rest(house, tenant, browser):
    edit(browser, accent="#0a7f5a")
    api = house.api("owner", tenant)
    [row] = api.get("/console/brand").json["data"]
    assert row["accent"] == "#0a7f5a"
    refused = api.patch(f"/console/brand/{row['id']}", {"accent": "#f6c500"})
    assert refused.status_code == 422
    assert "contrast" in refused.json["errors"]["accent"]
    assert api.patch(f"/console/brand/{row['id']}", {"accent": "#2F51C9"}).json["accent"] == "#2f51c9"


# Logos ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "mime"),
    [
        (picture(mode="RGBA", colour=(0, 90, 90, 128)), "logo.png", "image/png"),
        (picture(kind="JPEG"), "logo.jpg", "image/jpeg"),
        (drawing(), "logo.svg", "image/svg+xml"),
        (picture(size=(4000, 1500), kind="JPEG"), "large.jpeg", "image/jpeg"),
        (picture(mode="P", colour=3), "misnamed.jpg", "image/png"),
    ],
)
def test_a_logo_is_served_from_our_host_and_cannot_do_anything(app, house, tenant, content, name, mime):
    browser = house.browser("owner", tenant)
    assert send_logo(browser, content, name).status_code == 303
    src = re.search(r'<img class="brand-logo" src="([^"]+)"', browser.go("/console/branding/").text)[1]
    answer = app.test_client().get(src)
    assert answer.status_code == 200, "mail programs and the sign-in page are nobody"
    assert answer.mimetype == mime
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert len(answer.data) < 500_000
    assert browser.send("/console/branding/logo/remove").status_code == 303
    assert "brand-logo" not in browser.go("/console/branding/").text
    assert app.test_client().get(src).status_code == 200, "mails that were sent still show it"


def test_another_tenants_logo_is_not_there(app, house, tenant):
    browser = house.browser("owner", tenant)
    send_logo(browser, picture(colour="navy"))
    src = re.search(r'src="([^"]+/branding/logo/[^"]+)"', browser.go("/console/branding/").text)[1]
    path = src.removeprefix(f"/t/{tenant.slug}")
    other = house.new_tenant()
    strangers = (app.test_client(), house.browser("owner", other), browser)
    for stranger in strangers:
        for address in (f"/t/{other.slug}{path}", path, path.replace(".png", ".svg"), f"/t/nobody{path}"):
            assert stranger.get(address).status_code == 404, address
    assert house.browser("owner", other).get(src).status_code == 404, "a member of another tenant finds nothing here"


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "foreign": '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>',
    "picture": '<image href="http://evil.example/x.png"/>',
    "link": '<a href="javascript:alert(1)"><path d="M0 0z"/></a>',
    "use": '<use href="#a"/>',
    "style": "<style>@import url(http://evil.example)</style>",
    "letters": "<text>hello</text>",
    "animation": '<path d="M0 0"><set attributeName="onload" to="alert(1)"/></path>',
    "deep": "<g>" * 40 + SHAPE + "</g>" * 40,
    "many": SHAPE * 5_000,
}


@pytest.mark.parametrize("inside", HOSTILE.values(), ids=HOSTILE)
def test_a_drawing_that_could_do_more_than_be_seen_is_refused(browser, inside):
    answer = send_logo(browser, drawing(inside), "logo.svg")
    assert answer.status_code == 422
    assert 'id="f-logo-error"' in answer.text
    assert "brand-logo" not in browser.go("/console/branding/").text


def test_what_could_do_harm_in_a_shape_is_left_out():
    harm = (
        '<path d="M0 0 L9 9" onload="alert(1)" onclick="x" fill="url(http://evil.example)" stroke="url(#a)"'
        ' style="fill:red;background:url(javascript:x);filter:url(#f)" class="x" href="http://evil.example"/>'
    )
    drawn, width, height = redrawn(drawing(harm + SHAPE))
    text = drawn.decode()
    assert (width, height) == (128, 64)
    for word in ("onload", "onclick", "evil", "javascript", "class", "filter", "background", "style"):
        assert word not in text, word
    assert 'fill="red"' in text
    assert 'stroke="url(#a)"' in text


def test_gradients_are_printed_as_the_colour_in_their_middle():
    gradient = (
        '<defs><linearGradient id="a"><stop stop-color="#111111"/><stop style="stop-color:#0a7f5a"/></linearGradient>'
        '<radialGradient id="b" xlink:href="#a" xmlns:xlink="http://www.w3.org/1999/xlink"/>'
        '<linearGradient id="c" href="#c"/></defs>'
    )
    shapes = "".join(f'<g style="fill:url(#{name})"><path d="M0 0 L9 9"/></g>' for name in "abcd")
    drawn, _width, _height = redrawn(drawing(gradient + shapes))
    text = flattened(drawn).decode()
    assert text.startswith("<svg ")
    assert text.count('fill="#0a7f5a"') == 2
    assert text.count('fill="none"') == 2, "one that leads to itself, and one that is not there"
    assert "url(" not in text


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + drawing("&b;"),
        b'<!DOCTYPE svg SYSTEM "http://evil.example/x.dtd">' + drawing(),
        b"<svg",
        b"<svg></svg>",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        drawing(""),
        b'<html xmlns="http://www.w3.org/1999/xhtml"><svg/></html>',
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 nan 9">' + SHAPE.encode() + b"</svg>",
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 1">' + SHAPE.encode() + b"</svg>",
        b"",
        b"not a picture",
        b"GIF89a" + bytes(60),
        picture(size=(8, 8)),
        picture(size=(1600, 16)),
        picture()[:90],
        b"\x89PNG\r\n\x1a\n" + bytes(3_000_000),
    ],
    ids=range(16),
)
def test_what_is_no_logo_is_refused_with_a_sentence(app, content):
    with app.test_request_context(), pytest.raises(Unfit) as refused:
        read_logo(content)
    assert str(refused.value).endswith(".")


def bomb(width, height):
    """A PNG of a few bytes that says it is huge."""

    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = part(b"IDAT", zlib.compress(bytes(10_000)))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + pixels + part(b"IEND", b"")


def test_a_picture_that_would_fill_the_memory_is_never_unpacked(app):
    for size in ((60_000, 60_000), (30_000, 1_000)):
        with app.test_request_context(), pytest.raises(Unfit):
            read_logo(bomb(*size))


def test_nothing_but_the_picture_is_kept(app):
    """No place where it was taken, no text, no second file behind the first."""
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    with app.test_request_context():
        taken = read_logo(picture(kind="JPEG", exif=exif) + b"<script>alert(1)</script>")
    assert b"SecretCamera" not in taken.content
    assert b"script" not in taken.content


def test_earlier_logos_are_kept_up_to_a_number(house, tenant):
    with house.inside(tenant) as session:
        for number in range(MOST_KEPT + 3):
            take_logo(session, own_brand(session), BytesIO(picture(colour=(number, 0, 0))))
        take_logo(session, own_brand(session), BytesIO(picture(colour=(MOST_KEPT + 2, 0, 0))))
        session.commit()
        kept = session.scalars(select(BrandLogo.digest)).all()
        assert len(kept) == MOST_KEPT
        assert own_brand(session).logo in kept


# At the door, in mails -----------------------------------------------------------------------------------------------


def test_the_sign_in_page_of_a_mapped_host_has_the_brand(app, house, tenant, browser):
    edit(browser, display_name="Acme & Söhne", accent="#0a7f5a")
    send_logo(browser, picture(colour="olive"))
    host = f"office.{tenant.slug}.example"
    with app.app_context():
        map_domain(tenant.slug, host)
    at = {"base_url": f"http://{host}/"}
    page = app.test_client().get("/login/", **at)
    assert page.status_code == 200
    assert "Acme &amp; Söhne" in page.text
    assert "/branding/accent/0a7f5a.css" in page.text
    logo = re.search(r'class="alone-brand"><img src="([^"]+)"', page.text)[1]
    assert app.test_client().get(logo, **at).status_code == 200
    plain = app.test_client().get("/login/").text
    assert "Söhne" not in plain
    assert "/branding/" not in plain


def sample(session, to="nora@example.com"):
    session.add(
        CommunicationTemplate(
            key="welcome", channel="email", language="en", subject="Hello", variables="name = x",
            body="Dear {{ name }},\n\nsee https://acme.example/?a=1&b=2", is_active=True,
        )
    )  # fmt: skip
    session.flush()
    return session.get_one(OutboundMessage, send_template(to, "welcome", {"name": "<b>Nora"}))


def test_mails_carry_the_brand(app, house, tenant, browser):
    edit(browser, display_name="Acme & Söhne", accent="#0a7f5a", mail_footer="12 Long Street\nLondon")
    send_logo(browser, picture(colour="maroon"))
    with house.inside(tenant) as session:
        sent = sample(session)
        assert "Acme &amp; Söhne" in sent.html
        assert "#0a7f5a" in sent.html
        assert "12 Long Street\nLondon" in sent.html
        assert sent.body.endswith("12 Long Street\nLondon\n")
        assert "Dear &lt;b&gt;Nora," in sent.html
        src = re.search(r'<img src="http[^"]*(/t/[^"]+\.png)"', sent.html)[1]
        session.rollback()
    assert app.test_client().get(src).status_code == 200


def test_a_drawing_is_not_sent_to_mail_programs_that_cannot_show_it(house, tenant, browser):
    send_logo(browser, drawing(), "logo.svg")
    with house.inside(tenant) as session:
        assert "<img" not in sample(session).html
        session.rollback()


def test_without_a_brand_mails_of_templates_stay_plain(house, tenant):
    with house.inside(tenant) as session:
        assert sample(session).html is None
        session.rollback()
