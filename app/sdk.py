"""The one door for plugins: everything a plugin may import from the core, and nothing else.

A plugin imports this module alone, so the core can move its code without breaking anybody:

    from app.sdk import Mapped, Plugin, Record, Resource, hookimpl, text

    plugin = Plugin("garage", title="Garage")

    class Vehicle(Record):
        plate: Mapped[str] = text(unique=True, sortable=True)

    @hookimpl
    def resources():
        return [Resource(Vehicle, list="plate", search="plate")]

Groups: **declarations** (`Plugin`, `Resource`, `Action`, `Section`, `Related`, `Job`, `Schedule`, `hookimpl`),
**data** (`Record`, the column helpers, `belongs_to`, `has_many`, `Money`, `next_number`), **work** (`session`,
`current_tenant_id`, `principal`, `can`, and `note` for the audit log), **events** (`Event`, `Handler`, `publish`,
`WebhookIn`, `route_account`, `new_address`), **jobs** (`enqueue`, `enqueue_batch`, `JobRun`, `Cancelled`),
**telling people** (`Notice`, `notify`, `withdraw`, `members_with_role`, `send_mail`, `Attached`), **refusals**
(`FieldError`, `Doubt`), **shared records** (`Contact`, `Company`, `Member`) and **words** (`_`, `_l`).
"""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped

from app.audit import note
from app.contacts.models import Company, Contact
from app.data import (
    Choice,
    Field,
    Money,
    Record,
    belongs_to,
    choice,
    current_tenant_id,
    day,
    db,
    decimal,
    email,
    flag,
    has_many,
    integer,
    json,
    long_text,
    moment,
    money,
    next_number,
    phone,
    record_id,
    tags,
    text,
    url,
    utcnow,
)
from app.events import publish
from app.features import Decision, can
from app.host import (
    Action,
    BadSignature,
    Cancelled,
    Doubt,
    Event,
    FieldError,
    Handler,
    Incoming,
    Job,
    JobRun,
    Notice,
    Occurrence,
    Part,
    Plugin,
    Related,
    Resource,
    Schedule,
    Section,
    WebhookIn,
    hookimpl,
)
from app.identity import Principal, principal
from app.identity.principal import TenantInfo
from app.installation.settings import setting
from app.jobs import enqueue, enqueue_batch
from app.messaging.composing import Attached
from app.messaging.notifying import notify, withdraw
from app.messaging.outbox import send_mail
from app.messaging.receivers import members_with_role
from app.screens.targets import check_target, target_of
from app.tenancy.models import Membership as Member
from app.tenancy.models import Tenant
from app.webhooks import new_address, release_account, route_account

session = db.session
"""The session of the current request, job or command: serves the tenant in force. Services flush, the edge commits."""

__all__ = [
    "Action",
    "Attached",
    "BadSignature",
    "Cancelled",
    "Choice",
    "Company",
    "Contact",
    "Decision",
    "Doubt",
    "Event",
    "Field",
    "FieldError",
    "Handler",
    "Incoming",
    "Job",
    "JobRun",
    "Mapped",
    "Member",
    "Money",
    "Notice",
    "Occurrence",
    "Part",
    "Plugin",
    "Principal",
    "Record",
    "Related",
    "Resource",
    "Schedule",
    "Section",
    "Tenant",
    "TenantInfo",
    "WebhookIn",
    "_",
    "_l",
    "belongs_to",
    "can",
    "check_target",
    "choice",
    "current_tenant_id",
    "day",
    "decimal",
    "email",
    "enqueue",
    "enqueue_batch",
    "flag",
    "has_many",
    "hookimpl",
    "integer",
    "json",
    "long_text",
    "members_with_role",
    "moment",
    "money",
    "new_address",
    "next_number",
    "note",
    "notify",
    "phone",
    "principal",
    "publish",
    "record_id",
    "release_account",
    "route_account",
    "send_mail",
    "session",
    "setting",
    "tags",
    "target_of",
    "text",
    "url",
    "utcnow",
    "withdraw",
]  # fmt: skip
