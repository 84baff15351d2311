"""A conversation: its mails as far as the reader may see them, oldest first, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select, update

from app.data import db
from app.features import can
from app.files.models import Attachment
from app.host import registry
from app.identity.access import access
from app.identity.principal import Principal, principal
from app.mailboxes import wording, writing
from app.mailboxes.keeping import KEY
from app.mailboxes.models import KINDS, MAIL, OUT, Mail, MailParty, MailThread
from app.mailboxes.timeline import state_words
from app.messaging.models import PENDING, SENT, OutboundMessage
from app.screens.page import ActionButton, Link
from app.screens.reach import act as run
from app.screens.reading import Surface

blueprint = Blueprint("mail_threads", __name__, template_folder="../templates")
MOST = 100
"""Mails of a conversation on its page, the newest ones."""


@dataclass(frozen=True, slots=True)
class MailView:
    """One mail on the page. `html_href` is where it stands as it came; empty for text alone."""

    id: UUID
    who: str
    address: str
    to: str
    when: datetime
    text: Markup
    is_ours: bool
    is_open: bool
    badge: str
    problem: str
    left_out: str
    html_href: str
    files: tuple[Link, ...]
    actions: tuple[ActionButton, ...]


def member() -> Principal:
    """Who asks, a member of the tenant."""
    person = principal()
    if person is None or person.membership_id is None:
        abort(404)
    return person


def reached(model: type[Any], key: UUID) -> Any:
    """A row within the reader's reach; 404 for none."""
    found = Surface(registry().by_model[model], db.session()).get(key)
    if found is None:
        abort(404)
    return found


@blueprint.get("/mailboxes/threads/<uuid:thread_id>")
@access("mailboxes.thread.read")
def show(thread_id: UUID) -> str:
    """The conversation; it is read then."""
    thread: MailThread = reached(MailThread, thread_id)
    session, here = db.session(), request.script_root
    surface = Surface(registry().by_model[Mail], session)
    wanted = surface.rows().where(Mail.conversation == thread.conversation)
    mails = list(reversed(session.scalars(wanted.order_by(Mail.at.desc(), Mail.id.desc()).limit(MOST)).all()))
    page = {
        "title": thread.subject,
        "thread": thread,
        "trail": (Link(_("Inbox"), f"{here}/mailboxes/thread/"),),
        "mails": _views(mails),
        "actions": tuple(_thread_actions(thread, mails)),
        "contact": _contact(thread),
    }
    if thread.is_unread:
        read = update(MailThread).where(MailThread.id == thread.id).values(is_unread=False)
        session.execute(read, execution_options={"synchronize_session": False})
        session.commit()
    return render_template("mailboxes/thread.html", **page)


def _contact(thread: MailThread) -> Link | None:
    if thread.contact_id is None or not can("contacts.contact", "read"):
        return None
    return Link(thread.who, f"{request.script_root}/contacts/contact/{thread.contact_id}", icon="person")


def _thread_actions(thread: MailThread, mails: list[Mail]) -> Any:
    base = f"{request.script_root}/mailboxes/threads/{thread.id}"
    if mails and can("mailboxes.compose", "write"):
        yield ActionButton(_("Reply"), _compose("reply", mails[-1]), style="primary", icon="undo")
    if thread.is_waiting and can("mailboxes.thread", "mark_done"):
        yield ActionButton(_("Needs no answer"), base, "post", icon="check", name="done")
    if can("mailboxes.thread", "mark_unread"):
        yield ActionButton(_("Mark as unread"), base, "post", icon="mail", name="unread")
    if can("mailboxes.thread", "assign"):
        yield ActionButton(
            _("Assign"), f"{request.script_root}/mailboxes/thread/{thread.id}/actions/assign", icon="person"
        )


def _compose(what: str, mail: Mail) -> str:
    return f"{request.script_root}/mailboxes/compose/{what}/{mail.id}"


def _views(mails: list[Mail]) -> list[MailView]:
    session, keys = db.session(), [one.id for one in mails]
    parties = writing.parties_of(session, mails)
    hung = Attachment.target_type == KEY, Attachment.target_id.in_(keys), Attachment.is_live()
    files: dict[UUID, list[Link]] = {}
    for row in session.execute(select(Attachment.target_id, Attachment.name, Attachment.id).where(*hung)):
        files.setdefault(row[0], []).append(Link(row[1], f"{request.script_root}/files/{row[2]}", icon="paperclip"))
    outgoing = [one.outgoing_id for one in mails if one.outgoing_id is not None]
    states: dict[UUID, str] = dict(
        session.execute(  # type: ignore[arg-type]
            select(OutboundMessage.id, OutboundMessage.state).where(OutboundMessage.id.in_(outgoing))
        ).all()
        if outgoing
        else ()
    )
    return [
        _view(one, parties.get(one.id, []), files.get(one.id, []), states, is_open=at >= len(mails) - 3)
        for at, one in enumerate(mails)
    ]


