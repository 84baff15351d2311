"""What a website needs to show a form or to send to it: addresses, and pieces of HTML to copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from flask import current_app

from app.sdk import Tenant, _, current_tenant_id, session
from plugins.crm.models import CaptureField, CaptureForm
from plugins.crm.services.capture.forms import choices_of
from plugins.crm.services.capture.guard import TRAP
from plugins.crm.services.capture.receiving import questions_of

_TYPES = {"email": "email", "phone": "tel", "day": "date"}


@dataclass(frozen=True, slots=True)
class Places:
    """Where a form is found: `page` by people, `endpoint` by programs, which ask what is asked and send answers there;
    `script` beside frames."""

    page: str
    endpoint: str
    script: str


def places_of(form: CaptureForm) -> Places:
    """The whole addresses."""
    slug = session.get_one(Tenant, current_tenant_id()).slug
    stem = f"{str(current_app.config['TENANTRY'].public_url).rstrip('/')}/t/{slug}/crm/public"
    return Places(f"{stem}/form/{form.key}", f"{stem}/capture/{form.key}", f"{stem}/script/embed.js")


def addresses(forms: Sequence[CaptureForm]) -> str:
    """The action that says where a form is found."""
    (form,) = forms
    places = places_of(form)
    return str(_("Page: %(page)s. For programs: %(api)s.", page=places.page, api=places.endpoint))


def pieces(form: CaptureForm) -> list[tuple[str, ...]]:
    """The panel of a form: the page that is its own, and how a website shows it."""
    places = places_of(form)
    found: list[tuple[str, ...]] = [
        (str(_("Page")), places.page, places.page), (str(_("For programs")), places.endpoint),
    ]  # fmt: skip
    if not form.allowed_origins:
        first = str(_("Name the website under “Websites that may show it” first."))
        return [*found, (str(_("On your website")), first)]
    return [
        *found,
        (str(_("As a frame")), frame(form, places)),
        (str(_("As HTML of your own")), own_html(form, places)),
    ]


def frame(form: CaptureForm, places: Places) -> str:
    """The form in a frame that is as high as it is, with the campaign that brought the visitor."""
    title, address = escape(form.heading or form.name), f"{places.page}?embed=1"
    shown = f'<iframe src="{address}" title="{title}" data-tenantry-form width="100%" height="640"></iframe>'
    return f'{shown}\n<script src="{places.script}" async></script>'


def own_html(form: CaptureForm, places: Places) -> str:
    """A form of the website's own, which sends to ours."""
    asked = "\n".join(_control(one) for one in questions_of(form))
    trap = f'<input name="{TRAP}" hidden tabindex="-1" autocomplete="off">'
    send = f"<button>{escape(_('Send'))}</button>"
    return f'<form method="post" action="{places.page}">\n{asked}\n{trap}\n{send}\n</form>'


def _control(question: CaptureField) -> str:
    label, name = escape(question.label), escape(question.name)
    must = " required" if question.required else ""
    if question.kind == "long_text":
        return f'<label>{label} <textarea name="{name}"{must}></textarea></label>'
    if question.kind == "choice":
        options = "".join(f"<option>{escape(one)}</option>" for one in choices_of(question))
        return f'<label>{label} <select name="{name}"{must}><option></option>{options}</select></label>'
    if question.kind == "choices":
        ticks = "".join(
            f'<label><input type="checkbox" name="{name}" value="{escape(one)}"> {escape(one)}</label>'
            for one in choices_of(question)
        )
        return f"<fieldset><legend>{label}</legend>{ticks}</fieldset>"
    if question.kind == "tick":
        return f'<label><input type="checkbox" name="{name}" value="yes"{must}> {label}</label>'
    return f'<label>{label} <input type="{_TYPES.get(question.kind, "text")}" name="{name}"{must}></label>'
