"""A record beside its list: its values and where to go on, without leaving the list."""

from __future__ import annotations

from uuid import UUID

from flask import render_template

from app.screens.desk.pins import pin_of
from app.screens.page import PreviewPage
from app.screens.views.detail import badge_of, face_of, relations_of, sections_of
from app.screens.views.relations import relation_labels
from app.screens.views.screen import Screen


def preview_pane(screen: Screen, record_id: UUID) -> str:
    """The pane of a record; a page of its own for readers without scripts."""
    record = screen.record(record_id)
    labels = relation_labels(screen.surface.session, relations_of(screen, record))
    page = PreviewPage(
        title=str(record),
        href=screen.rows_href + str(record.id),
        edit_href=screen.href(record.id, "edit") if screen.may("update") else "",
        sections=tuple(sections_of(screen, record, labels, ())),
        badge=badge_of(screen, record, labels),
        pin=pin_of(screen.entry.key, record.id),
        trail=screen.trail(),
        face=face_of(screen, record),
    )
    return render_template("resource/preview.html", page=page)
