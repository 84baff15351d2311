"""Calling every route there is: how its address is filled for a tenant, and what is sent to it.

A route that cannot be filled is an error, so a new page is either crawled or noticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import select

from app.audit.models import AuditEntry
from app.data import platform_session, utcnow, uuid7
from app.host import Entry, Registry, registry
from app.identity.identities import link
from app.identity.models import Account, AccountIdentity, AccountSession, ApiToken
from app.identity.services import issue_token, open_session
from app.identity.ways import Identity
from app.merging.models import DuplicatePair
from app.ops.routes_table import Row
from app.payments import Payment, payment_address
from app.screens.saved_views import SavedView
from app.tenancy.models import Tenant
from app.testing.house import House
from app.testing.sample_rules import TARGET
from app.testing.samples import Samples
from app.testing.subject import DECLARED, Subject

ARGUMENT = re.compile(r"<(?:(?P<kind>[^:<>]+):)?(?P<name>[^<>]+)>")
PUBLIC_NAMES = {
    "web.file": ("app.css",),
    "branding.accent": ("2f51c9.css",),
    "api_docs.asset": ("swagger.css",),
    "api_docs.static": ("x.css",),
}
"""File names of public assets: the same for everybody."""


NOBODYS = {
    "branding.logo": (f"{'0' * 64}.png",),
    "SignInView.link": ("nobody",),
    "unsubscribe.ask": ("nobody",),
    "unsubscribe.act": ("nobody",),
    "crm_capture.confirm": ("nobody",),
}
"""Signed addresses, and names by content: none can be made up, and whose the real ones are is tested beside."""
PICTURE = {"resource": "contacts.contact", "field": "photo", "key": f"{'0' * 40}-1x1", "size": "card"}
"""A picture that nobody has; the name of a field is its resource's."""
LAYOUT = {"kind": "contacts.contact", "role": "agent"}
"""Whose layout is arranged: every tenant has the kind, and may make one for the role."""
HOOK = {"plugin": "nowhere", "name": "nothing", "key": "nobody"}
"""An address for other systems' messages that is nobody's: whose the real ones are is tested beside."""


