"""Records, columns, relations, the two tenant walls and number sequences. See `record`, `fields` and `session`."""

from app.data import dialect as _dialect  # noqa: F401  (registers the dialect)
from app.data import wiring as _wiring  # noqa: F401  (registers the relation wiring)
from app.data.base import Base
from app.data.codes import country, language, time_zone
from app.data.fields import (
    Choice,
    Field,
    choice,
    day,
    decimal,
    email,
    flag,
    image,
    integer,
    json,
    long_text,
    moment,
    money,
    phone,
    record_id,
    record_link,
    tags,
    text,
    url,
)
from app.data.ids import utcnow, uuid7
from app.data.money import Money
from app.data.record import Record, TenantTable
from app.data.relations import belongs_to, has_many
from app.data.scope import MissingTenant, Scope, TenantMismatch, current_scope, current_tenant_id, scope
from app.data.sequences import NumberSequence, next_number
from app.data.session import db, platform_session

__all__ = [
    "Base", "Choice", "Field", "MissingTenant", "Money", "NumberSequence", "Record", "Scope", "TenantMismatch",
    "TenantTable", "belongs_to", "choice", "country", "current_scope", "current_tenant_id", "day", "db", "decimal",
    "email", "flag", "has_many", "image", "integer", "json", "language", "long_text", "moment", "money", "next_number",
    "phone", "platform_session", "record_id", "record_link", "scope", "tags", "text", "time_zone", "url", "utcnow",
    "uuid7",
]  # fmt: skip
