"""What a website needs to show a form or to send to it: addresses, and pieces of HTML to copy."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from flask import current_app

from app.sdk import Tenant, _, current_tenant_id, session
from plugins.crm.models import CaptureField, CaptureForm
from plugins.crm.services.capture.forms import choices_of
from plugins.crm.services.capture.guard import TRAP
from plugins.crm.services.capture.receiving import questions_of

_TYPES = {"email": "email", "phone": "tel", "day": "date"}


def page_of(form: CaptureForm) -> str:
    """Where the form is found."""
    return f"{_stem()}/form/{form.key}"


def endpoint_of(form: CaptureForm) -> str:
    """Where programs ask what is asked, and send what is answered."""
    return f"{_stem()}/capture/{form.key}"


def addresses(forms: Sequence[CaptureForm]) -> str:
    """The action that says where a form is found."""
    (form,) = forms
    return str(_("Page: %(page)s. For programs: %(api)s.", page=page_of(form), api=endpoint_of(form)))


def _stem() -> str:
    slug = session.get_one(Tenant, current_tenant_id()).slug
    return f"{str(current_app.config['TENANTRY'].public_url).rstrip('/')}/t/{slug}/crm/public"


def pieces(form: CaptureForm) -> list[tuple[str, str]]:
    """The panel of a form: how a website shows it."""
    found = [(str(_("Page")), page_of(form)), (str(_("For programs")), endpoint_of(form))]
    if not form.allowed_origins:
        return [
            *found,
            (str(_("On your website")), str(_("Name the website under “Websites that may show it” first."))),
        ]
    return [
        *found,
        (str(_("As a frame")), frame(form)),
        (str(_("As HTML of your own")), own_html(form)),
    ]


def frame(form: CaptureForm) -> str:
    """The form in a frame that is as high as it is, with the campaign that brought the visitor."""
    title = escape(form.heading or form.name)
    shown = (
        f'<iframe src="{page_of(form)}?embed=1" title="{title}" data-tenantry-form width="100%" height="640"></iframe>'
    )
    return f'{shown}\n<script src="{_stem()}/script/embed.js" async></script>'


def own_html(form: CaptureForm) -> str:
    """A form of the website's own, which sends to ours."""
    asked = "\n".join(_control(one) for one in questions_of(form))
    trap = f'<input name="{TRAP}" hidden tabindex="-1" autocomplete="off">'
    return (
        f'<form method="post" action="{page_of(form)}">\n{asked}\n{trap}\n<button>{escape(_("Send"))}</button>\n</form>'
    )


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