class UnknownRoute(AssertionError):
    """The crawl does not know how to fill an address: teach it, or it is not tested."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `names_record` says that the address holds the id of something a tenant or a person owns."""

    row: Row
    path: str
    names_record: bool
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Belongings:
    """What a person of a tenant has, by default its owner: for each kind of id in addresses, how to come by one."""

    house: House
    samples: Samples
    tenant: Tenant
    subject: Subject
    marker: str
    holder: Account | None = None
    kept: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def registry(self) -> Registry:
        return self.subject.registry

    @property
    def person(self) -> Account:
        return self.holder or self.house.people[self.tenant.slug, "owner"]

    def given(self, entry: Entry) -> dict[str, Any]:
        """Values that the samples are to have."""
        return {}

    def record(self, entry: Entry, *, trash: bool = False, fresh: bool = False) -> str:
        """The id of a record of the person's; a new one when what follows may destroy it."""
        known = entry.key, "trash" if trash else "live"
        if fresh or known not in self.kept:
            given = self.given(entry)
            with self.house.inside(self.tenant, self.person.uid) as session:
                row = self.samples.record(session, entry.model, self.marker, **given)
                if trash:
                    row.deleted_at = utcnow()
                made = str(row.id)
                session.commit()
            return made if fresh else self.kept.setdefault(known, made)
        return self.kept[known]

    def pair(self) -> str:
        """The id of a new pair of records that may be the same."""
        entry = self.registry.entries[TARGET]
        first, second = sorted(UUID(self.record(entry, fresh=True)) for _number in range(2))
        with self.house.inside(self.tenant, self.person.uid) as session:
            values = {"kind": TARGET, "first_id": first, "second_id": second, "score": 90}
            made = str(self.samples.lean(session, DuplicatePair, self.marker, **values).id)
            session.commit()
        return made

    def form_key(self) -> str:
        """What names an open form of the person's in its public address."""
        entry = self.registry.entries["crm.capture_form"]
        with self.house.inside(self.tenant) as session:
            return str(session.get_one(entry.model, self.record(entry)).key)

    def payment_token(self) -> str:
        """What names a payment of the tenant in the address that its payer gets."""
        entry = self.registry.entries["payments.payment"]
        with self.house.inside(self.tenant) as session:
            return payment_address(session.get_one(Payment, UUID(self.record(entry)))).rpartition("/")[2]

    def told(self, entry: Entry) -> str:
        """The id of the newest entry of the audit log about the record."""
        record_id = self.record(entry)
        home = self.registry.homes.get(entry.model)
        with self.house.inside(self.tenant) as session:
            if home is not None:
                record_id = getattr(session.get(entry.model, record_id), f"{home[1].reverse}_id")
            about = select(AuditEntry.id).where(AuditEntry.target_id == record_id)
            return str(session.scalars(about.order_by(AuditEntry.seq.desc())).first())

    def saved_view(self, entry: Entry, *, fresh: bool = False) -> str:
        known = entry.key, "view"
        if fresh or known not in self.kept:
            with self.house.inside(self.tenant, self.person.uid) as session:
                name, query = f"{self.marker} view", f"q={self.marker}"
                view = SavedView(resource=entry.key, name=name, query=query, audience="shared")
                session.add(view)
                session.flush()
                made = str(view.id)
                session.commit()
            return made if fresh else self.kept.setdefault(known, made)
        return self.kept[known]

    def personal(self, name: str) -> str:
        """The id of a session, a token or another way to sign in of the person's."""
        owner = self.person
        model: Any = {"session_id": AccountSession, "token_id": ApiToken, "identity_id": AccountIdentity}[name]
        with self.house.app.test_request_context():
            if name == "session_id":
                open_session(owner.id)
            elif name == "identity_id":
                issuer = f"https://{uuid7()}.example"
                link(owner.id, Identity(way="oidc:crawl", issuer=issuer, subject=self.marker))
            else:
                issue_token(owner.id, self.tenant.id, f"{self.marker} token", ("*",))
            with platform_session("a test looks for what it just made") as session:
                newest = select(model.id).where(model.account_id == owner.id).order_by(model.created_at.desc())
                return str(session.scalars(newest).first())


SEARCHES = ("search.page", "search.suggest", "api_search.search")
"""They answer with records of every kind."""


def calls(rows: list[Row], things: Belongings, *, fresh: bool) -> Iterator[Call]:
    """Every route that concerns what is asked about, with every value that its address can take. Raises
    UnknownRoute."""
    for row in filter(things.subject.concerns, rows):
        if row.endpoint in ("files.add", "api_files.upload"):
            yield _upload(row, things)
            continue
        if "pair_id" in row.path:
            yield from _settlings(row, things)
            continue
        if row.endpoint == "mail_compose.compose":
            yield from _writings(row, things)
            continue
        if row.endpoint in SEARCHES:
            # The beginning of the marker: the page repeats what it was asked for.
            yield Call(row, f"{row.path}?q={things.marker[:3]}", names_record=False)
            continue
        # A form without a tick would switch every feature off, and what comes after would not be there.
        ticked = things.registry.features if row.endpoint == "plugins.switch_features" else ()
        for path, names_record in _paths(row, things, fresh=fresh):
            yield Call(row, path, names_record, data={f"feature.{name}": "on" for name in ticked})


def _upload(row: Row, things: Belongings) -> Call:
    """The record that the file is to hang on is named in the form, or in the address of the empty form."""
    target = {"target_type": TARGET, "target_id": things.record(things.registry.entries[TARGET])}
    path = f"{row.path}?{urlencode(target)}" if row.method == "GET" else row.path
    return Call(row, path, names_record=True, data=target)


def _settlings(row: Row, things: Belongings) -> Iterator[Call]:
    """What is decided about a pair; the form says of which kind its records are."""
    start = row.path.partition("<")[0]
    for verb in ("dismiss", "open"):
        yield Call(row, f"{start}{things.pair()}/{verb}", names_record=True, data={"resource": TARGET})


def _writings(row: Row, things: Belongings) -> Iterator[Call]:
    """A mail to somebody, as an answer, and one that is passed on: each with the id of what it is about."""
    start = row.path.partition("<")[0]
    about = {TARGET: TARGET, **dict.fromkeys(("reply", "reply_all", "forward"), "mailboxes.mail")}
    for what, key in about.items():
        yield Call(row, f"{start}{what}/{things.record(things.registry.entries[key])}", names_record=True)


