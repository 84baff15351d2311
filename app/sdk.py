"""The one door for plugins: everything a plugin may import from the core, and nothing else.

A plugin imports this module alone, so the core can move its code without breaking anybody:

    from app.sdk import Mapped, Plugin, Record, Resource, hookimpl, text

    plugin = Plugin("garage", title="Garage")

    class Vehicle(Record):
        plate: Mapped[str] = text(unique=True, sortable=True)

    @hookimpl
    def resources():
        return [Resource(Vehicle, list="plate", search="plate")]

Groups: **declarations** (`Plugin`, `Resource`, `Action`, `Section`, `Related`, `Lanes`, `ListView`, `Beside`,
`archive_actions`, `Timeline`, `timeline_rows`, `Job`, `Schedule`, `Feature`, `Needs`, `Permission`, `Role`, `Metric`,
`hookimpl`), **other plugins** (`Extension`, `Panel`, `record_link`, `Hit`; `hookspec` and `ask` for hooks of one's
own), **data** (`Record`,
`TenantTable` for machinery, the column helpers, `belongs_to`, `has_many`, `Money`, `next_number`, `sealed` with
`keep_secret` and `read_secret`), **work** (`session`, `current_tenant_id`, `principal`, `as_member`, `can`,
`has_feature`, `check_quota`, `usage`, `by_configuration`, `note` for the audit log; `in_tenant` and `tenant_slugs` for
commands), **reports** (`Report`, `Dataset`, `Measure`, `Ratio`, `Reach`, `Card`), **first steps** (`Step`), **events**
(`Event`, `Handler`, `publish`, `WebhookIn`, `route_account`, `new_address`), **jobs** (`enqueue`, `enqueue_batch`,
`JobRun`, `Cancelled`), **telling people** (`Notice`, `notify`, `withdraw`, `members_with_role`, `receivers`,
`send_mail`, `Attached`, `send_template`, `MissingVariable`; `Channel` for a way of one's own, with `Outgoing`,
`NotSent`, `NotNow`, `PerhapsSent`; `send_by` and `address_of` for anybody's), **payments** (`Payment`,
`ask_for_payment`, `payment_address`, `close_pages`, `close_pages_now`; `PaymentProvider` with `PaymentAsked`,
`PayPage`, `Outcome`, `RefundAsked`, `Declined`, `NotReached`), **refusals** (`FieldError`, `FieldErrors`, `Doubt`),
**duplicates** (`Clue`, `similar`, `alike`), **what comes from outside** (`Companion`, `Known`, `contact_for`,
`normal_address`, `fill`, `read_text`, `fields_of`, `Unfit`; `Dialect`, `Line`, `Placed` for files of other products),
**the network** (`call_host`, `Answer`, `Unanswered`, `NotDeclared`), **files** (`attach_file`, `files_of`,
`open_file`, `KeptFile`), **pages of one's own** (`Page`, `access`, `without_csrf`, `reach`, `act`, `read_columns`,
`Prepared`, `among`), **codes by name** (`country`, `language`, `time_zone`; `code_named` knows what people write),
**shared records** (`Contact`, `ContactAddress`, `ContactChannel`, `Company`, `Consent`, `Member`, `Team`,
`TeamMember`; `erase_hung` for `erase_contact`) and **words** (`_`, `_l`, `_lp` with a context, `ngettext` by number;
`LANGUAGES`, those that are offered, by code).
"""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from flask_babel import ngettext
from sqlalchemy.orm import Mapped

