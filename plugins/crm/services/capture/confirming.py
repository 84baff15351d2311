"""Double opt-in: the address is asked by e-mail before anything is made of what was sent."""

from __future__ import annotations

from uuid import UUID

from flask import current_app
from flask_babel import force_locale

from app.sdk import FieldError, Tenant, _, current_tenant_id, enqueue, send_mail, session, utcnow
from plugins.crm.models import CaptureForm, CaptureSubmission
from plugins.crm.services.capture.guard import confirmation_token, submission_of
from plugins.crm.services.capture.receiving import PROCESS


def ask(form: CaptureForm, row: CaptureSubmission, email: str) -> None:
    """Send the link, once. Raises FieldError when there is nobody to ask."""
    if not email:
        raise FieldError("email", _("There is no e-mail address to ask for confirmation."))
    with force_locale(form.language or row.language or "en"):
        words = _("Please confirm that you filled in “%(name)s”: open this page.", name=form.heading or form.name)
        ignore = _("If that was not you, you need not do anything.")
        subject = _("Please confirm: %(name)s", name=form.heading or form.name)
    send_mail(email, subject, f"{words}\n\n{address_of(row)}\n\n{ignore}\n", dedupe=f"capture:{row.id}")


def address_of(row: CaptureSubmission) -> str:
    """The whole address of the page that confirms."""
    slug = session.get_one(Tenant, current_tenant_id()).slug
    public = str(current_app.config["TENANTRY"].public_url).rstrip("/")
    return f"{public}/t/{slug}/crm/public/confirm/{confirmation_token(row.id)}"


def waiting(token: str) -> CaptureSubmission | None:
    """What a link confirms; None for a link that leads nowhere."""
    said = submission_of(token)
    return session.get(CaptureSubmission, UUID(said)) if said is not None else None


def confirm(row: CaptureSubmission, address: str) -> None:
    """They clicked: note it as evidence, and go on. A second click changes nothing."""
    session.refresh(row, with_for_update=True)
    if row.state == "waiting":
        row.state, row.confirmed_at = "received", utcnow()
        row.address = address[:64] or row.address
        enqueue(PROCESS, row.id)
