"""How much a tenant's files may take up together: counted as files come and go, proved again by the sweep."""

from __future__ import annotations

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.data import current_tenant_id

MEGABYTE = 1024 * 1024

_TAKE = text(
    "INSERT INTO file_usage (tenant_id, bytes, files) VALUES (:tenant_id, :size, :files)"
    " ON CONFLICT (tenant_id) DO UPDATE SET bytes = file_usage.bytes + :size, files = file_usage.files + :files"
    " WHERE file_usage.bytes + :size <= :limit RETURNING bytes"
)
_GIVE_BACK = text(
    "UPDATE file_usage SET bytes = greatest(bytes - :size, 0), files = greatest(files - :files, 0)"
    " WHERE tenant_id = :tenant_id"
)
_LOCK = text(
    "INSERT INTO file_usage (tenant_id) VALUES (:tenant_id) ON CONFLICT (tenant_id) DO UPDATE SET bytes ="
    " file_usage.bytes"
)
_COUNT_AGAIN = text(
    "UPDATE file_usage SET (bytes, files) = (SELECT coalesce(sum(size), 0), count(*) FROM ("
    "SELECT size FROM file_object WHERE tenant_id = :tenant_id"
    " UNION ALL SELECT bytes FROM picture_file WHERE tenant_id = :tenant_id) AS kept) WHERE tenant_id = :tenant_id"
)


class Refused(ValueError):
    """The file cannot be taken; the message says why."""


def take(session: Session, size: int, files: int = 1) -> None:
    """Count new files of so many bytes together. Raises Refused when the tenant's quota is used up."""
    megabytes: int = current_app.config["TENANTRY"].files_quota_mb
    limit = megabytes * MEGABYTE
    values = {"tenant_id": current_tenant_id(), "size": size, "files": files, "limit": limit}
    if size > limit or session.execute(_TAKE, values).first() is None:
        raise Refused(
            _("The files of this organisation may take up %(limit)s MB, and this one does not fit.", limit=megabytes)
        )


def give_back(session: Session, size: int, files: int = 1) -> None:
    """Files of so many bytes together are gone."""
    session.execute(_GIVE_BACK, {"tenant_id": current_tenant_id(), "size": size, "files": files})


def count_again(session: Session) -> None:
    """Set the count to what the rows say. Whoever is storing a file holds the row that is locked first."""
    values = {"tenant_id": current_tenant_id()}
    session.execute(_LOCK, values)
    session.execute(_COUNT_AGAIN, values)
