"""Writing a mail: to whom a record is about, as an answer, or to pass one on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_pgettext as _lp
from sqlalchemy import select

from app.contacts.models import Company, Contact, ContactChannel
from app.data import Record, db
from app.files.storage import StoreDown
from app.host import FieldError, registry
from app.identity.access import access
from app.identity.replies import safe_target
from app.mailboxes import wording, writing
from app.mailboxes.keeping import our_addresses
from app.mailboxes.models import OUT, Mail, Mailbox
from app.mailboxes.pages.threads import member, reached
from app.mailboxes.timeline import contact_of
from app.screens.attaching import STORE_IS_DOWN
from app.screens.page import FieldView, Link, Option, Picker, Problem
from app.screens.reading import Surface
from app.search.index import matches
from app.search.tokens import prefix_range, query_terms

blueprint = Blueprint("mail_compose", __name__, template_folder="../templates")
ANSWERS = ("reply", "reply_all", "forward")
FOUND = 20
NAMES = ("mailbox", "to", "cc", "bcc", "subject", "text", "at", "template")
_SEPARATOR = re.compile(r"[,;\s]+")
Values = dict[str, str]


class About:
    """What the form begins with: whom it is to, and what it answers or passes on."""

    def __init__(self, what: str, key: UUID) -> None:
        self.what, self.key = what, key
        self.mail: Mail | None = reached(Mail, key) if what in ANSWERS else None
        self.record: Record | None = None if self.mail is not None else _record(what, key)

    @property
    def contact(self) -> Contact | None:
        """Whom templates speak of."""
        if isinstance(self.record, Contact):
            return self.record
        key = contact_of(self.record) if self.record is not None else None
        surface = Surface(registry().by_model[Contact], db.session())
        found = surface.get(key) if key is not None and surface.may("read") else None
        return found if isinstance(found, Contact) else None

    def values(self) -> Values:
        """The form before anybody has typed."""
        if self.mail is None:
            return {"to": ", ".join(self._addresses())}
        if self.what == "forward":
            subject = wording.subject_of_answer(self.mail.subject, "Fwd")
            return {"subject": subject, "text": wording.forwarded(self.mail)}
        to, cc = _answered(self.mail, to_all=self.what == "reply_all")
        subject = wording.subject_of_answer(self.mail.subject, "Re")
        return {"to": ", ".join(to), "cc": ", ".join(cc), "subject": subject, "text": wording.quoted(self.mail)}

    def _addresses(self) -> list[str]:
        contact = self.contact
        if contact is not None:
            fit = [one for one in contact.channels if one.kind == "email" and one.opt_state != "opted_out"]
            return [one.value_normalised for one in sorted(fit, key=lambda one: not one.is_primary)][:1]
        return [self.record.email] if isinstance(self.record, Company) and self.record.email else []


def _record(what: str, key: UUID) -> Record:
    entry = registry().entries.get(what)
    surface = Surface(entry, db.session()) if entry is not None else None
    found = surface.get(key) if surface is not None and surface.may("read") else None
    if found is None or not (isinstance(found, Contact | Company) or contact_of(found) is not None):
        abort(404)
    return found


def _answered(mail: Mail, *, to_all: bool) -> tuple[list[str], list[str]]:
    """(to, cc) of an answer; never to ourselves."""
    ours = our_addresses(db.session())
    parties = writing.parties_of(db.session(), [mail]).get(mail.id, [])
    others = {
        role: [one.email for one in parties if one.role == role and one.email not in ours] for role in ("to", "cc")
    }
    to = others["to"] if mail.direction == OUT else [mail.reply_to or mail.from_email]
    if not to_all:
        return to, []
    more = [one for one in others["to"] if one not in to] if mail.direction != OUT else []
    return [*to, *more], [one for one in others["cc"] if one not in to]


@blueprint.route("/mailboxes/compose/<what>/<uuid:key>", methods=["GET", "POST"])
@access("mailboxes.compose.write")
def compose(what: str, key: UUID) -> Any:
    """The form, and what it sends: a filled-in template, or a mail on its way."""
    person, about = member(), About(what, key)
    if request.method == "GET":
        return _page(about, about.values(), {})
    typed = {
        name: request.form.get(name, "") for name in ("mailbox", "to", "cc", "bcc", "subject", "text", "at", "template")
    }
    if request.form.get("action") == "fill":
        return _page(about, _filled(about, typed), {}, is_dirty=True)
    try:
        mail = writing.write(db.session(), person, _draft(about, typed))
        db.session.commit()
    except FieldError as error:
        db.session.rollback()
        return _page(about, typed, {error.field: error.message}, is_dirty=True), 422
    except StoreDown:
        db.session.rollback()
        return _page(about, typed, {"files": str(STORE_IS_DOWN)}, is_dirty=True), 503
    flash(_("The mail is on its way. For a few seconds it can be taken back."), "success")
    return redirect(f"{request.script_root}/mailboxes/mails/{mail.id}", 303)


def _draft(about: About, typed: Values) -> writing.Draft:
    sent = [one for one in request.files.getlist("files") if one.filename]
    files = tuple((one.filename or "", one.stream.read()) for one in sent)
    if about.what == "forward" and about.mail is not None and request.form.get("with_files") == "1":
        files = (*writing.files_of(db.session(), about.mail), *files)
    return writing.Draft(
        mailbox_id=request.form.get("mailbox", type=UUID),
        to=_several(typed["to"]), cc=_several(typed["cc"]), bcc=_several(typed["bcc"]),
        subject=typed["subject"], text=typed["text"], files=files, at=_moment(typed["at"]),
        answers=about.mail if about.what != "forward" else None,
    )  # fmt: skip


def _several(words: str) -> tuple[str, ...]:
    return tuple(one for one in _SEPARATOR.split(words) if one)


def _moment(words: str) -> datetime | None:
    """A moment on the writer's clock."""
    if not words:
        return None
    person = member()
    zone = person.timezone or (person.tenant.timezone if person.tenant is not None else "UTC")
    try:
        return datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except ValueError:
        raise FieldError("at", _("This is no moment.")) from None