def entry_of(row: Row, registry: Registry) -> Entry | None:
    """The resource whose screens or API a route belongs to."""
    return registry.entries.get(row.permission.rpartition(".")[0])


def _paths(row: Row, things: Belongings, *, fresh: bool) -> Iterator[tuple[str, bool]]:
    paths = [(row.path, False)]
    fresh = fresh and row.method != "GET" and "entry_id" not in row.path  # an entry is about the record that is kept
    for argument in ARGUMENT.finditer(row.path):
        values = _values(row, argument["name"], things, fresh=fresh)
        is_own = own_record(row, argument["name"], things.registry) is not None
        names_record = is_own or argument["name"] in _IDS or row.endpoint in _OPEN
        paths = [
            (path.replace(argument.group(), value, 1), known or names_record)
            for path, known in paths
            for value in values
        ]
    yield from paths


def own_record(row: Row, name: str, registry: Registry) -> Entry | None:
    """The resource that an id in the address of a plugin's own page names: `vehicle_id`, in `/garage/...`."""
    plugin, kind = row.path.split("/")[1], name.removesuffix("_id")
    return registry.entries.get(f"{plugin}.{kind}") if name.endswith("_id") else None


def _is_own(row: Row, registry: Registry) -> bool:
    """Whether a plugin that is none of the core's brings the page itself."""
    brought = registry.blueprints.get(row.path.split("/")[1], ())
    return row.endpoint.partition(".")[0] in {one.name for one in brought}


_RECORDS = {
    "import_id": "transfer.import",
    "export_id": "transfer.export",
    "notice_id": "messaging.notification",
    "report_id": "reports.saved_report",
    "merge_id": "merging.merge",
    "contact_id": "contacts.contact",
    "rule_id": "console.form_rule",
    "automation_id": "automations.automation",
    "thread_id": "mailboxes.thread",
    "mail_id": "mailboxes.mail",
}
"""Ids in the addresses of pages that are no generated ones."""
_IDS = frozenset({"record_id", "attachment_id", "view_id", "session_id", "token_id", "identity_id", *_RECORDS})

_OPEN: dict[str, Callable[[Belongings], str]] = {
    **dict.fromkeys(("crm_capture.page", "crm_capture.endpoint"), Belongings.form_key),
    **dict.fromkeys(("pay.show", "pay.go"), Belongings.payment_token),
}
"""What names a form or a payment in its public address."""


_WORDS = {None: "none", "string": "none", "path": "none", "int": "1"}
"""What stands for a word or number in the address of a plugin's own page, by converter."""


_SAID: Mapping[str, Mapping[str, str]] = {"hooks": HOOK, "layouts": LAYOUT}
"""By blueprint, words in addresses that are no ids: the same for everybody."""


def _values(row: Row, name: str, things: Belongings, *, fresh: bool) -> list[str]:
    if name in ("session_id", "token_id", "identity_id"):
        return [things.personal(name)]
    if name == "pk":
        return [str(things.house.people[things.tenant.slug, "agent"].id)]
    if row.endpoint.partition(".")[0] in _SAID:
        return [_SAID[row.endpoint.partition(".")[0]][name]]
    if row.endpoint in NOBODYS or ("/pictures" in row.path and name in PICTURE):
        return list(NOBODYS.get(row.endpoint) or (PICTURE[name],))
    if row.endpoint in _OPEN:
        return [_OPEN[row.endpoint](things)]
    if row.endpoint.partition(".")[0] in DECLARED:
        return _declared(row, name, things.subject)
    if row.endpoint in PUBLIC_NAMES:
        return list(PUBLIC_NAMES[row.endpoint])
    if name in _RECORDS or row.endpoint == "imports.act":
        return _of_page(name, things, fresh=fresh)
    entry = entry_of(row, things.registry)
    found = _of_resource(row, name, entry, things, fresh=fresh) if entry is not None else None
    found = found or _of_own_page(row, name, things, fresh=fresh)
    if found is None:
        hint = " Name it after what it is the id of: <uuid:vehicle_id>." if _is_own(row, things.registry) else ""
        raise UnknownRoute(f"{row.method} {row.path}: what is “{name}”?{hint}")
    return found


