"""Small pictures for sample records."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from app.data import current_tenant_id, db
from app.files.pictures.services import take_picture


def picture(number: int = 0) -> str:
    """The key of a tiny picture, one of six of the tenant in force, stored in the transaction at hand."""
    out, tenant = BytesIO(), current_tenant_id().int
    Image.new("RGB", (8, 6), (40 * (number % 6), tenant % 251, (tenant >> 16) % 251)).save(out, "PNG")
    out.seek(0)
    return take_picture(db.session(), out)