from app.audit import note
from app.contacts.matching import Known, contact_for, normal_address
from app.contacts.models import Company, Consent, Contact, ContactAddress, ContactChannel
from app.contacts.privacy import erase_hung
from app.data import (
    Choice,
    Field,
    Money,
    Record,
    TenantTable,
    belongs_to,
    choice,
    country,
    current_tenant_id,
    day,
    db,
    decimal,
    email,
    flag,
    has_many,
    image,
    integer,
    json,
    language,
    long_text,
    moment,
    money,
    next_number,
    phone,
    record_id,
    record_link,
    tags,
    text,
    time_zone,
    url,
    utcnow,
)
from app.data.reading import Prepared, among
from app.data.reading import rows as read_columns
from app.events import publish
from app.features import Decision, can, has_feature
from app.host import (
    Action,
    BadSignature,
    Beside,
    Cancelled,
    Card,
    Channel,
    Clue,
    Companion,
    Dataset,
    Declined,
    Dialect,
    Doubt,
    Event,
    Extension,
    Feature,
    FieldError,
    FieldErrors,
    Handler,
    Hit,
    Incoming,
    Job,
    JobRun,
    Lanes,
    ListView,
    Measure,
    Metric,
    Needs,
    Notice,
    NotNow,
    NotReached,
    NotSent,
    Occurrence,
    Outcome,
    Outgoing,
    Page,
    Panel,
    Part,
    PaymentAsked,
    PaymentProvider,
    PayPage,
    PerhapsSent,
    Permission,
    Plugin,
    Ratio,
    Reach,
    RefundAsked,
    Related,
    Report,
    Resource,
    Role,
    Schedule,
    Section,
    Step,
    Timeline,
    WebhookIn,
    hookimpl,
    hookspec,
)
from app.host.asking import ask
from app.host.at_work import NotDeclared
from app.host.quotas import check_quota
from app.host.usage import Usage, usage
from app.identity import Principal, access, principal
from app.identity.access import without_csrf
from app.identity.principal import TenantInfo
from app.installation.calling import call_host
from app.installation.commanding import in_tenant, tenant_slugs
from app.installation.filing import KeptFile, attach_file, files_of, open_file
from app.installation.remembering import by_configuration
from app.installation.sealing import keep_secret, read_secret, sealed
from app.installation.settings import setting
from app.jobs import enqueue, enqueue_batch
from app.jobs.person import as_member
from app.merging.likeness.warning import alike, similar
from app.messaging.composing import Attached
from app.messaging.notifying import notify, withdraw
from app.messaging.outbox import send_by, send_mail
from app.messaging.receivers import Receiver, members_with_role, receivers
from app.messaging.ways import address_of
from app.messaging.wording import MissingVariable, send_template
from app.ops.flask_settings import LANGUAGES
from app.outbound import Answer, Unanswered
from app.payments import Payment, ask_for_payment, close_pages, close_pages_now, payment_address
from app.screens.filling import Unfit, fields_of, fill, read_text
from app.screens.reach import act, reach
from app.screens.reading.timeline import timeline_rows
from app.screens.targets import check_target, target_of
from app.screens.writing.archiving import archive_actions
from app.tenancy.models import Membership as Member
from app.tenancy.models import Team, TeamMember, Tenant
from app.transfer.placing import Placed
from app.transfer.reading import Line
from app.transfer.spellings import code_named
from app.webhooks import new_address, release_account, route_account

session = db.session
"""The session of the current request, job or command: serves the tenant in force. Services flush, the edge commits."""

__all__ = [
    "LANGUAGES",
    "Action",
    "Answer",
    "Attached",
    "BadSignature",
    "Beside",
    "Cancelled",
    "Card",
    "Channel",
    "Choice",
    "Clue",
    "Companion",
    "Company",
    "Consent",
    "Contact",
    "ContactAddress",
    "ContactChannel",
    "Dataset",
    "Decision",
    "Declined",
    "Dialect",
    "Doubt",
    "Event",
    "Extension",
    "Feature",
    "Field",
    "FieldError",
    "FieldErrors",
    "Handler",
    "Hit",
    "Incoming",
    "Job",
    "JobRun",
    "KeptFile",
    "Known",
    "Lanes",
    "Line",
    "ListView",
    "Mapped",
    "Measure",
    "Member",
    "Metric",
    "MissingVariable",
    "Money",
    "Needs",
    "NotDeclared",
    "NotNow",
    "NotReached",
    "NotSent",
    "Notice",
    "Occurrence",
    "Outcome",
    "Outgoing",
    "Page",
    "Panel",
    "Part",
    "PayPage",
    "Payment",
    "PaymentAsked",
    "PaymentProvider",
    "PerhapsSent",
    "Permission",
    "Placed",
    "Plugin",
    "Prepared",
    "Principal",
    "Ratio",
    "Reach",
    "Receiver",
    "Record",
    "RefundAsked",
    "Related",
    "Report",
    "Resource",
    "Role",
    "Schedule",
    "Section",
    "Step",
    "Team",
    "TeamMember",
    "Tenant",
    "TenantInfo",
    "TenantTable",
    "Timeline",
    "Unanswered",
    "Unfit",
    "Usage",
    "WebhookIn",
    "_",
    "_l",
    "_lp",
    "access",
    "act",
    "address_of",
    "alike",
    "among",
    "archive_actions",
    "as_member",
    "ask",
    "ask_for_payment",
    "attach_file",
    "belongs_to",
    "by_configuration",
    "call_host",
    "can",
    "check_quota",
    "check_target",
    "choice",
    "close_pages",
    "close_pages_now",
    "code_named",
    "contact_for",
    "country",
    "current_tenant_id",
    "day",
    "decimal",
    "email",
    "enqueue",
    "enqueue_batch",
    "erase_hung",
    "fields_of",
    "files_of",
    "fill",
    "flag",
    "has_feature",
    "has_many",
    "hookimpl",
    "hookspec",
    "image",
    "in_tenant",
    "integer",
    "json",
    "keep_secret",
    "language",
    "long_text",
    "members_with_role",
    "moment",
    "money",
    "new_address",
    "next_number",
    "ngettext",
    "normal_address",
    "note",
    "notify",
    "open_file",
    "payment_address",
    "phone",
    "principal",
    "publish",
    "reach",
    "read_columns",
    "read_secret",
    "read_text",
    "receivers",
    "record_id",
    "record_link",
    "release_account",
    "route_account",
    "sealed",
    "send_by",
    "send_mail",
    "send_template",
    "session",
    "setting",
    "similar",
    "tags",
    "target_of",
    "tenant_slugs",
    "text",
    "time_zone",
    "timeline_rows",
    "url",
    "usage",
    "utcnow",
    "withdraw",
    "without_csrf",
]  # fmt: skip