def _view(
    mail: Mail, parties: list[MailParty], files: list[Link], states: dict[UUID, str], *, is_open: bool
) -> MailView:
    state = states.get(mail.outgoing_id, "") if mail.outgoing_id is not None else ""
    return MailView(
        id=mail.id,
        who=mail.from_name or mail.from_email,
        address=mail.from_email,
        to=", ".join(one.name or one.email for one in parties if one.role != "from"),
        when=mail.at,
        text=wording.shown(mail.body),
        is_ours=mail.direction == OUT,
        is_open=is_open,
        badge=_badge(mail, state),
        problem=mail.problem or "",
        left_out=mail.left_out or "",
        html_href=f"{request.script_root}/mailboxes/mails/{mail.id}/html" if mail.html else "",
        files=tuple(files),
        actions=tuple(_mail_actions(mail, state)),
    )


def _badge(mail: Mail, state: str) -> str:
    if mail.kind != MAIL:
        return next(str(one.words) for one in KINDS if one.value == mail.kind)
    return state_words(state) if state not in ("", SENT) else ""


def _mail_actions(mail: Mail, state: str) -> Any:
    if not can("mailboxes.compose", "write"):
        return
    if state == PENDING:
        yield ActionButton(
            _("Take it back"), f"{request.script_root}/mailboxes/mails/{mail.id}/back", "post", icon="undo"
        )
    yield ActionButton(_("Reply"), _compose("reply", mail), icon="undo")
    yield ActionButton(_("Reply to all"), _compose("reply_all", mail), icon="people")
    yield ActionButton(_("Forward"), _compose("forward", mail), icon="send")


@blueprint.post("/mailboxes/threads/<uuid:thread_id>")
@access("mailboxes.thread.mark_read")
def act(thread_id: UUID) -> Any:
    """Not read after all, or in no need of an answer."""
    reached(MailThread, thread_id)
    name = {"done": "mark_done", "unread": "mark_unread"}.get(request.form.get("action", ""))
    if name is None:
        abort(400)
    flash(run(MailThread, thread_id, name), "success")
    db.session.commit()
    return redirect(f"{request.script_root}/mailboxes/thread/", 303)


@blueprint.get("/mailboxes/mails/<uuid:mail_id>")
@access("mailboxes.mail.read")
def follow(mail_id: UUID) -> Any:
    """Where a mail stands: in its conversation, in a mailbox that the reader sees."""
    mail: Mail = reached(Mail, mail_id)
    threads = Surface(registry().by_model[MailThread], db.session())
    wanted = threads.rows().where(MailThread.conversation == mail.conversation)
    thread = db.session.scalars(wanted.order_by(MailThread.id).limit(1)).first()
    if thread is None:
        return redirect(f"{request.script_root}/mailboxes/mail/{mail.id}", 303)
    return redirect(f"{request.script_root}/mailboxes/threads/{thread.id}#mail-{mail.id}", 303)


@blueprint.post("/mailboxes/mails/<uuid:mail_id>/back")
@access("mailboxes.compose.write")
def take_back(mail_id: UUID) -> Any:
    """Take back a mail that has not left yet; only by who may write by its mailbox."""
    mail: Mail = reached(Mail, mail_id)
    boxes = {one.email for one in writing.boxes_for(db.session(), member())}
    if mail.from_email not in boxes:
        abort(403)
    if writing.take_back(db.session(), mail):
        flash(_("The mail was not sent."), "success")
    else:
        flash(_("It has left already."), "warning")
    db.session.commit()
    return redirect(f"{request.script_root}/mailboxes/thread/", 303)


@blueprint.get("/mailboxes/mails/<uuid:mail_id>/html")
@access("mailboxes.mail.read")
def html(mail_id: UUID) -> Response:
    """A mail as it came, for a frame in which nothing runs. Pictures of other servers are fetched where the reader asks
    for it: they tell the sender that, and where, the mail is read."""
    mail: Mail = reached(Mail, mail_id)
    pictures = " https: http:" if request.args.get("pictures") == "1" else ""
    page = f'<!doctype html><html><head><meta charset="utf-8"></head><body dir="auto">{mail.html or ""}</body></html>'
    answer = make_response(page)
    policy = (
        "default-src 'none'", f"img-src data:{pictures}", "style-src 'unsafe-inline'", "form-action 'none'",
        "base-uri 'none'", "frame-ancestors 'self'", "sandbox allow-popups allow-popups-to-escape-sandbox",
    )  # fmt: skip
    answer.headers["Content-Security-Policy"] = "; ".join(policy)
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
