"""Store and rows compared: bytes that no row names are removed, rows whose bytes are gone are marked.

Both come from processes that died between the two, or from a store that was down; nothing younger than a day is
looked at, because uploads are under way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.data import Scope, current_tenant_id, db, scope, utcnow
from app.files.models import FileObject
from app.files.pictures.models import PictureFile
from app.files.pictures.sweep import sweep_pictures
from app.files.quota import count_again
from app.files.storage import Item
from app.files.stores import store
from app.tenancy.services import tenant_ids

log = logging.getLogger(__name__)

AGE = timedelta(days=1)
_KEEPERS = (FileObject, PictureFile)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: files without a row, their bytes, rows without a file, rows whose file is back."""

    orphans: int = 0
    bytes: int = 0
    missing: int = 0
    back: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            self.orphans + other.orphans, self.bytes + other.bytes, self.missing + other.missing, self.back + other.back
        )


def sweep(session: Session, *, dry_run: bool = False, age: timedelta = AGE) -> Swept:
    """Sweep the tenant in force, and count what its files take up again. Commits. Raises StoreDown."""
    tenant_id, before = current_tenant_id(), utcnow() - age
    # The store is read first: a file that comes meanwhile has a row, so it is nobody's orphan.
    items = {item.key: item for item in store().items(tenant_id)}
    rows = list(_stored(session))
    session.commit()
    named = {row.storage_key for row in rows}
    orphans = [item for item in items.values() if item.key not in named and item.modified < before]
    gone = [row for row in rows if row.storage_key not in items and row.created_at < before]
    back = [row for row in rows if row.storage_key in items and row.missing_since is not None]
    if not dry_run:
        _mark(session, [row for row in gone if row.missing_since is None], utcnow())
        _mark(session, back, None)
        sweep_pictures(session)
        count_again(session)
        session.commit()
        _remove(orphans)
    return Swept(len(orphans), sum(item.size for item in orphans), len(gone), len(back))


def sweep_all(*, dry_run: bool = False, age: timedelta = AGE) -> Iterator[tuple[str, Swept]]:
    """Sweep every tenant, then what is left of tenants that are no more; gives (name, what was found)."""
    tenants = tenant_ids()
    if not dry_run:
        store().clear_drafts(utcnow() - age)
    for slug, tenant_id in tenants.items():
        with scope(Scope(tenant_id, via="system")):
            yield slug, sweep(db.session(), dry_run=dry_run, age=age)
    for owner in store().owners():
        if owner not in tenants.values():
            left = [item for item in store().items(owner) if item.modified < utcnow() - age]
            if not dry_run:
                _remove(left)
            yield owner.hex, Swept(len(left), sum(item.size for item in left))


def _stored(session: Session) -> Iterator[Any]:
    """The rows that name bytes: of files, and of pictures in all their sizes."""
    for model in _KEEPERS:
        yield from session.execute(select(model.storage_key, model.created_at, model.missing_since)).all()


def _mark(session: Session, rows: list[Any], moment: datetime | None) -> None:
    keys = [row.storage_key for row in rows]
    for model in _KEEPERS if keys else ():
        session.execute(update(model).where(model.storage_key.in_(keys)).values(missing_since=moment))


def _remove(items: list[Item]) -> None:
    for item in items:
        store().delete(item.key)
        log.info("Removed %s: no row names it.", item.key)
