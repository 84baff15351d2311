"""Pictures that no record names any more: they stay for a while, for histories can bring them back, then they go."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.data import utcnow
from app.files.pictures.models import Picture
from app.files.pictures.naming import remove, unnamed

KEPT = timedelta(days=90)
"""How long a picture that was taken out of its record can still be brought back."""
_AT_ONCE = 1_000


def sweep_pictures(session: Session) -> int:
    """Note which pictures are named, and remove those that have waited long enough; returns how many went. Commits."""
    now, removed = utcnow(), 0
    known = session.execute(select(Picture.key, Picture.goes_at).order_by(Picture.key)).all()
    for first in range(0, len(known), _AT_ONCE):
        some = {row.key: row.goes_at for row in known[first : first + _AT_ONCE]}
        lonely = set(unnamed(session, some))
        _wait(session, [key for key, at in some.items() if key in lonely and at is None], now + KEPT)
        _wait(session, [key for key, at in some.items() if key not in lonely and at is not None], None)
        removed += remove(session, [key for key in lonely if (at := some[key]) is not None and at < now])
        session.commit()
    return removed


def _wait(session: Session, keys: list[str], moment: object) -> None:
    if keys:
        session.execute(update(Picture).where(Picture.key.in_(keys)).values(goes_at=moment))
