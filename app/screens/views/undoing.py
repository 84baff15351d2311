"""Undo after a deletion or a bulk change: offered in the note that says what was done, for whoever did it."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.data import db
from app.screens.history.undoing import MOST, Undone, undo
from app.screens.page import KeptLine, UndonePage
from app.screens.views.counting import number_words
from app.screens.views.screen import Screen, next_target


def undo_change(screen: Screen) -> str | Response:
    """Take back what the entries `first` to `last` of the log tell, as far as nobody has changed it since."""
    target = next_target(screen.list_href)
    numbers = _numbers()
    done = undo(screen.surface, numbers) if numbers else Undone(0, ())
    db.session.commit()
    count = number_words(done.count)
    words = ngettext("%(count)s record is as it was.", "%(count)s records are as they were.", done.count, count=count)
    if not done.kept:
        return screen.leave(
            words if done.count else _("There is nothing to undo."), target, "success" if done.count else "warning"
        )
    page = UndonePage(
        title=_("Not everything could be undone"),
        words=words,
        kept=tuple(KeptLine(one.label, screen.rows_href + str(one.id), one.reason) for one in done.kept),
        back_href=target,
        trail=screen.trail(),
    )
    return render_template("resource/undone.html", page=page)


def _numbers() -> range | None:
    texts = request.form.get("first", ""), request.form.get("last", "")
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in texts):
        return None
    first, last = map(int, texts)
    return range(first, last + 1) if 0 < last - first + 1 <= MOST else None
