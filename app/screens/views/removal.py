"""Deleting: first what it affects, then the trash, from which records come back or go for good."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.audit import just_written
from app.data import Record, db
from app.screens.page import DeletePage, EmptyState, Link, Pager, TrashPage
from app.screens.page import Effect as EffectLine
from app.screens.reading import BadArguments, ListRequest, read_list
from app.screens.views.columns import plain_columns, rows_of
from app.screens.views.counting import matching_words, number_words
from app.screens.views.screen import Screen, with_query
from app.screens.writing import Effect, NotAllowed, effects_of_delete, purge, restore, trash

Answer = str | Response | tuple[str, int]
TRASH_COLUMNS = 4


def delete_page(screen: Screen, record_id: UUID) -> Answer:
    """GET says what deleting affects; POST does it."""
    record = screen.record(record_id, lock=request.method == "POST")
    goes_to_trash = bool(screen.surface.model.__soft_delete__)
    if request.method == "GET":
        return _ask(screen, record, goes_to_trash=goes_to_trash, address=screen.href(record.id, "delete"))
    name = str(record)
    try:
        trash(screen.surface, record)
        db.session.commit()
        undo = just_written(db.session()) if goes_to_trash else None
    except NotAllowed as error:
        db.session.rollback()
        return screen.leave(str(error), screen.href(record_id), "error")
    words = _("“%(name)s” is in the trash.") if goes_to_trash else _("“%(name)s” is deleted.")
    return screen.leave(words % {"name": name}, screen.list_href, undo=undo)


def trash_page(screen: Screen) -> str:
    """What was deleted, newest record first, page by page."""
    surface = screen.surface
    names = surface.default_columns()[:TRASH_COLUMNS]
    asked = ListRequest(trash=True, columns=(*names, "deleted_at"), cursor=request.args.get("cursor") or None)
    try:
        listing = read_list(surface, asked)
    except BadArguments:
        listing = read_list(surface, ListRequest(trash=True, columns=asked.columns))
    fields = listing.columns

    def page(cursor: str | None) -> str | None:
        return with_query(screen.href("trash"), [("cursor", cursor)]) if cursor else None

    found = TrashPage(
        title=_("Trash: %(what)s", what=screen.plural),
        columns=plain_columns(surface, fields),
        rows=rows_of(listing.lines, screen.list_href, fields),
        restore_href=screen.href("trash", "{id}", "restore"),
        empty=EmptyState(
            _("The trash is empty"), _("Deleted records wait here until they are restored or deleted for good.")
        ),
        pager=Pager(
            matching_words(listing.count, screen.plural), page(listing.previous_cursor), page(listing.next_cursor)
        ),
        trail=screen.trail(),
    )
    return render_template("resource/trash.html", page=found)


def restore_record(screen: Screen, record_id: UUID) -> Response:
    """Bring a record back."""
    record = screen.record(record_id, trash=True, lock=True)
    name = str(record)
    try:
        restore(screen.surface, record)
        db.session.commit()
    except NotAllowed as error:
        db.session.rollback()
        return screen.leave(str(error), screen.href("trash"), "error")
    return screen.leave(_("“%(name)s” is restored.", name=name), screen.href(record_id))


def purge_page(screen: Screen, record_id: UUID) -> Answer:
    """GET asks before a record in the trash goes for good; POST does it."""
    record = screen.record(record_id, trash=True, lock=request.method == "POST")
    if request.method == "GET":
        return _ask(screen, record, goes_to_trash=False, address=screen.href("trash", record.id, "purge"))
    name = str(record)
    try:
        purge(screen.surface, record)
        db.session.commit()
    except NotAllowed as error:
        db.session.rollback()
        return screen.leave(str(error), screen.href("trash"), "error")
    return screen.leave(_("“%(name)s” is deleted for good.", name=name), screen.href("trash"))


def _ask(screen: Screen, record: Record, *, goes_to_trash: bool, address: str) -> str:
    effects = effects_of_delete(screen.surface, record)
    is_blocked = not goes_to_trash and any(effect.kind == "blocks" for effect in effects)
    page = DeletePage(
        title=_("Delete “%(name)s”?", name=str(record)),
        words=_words(goes_to_trash=goes_to_trash, is_blocked=is_blocked),
        action_href=address,
        cancel_href=screen.href(record.id),
        submit_label=_("Move to the trash") if goes_to_trash else _("Delete for good"),
        effects=tuple(_line(effect, goes_to_trash=goes_to_trash) for effect in effects),
        is_blocked=is_blocked,
        trail=screen.trail(Link(str(record), screen.href(record.id))),
    )
    return render_template("resource/delete.html", page=page)


def _words(*, goes_to_trash: bool, is_blocked: bool) -> str:
    if is_blocked:
        return str(_("It cannot be deleted while other records need it."))
    if goes_to_trash:
        return str(_("It goes to the trash and can be restored from there."))
    return str(_("It is deleted for good. This cannot be undone."))


def _line(effect: Effect, *, goes_to_trash: bool) -> EffectLine:
    count = number_words(effect.count) + ("+" if effect.capped else "")
    if goes_to_trash:
        outcome = _("Go into the trash with it.") if effect.kind == "goes" else _("Keep their link to it.")
        return EffectLine(effect.title, count, outcome)
    outcome = {
        "blocks": _("Need it: delete or change them first."),
        "goes": _("Are deleted with it."),
        "keeps": _("Lose their link to it."),
    }[effect.kind]
    return EffectLine(effect.title, count, outcome, blocks=effect.kind == "blocks")
