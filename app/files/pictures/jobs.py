"""Making the sizes of pictures, as jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import Scope, db, scope
from app.files.pictures.models import Picture
from app.files.pictures.services import make_sizes
from app.files.quota import Refused
from app.host import JobRun
from app.tenancy.services import tenant_ids


def make_thumbnails(run: JobRun, key: str) -> dict[str, Any]:
    """Make the sizes that a picture lacks; may be run again at any time. One that is gone needs none, and a tenant
    without room does without: the largest size serves for all."""
    try:
        made = make_sizes(db.session(), key)
    except (FileNotFoundError, Refused):
        db.session.rollback()
        return {"made": 0}
    return {"made": made}


def make_all_thumbnails(session: Session, *, anew: bool = False) -> tuple[int, int]:
    """Bring every picture of the tenant to the sizes of today, one after the other; gives (sizes that were made,
    pictures that could not be). Commits. Raises StoreDown."""
    made = failed = 0
    for key in session.scalars(select(Picture.key).order_by(Picture.key)).all():
        try:
            made += make_sizes(session, key, anew=anew)
            session.commit()
        except (FileNotFoundError, Refused):
            session.rollback()
            failed += 1
    return made, failed


def all_thumbnails(*, anew: bool = False) -> Iterator[tuple[str, int, int]]:
    """The same for every tenant: (name, made, failed)."""
    for slug, tenant_id in tenant_ids().items():
        with scope(Scope(tenant_id, via="system")):
            yield slug, *make_all_thumbnails(db.session(), anew=anew)