def _of_own_page(row: Row, name: str, things: Belongings, *, fresh: bool) -> list[str] | None:
    """In the address of a plugin's own page: a record of its own, or a word or number that may lead nowhere."""
    entry = own_record(row, name, things.registry)
    if entry is not None:
        return [things.record(entry, fresh=fresh)]
    kinds = {one["name"]: one["kind"] for one in ARGUMENT.finditer(row.path)}
    is_a_word = kinds[name] in _WORDS and not name.endswith("_id")
    return [_WORDS[kinds[name]]] if is_a_word and _is_own(row, things.registry) else None


def _declared(row: Row, name: str, subject: Subject) -> list[str]:
    """Names of what plugins declare: the same for everybody."""
    figures = subject.registry.figures
    if row.endpoint.startswith(("plugins.", "plugins_of_all.", "plugins_leaving.", "plugin_docs.")):
        return subject.named(one.name for one in subject.registry.plugins if not one.core)
    if name == "name":
        return ["none"]  # facts lead to no records by a picker
    found = {"cards.card": figures.cards, "report_hub.ready": figures.reports}.get(row.endpoint, figures.datasets)
    return subject.named(found) or ["none"]


def _of_resource(row: Row, name: str, entry: Entry, things: Belongings, *, fresh: bool) -> list[str] | None:
    if name in ("record_id", "attachment_id"):
        return [things.record(entry, trash=_is_about_trash(row), fresh=fresh)]
    if name == "entry_id":
        return [things.told(entry)]
    if name == "view_id":
        return [things.saved_view(entry, fresh=fresh)]
    names = _NAMES.get((row.endpoint.rpartition(".")[2], name))
    return names(entry) if names is not None else None


def _of_page(name: str, things: Belongings, *, fresh: bool) -> list[str]:
    """A record of the tenant's for a page of its own, and what can be done with an import."""
    if name == "verb":
        return ["run", "cancel", "undo", "discard"]
    return [things.record(things.registry.entries[_RECORDS[name]], fresh=fresh)]


def _is_about_trash(row: Row) -> bool:
    return "/trash/" in row.path or (row.path.endswith("/restore") and "entry_id" not in row.path)


def _related_names(entry: Entry) -> list[str]:
    """Names of the blocks of related lists and panels; the crawl runs inside the application."""
    others = ((registry().by_model.get(one.resolve()), one.via) for one in entry.resource.related)
    names = [f"{other.plugin.name}-{other.resource.key_name}-{via}" for other, via in others if other is not None]
    return [*names, *(placed.key for placed in entry.panels)] or ["none"]


def _links(entry: Entry) -> list[str]:
    return [name for name, one in entry.fields.items() if one.kind == "belongs_to"] or ["none"]


def _groups(entry: Entry) -> list[str]:
    return [*entry.resource.inlines.split(), *entry.actions] or ["none"]


def _names_in_groups(entry: Entry) -> list[str]:
    groups = [action.parameters for action in entry.actions.values()]
    for inline in entry.resource.inlines.split():
        target = entry.fields[inline].target
        groups += [target().__fields__] if target is not None else []
    return sorted({name for group in groups for name, one in group.items() if one.kind == "belongs_to"}) or ["none"]


def _editable(entry: Entry) -> list[str]:
    """A field of each kind that can be changed where it is shown."""
    found = {one.kind: name for name, one in entry.fields.items() if not (one.readonly or one.immutable)}
    return [name for kind, name in found.items() if kind != "has_many"] or ["none"]


def _images(entry: Entry) -> list[str]:
    return [name for name, field in entry.fields.items() if field.kind == "image"]


_NAMES: dict[tuple[str, str], Callable[[Entry], list[str]]] = {
    ("related", "name"): _related_names,
    ("field", "name"): _editable,
    ("pick", "name"): _links,
    ("picture", "name"): _images,
    ("upload", "name"): _images,
    ("pick_in", "group"): _groups,
    ("pick_in", "name"): _names_in_groups,
}
