"""Which store this installation has."""

from __future__ import annotations

from flask import current_app

from app.files.local import LocalStore
from app.files.storage import Store
from config import Settings

_EXTENSION = "tenantry.files"


def store() -> Store:
    """The store of the running application; connected when it is first used."""
    found: Store | None = current_app.extensions.get(_EXTENSION)
    if found is None:
        found = current_app.extensions[_EXTENSION] = open_store(current_app.config["TENANTRY"])
    return found


def open_store(settings: Settings) -> Store:
    """The store that the settings name."""
    if settings.files_store == "s3":
        from app.files.s3 import S3Store  # boto3 is optional

        return S3Store(settings)
    return LocalStore(settings.files_dir)