def _filled(about: About, typed: Values) -> Values:
    """The form with a template's words, above what it answers."""
    session = db.session()
    chosen = next((one for one in wording.templates(session) if str(one.id) == typed["template"]), None)
    if chosen is None:
        return typed
    known = wording.values_for(session, about.contact)
    quoted = wording.quoted(about.mail) if about.mail is not None and about.what != "forward" else ""
    subject = typed["subject"] or wording.filled(chosen.subject or "", known)
    return typed | {"subject": subject, "text": wording.filled(chosen.body, known) + quoted}


def _page(about: About, values: Mapping[str, str], errors: Mapping[str, str], *, is_dirty: bool = False) -> str:
    boxes = writing.boxes_for(db.session(), member())
    fields = _fields(boxes, values, errors)
    return render_template(
        "mailboxes/compose.html",
        title=_("Reply") if about.what in ("reply", "reply_all") else _("Write an e-mail"),
        fields=fields,
        boxes=boxes,
        connect_href=f"{request.script_root}/mailboxes/connect",
        template=_template_field(values),
        problems=tuple(Problem(words, name, _label(fields, name)) for name, words in errors.items()),
        has_files=about.what == "forward",
        is_dirty=is_dirty,
        trail=_trail(about),
        back=safe_target(request.args.get("next", "")) or f"{request.script_root}/mailboxes/thread/",
    )


def _trail(about: About) -> tuple[Link, ...]:
    if about.mail is not None:
        return Link(_("Inbox"), f"{request.script_root}/mailboxes/thread/"), Link(
            about.mail.subject, f"{request.script_root}/mailboxes/mails/{about.mail.id}"
        )
    entry = registry().entries[about.what]
    return (Link(str(about.record), f"{request.script_root}{entry.path}/{about.key}"),)


def _label(fields: list[FieldView], name: str) -> str:
    return next((one.label for one in fields if one.name == name), "")


def _fields(boxes: list[Mailbox], values: Mapping[str, str], errors: Mapping[str, str]) -> list[FieldView]:
    picker = Picker(f"{request.script_root}/mailboxes/addresses")
    options = tuple(Option(str(one.id), one.email) for one in boxes)
    usual = options[0].value if options else ""

    def view(name: str, label: Any, kind: str, **more: Any) -> FieldView:
        said = (errors[name],) if name in errors else ()
        return FieldView(name=name, label=str(label), kind=kind, value=values.get(name, ""), errors=said, **more)

    return [
        FieldView(
            name="mailbox", label=_("From"), kind="choice", value=values.get("mailbox") or usual, options=options,
            required=True, errors=(errors["mailbox"],) if "mailbox" in errors else (),
        ),
        view("to", _lp("receiver", "To"), "tags", picker=picker, required=True),
        view("cc", _("Cc"), "tags", picker=picker),
        view("bcc", _("Bcc"), "tags", picker=picker),
        view("subject", _("Subject"), "text", max_length=255, required=True),
        view("text", _("Text"), "long_text", required=True, max_length=100_000),
        view("files", _("Files"), "file"),
        view("at", _("Send later"), "moment", help=_("Empty: now.")),
    ]  # fmt: skip


def _template_field(values: Mapping[str, str]) -> FieldView | None:
    found = wording.templates(db.session())
    if not found:
        return None
    options = tuple(Option(str(one.id), f"{one.subject or one.key} ({one.language})") for one in found)
    return FieldView(
        name="template", label=_("Template"), kind="choice", value=values.get("template", ""), options=options
    )


@blueprint.get("/mailboxes/addresses")
@access("mailboxes.compose.write")
def addresses() -> Any:
    """Addresses of contacts within reach, as somebody types: `?q=`."""
    words = request.args.get("q", "").strip()
    surface = Surface(registry().by_model[Contact], db.session())
    if not query_terms(words) or not surface.may("read"):
        return jsonify(results=[], more=False)
    channel: Any = ContactChannel
    statement = select(channel.value_normalised, Contact.full_name).join(Contact, Contact.id == channel.contact_id)
    ranges = [prefix_range(one) for one in query_terms(words)]
    hits, _few = matches(db.session(), surface.entry.key, Contact.id, ranges, surface.unsearchable())
    wanted = channel.kind == "email", channel.opt_state != "opted_out", *surface.conditions(), *hits
    rows = db.session.execute(statement.where(*wanted).order_by(Contact.id.desc()).limit(FOUND + 1)).all()
    results = [{"id": row[0], "label": row[0], "hint": row[1]} for row in rows[:FOUND]]
    return jsonify(results=results, more=len(rows) > FOUND)
