"""Every word of the core can be read in Arabic: no message is left out, no page falls back to English."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from html.parser import HTMLParser

import pytest
from babel.messages.catalog import Catalog
from flask_babel import force_locale, lazy_pgettext, ngettext, pgettext
from flask_babel.speaklater import LazyString

from app.cli.words import bring_up_to_date, places, problems, read, said
from app.cli.words import words as words_command
from app.contacts.models import (
    Company,
    Consent,
    Contact,
    ContactAddress,
    ContactChannel,
    Note,
    Suppression,
)
from app.contacts.timeline import TimelineEntry
from app.contacts.zones import Zone
from app.data import platform_session, utcnow, uuid7
from app.data.secrets import bound_to, seal
from app.events.models import DomainEvent, EventHandling
from app.features.access_rules import AccessRule
from app.features.models import UserCapability
from app.host.custom_fields import CustomFieldDef
from app.host.provisioning import provision_tenant
from app.identity.forms import AccountForm, PasswordForm, ProfileForm, SignInForm, TokenForm
from app.identity.models import Account
from app.jobs.models import QueuedJob
from app.mailboxes.models import Mail, Mailbox, MailCopy, MailParty, MailThread
from app.merging.models import DuplicateRule
from app.messaging.models import CommunicationTemplate, EmailAccount, Notification, OutboundMessage
from app.ops.flask_settings import LANGUAGES
from app.screens.saved_views import SavedView
from app.screens.views.controls import COMMON_CURRENCIES
from app.search.tags import Tag
from app.tenancy.models import Membership, Team, TeamMember, TenantPlugin
from app.webhooks.models import ReceivedWebhook, WebhookAttempt, WebhookDelivery, WebhookEndpoint

CATALOGUES = [
    pytest.param(place, language, path, id=f"{place.name}-{language}")
    for place in places()
    for language, path in place.catalogues().items()
]
OFFERED = [language for language in LANGUAGES if language != "en"]
TEMPLATES = sorted(path for place in places() for path in place.source.glob("**/templates/**/*.html"))
ARABIC = [one for one in CATALOGUES if one.values[1] == "ar"]
said_in = cache(said)
"""Code is read once for all its languages."""
LATIN = re.compile(r"[A-Za-z]{2,}")
CODED = re.compile(r"\{\w*\}|[\w.+-]+@[\w.-]+|\b[a-z]+\.[a-z_]+\b")
"""Gaps that the page's script fills, addresses, and names of kinds and events such as `crm.lead_created`."""
NAMES = frozenset(
    "Tenantry API REST JSON CSV PDF vCard UTC IMAP SMTP STARTTLS TLS JavaScript openapi json contacts contact"
    " welcome name en ar Ctrl Meta Facebook Instagram".split()
)
"""Names, and what is written for programs: the same in every language."""


# --- the catalogues ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", OFFERED)
def test_an_offered_language_is_there(language):
    assert [place.name for place in places() if language not in place.catalogues()] == []


@pytest.mark.parametrize(("place", "language", "path"), CATALOGUES)
def test_a_catalogue_says_all_that_the_code_says(place, language, path):
    """Nothing missing, untranslated, fuzzy or obsolete, and the same placeholders on both sides."""
    assert list(problems(read(path, language), said_in(place))) == []


@pytest.mark.parametrize(("place", "language", "path"), CATALOGUES)
def test_no_sentence_is_left_in_english(place, language, path):
    """Single words and names may be the same in two languages."""
    kept = (one for one in read(path, language) if one.id and one.string == one.id)
    assert [one.id for one in kept if len(_words_in(one.id)) > 2] == []


def _words_in(text):
    bare = re.sub(r"%\(\w+\)[a-z]", "", CODED.sub("", str(text)))
    return [word for word in LATIN.findall(bare) if word not in NAMES]


@pytest.mark.parametrize(("place", "language", "path"), ARABIC)
def test_arabic_is_written_in_arabic(place, language, path):
    """English punctuation and forgotten English are what a hurried translation leaves behind."""
    for message in read(path, language):
        for text in message.string if isinstance(message.string, tuple) else (message.string,):
            if message.id:
                bare = re.sub(r"%\(\w+\)[a-z]|`[^`]*`|«[^»]*»|\{.*?\}", "", text)
                assert not re.search("[“”?]|[^\x00-\x7f] ?[,;]", bare.replace("?confirm", "")), text


def broken(text: str, **more: object) -> list[str]:
    template, kept = Catalog(), Catalog(locale="ar")
    template.add("Hello %(name)s")
    kept.add("Hello %(name)s", text, **more)
    return list(problems(kept, template))


@pytest.mark.parametrize(
    ("text", "more", "fault"),
    [
        ("أهلًا", {}, "other placeholders"),
        ("أهلًا %(who)s", {}, "other placeholders"),
        ("أهلًا %(name)s %(name)s", {}, "other placeholders"),
        ("", {}, "not translated"),
        ("أهلًا %(name)s", {"flags": ["fuzzy"]}, "fuzzy"),
    ],
)
def test_faults_are_found(text, more, fault):
    assert broken(text, **more) == [f"{fault}: Hello %(name)s"]


def test_missing_and_superfluous_messages_are_found():
    template, kept = Catalog(), Catalog(locale="ar")
    template.add("Said")
    kept.add("Once said", "قيل")
    assert list(problems(kept, template)) == ["missing: Said", "nobody says it any more: Once said"]


def test_a_word_is_wanted_in_each_of_its_contexts():
    template, kept = Catalog(), Catalog(locale="ar")
    template.add("Archive", context="place")
    template.add("Archive", context="what to do")
    kept.add("Archive", "أرشفة", context="what to do")
    kept.add("Archive", "الأرشيف")
    assert list(problems(kept, template)) == ["missing: Archive (place)", "nobody says it any more: Archive"]


@pytest.mark.parametrize(("locale", "words"), [("en", ("Archive", "Archive")), ("ar", ("الأرشيف", "أرشفة"))])
def test_a_word_with_two_meanings_is_said_in_its_context(app, locale, words):
    with app.test_request_context(), force_locale(locale):
        assert (pgettext("place", "Archive"), str(lazy_pgettext("what to do", "Archive"))) == words
        assert app.jinja_env.from_string('{{ pgettext("how often", "Times") }}').render() in ("Times", "عدد المرات")


def test_a_file_is_brought_up_to_date(tmp_path):
    path = tmp_path / "ar" / "LC_MESSAGES" / "messages.po"
    first, second = Catalog(), Catalog()
    first.add("Stays")
    first.add("Goes")
    second.add("Stays")
    second.add(("%(num)s day", "%(num)s days"))
    for message in bring_up_to_date(path, "ar", first):
        assert message.id == "" or not message.string
    kept = read(path, "ar")
    kept["Stays"].string = "يبقى"
    assert sorted(str(message.id) for message in kept if message.id) == ["Goes", "Stays"]
    bring_up_to_date(path, "ar", second)
    after = read(path, "ar")
    assert {message.id for message in after if message.id} == {"Stays", ("%(num)s day", "%(num)s days")}
    assert (after.num_plurals, len(after.obsolete)) == (6, 0)


def test_the_command_checks_the_catalogues():
    words_command.main(["check"], standalone_mode=False)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "لا شيء يحتاج إلى انتباهك"),
        (1, "أمر واحد يحتاج إلى انتباهك"),
        (2, "أمران يحتاجان إلى انتباهك"),
        (3, "3 أمور تحتاج إلى انتباهك"),
        (10, "10 أمور تحتاج إلى انتباهك"),
        (11, "11 أمرًا يحتاج إلى انتباهك"),
        (99, "99 أمرًا يحتاج إلى انتباهك"),
        (100, "100 أمر يحتاج إلى انتباهك"),
        (102, "102 أمر يحتاج إلى انتباهك"),
        (103, "103 أمور تحتاج إلى انتباهك"),
    ],
)
def test_arabic_has_six_plurals(app, number, expected):
    with app.test_request_context(), force_locale("ar"):
        assert ngettext("One thing needs your attention", "%(num)d things need your attention", number) == expected


# --- the sources ------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a page says: its texts, and the attributes that people read or hear."""

    SAID = frozenset("aria-label title placeholder alt data-confirm data-label data-one data-many".split())
    FOREIGN = frozenset({"code", "pre", "script", "style"})
    EMPTY = frozenset({"input", "meta", "link", "br", "use", "img", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._foreign: list[str] = []
        self.feed(text)
        assert not self._foreign, f"never closed: {self._foreign}"

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in self.EMPTY:
            foreign = False
        elif foreign := bool(self._foreign) or self._is_foreign(tag, given):
            self._foreign.append(tag)
        if not foreign:
            self.said += [value for name, value in attributes if name in self.SAID and value]
            self.said += [value for name, value in attributes if tag == "template" and name.startswith("data-")]

    def _is_foreign(self, tag, given):
        """Addresses, codes and other languages are not the interface's words."""
        other_language = tag != "html" and "lang" in given
        own_names = tag == "select" and given.get("name") in ("timezone", "locale", "v.timezone")
        # Events that are no record's are described by their docstrings, which are English (as on /events/types/).
        documented = given.get("data-offers") == "f-events"
        return tag in self.FOREIGN or given.get("dir") == "ltr" or other_language or own_names or documented

    def handle_endtag(self, tag):
        if self._foreign and self._foreign[-1] == tag:
            self._foreign.pop()

    def handle_data(self, data):
        if not self._foreign and data.strip():
            self.said.append(" ".join(data.split()))


def english(said_words: list[str], *known: str) -> list[str]:
    """The texts among these that hold words in Latin letters which are no names."""
    names = {*NAMES, *known}
    return sorted({text for text in said_words if set(LATIN.findall(CODED.sub("", text))) - names})


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: "/".join(path.parts[-2:]))
def test_no_template_speaks_past_the_catalogue(path):
    source = path.read_text(encoding="utf-8")
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
    assert english(Page(bare).said) == []


OWN = ("access.", "console.", "contacts.", "core.", "screen", "cli", "job", "import", "system")


def declared(app):
    """(where, words) of all that the core's plugins declare for people to read."""
    registry = app.extensions["tenantry"]
    for plugin in registry.plugins:
        if plugin.core:
            yield plugin.name, plugin.title
    for entry in registry.entries.values():
        if entry.plugin.core:
            resource = entry.resource
            yield from ((f"{entry.key} title", resource.title), (f"{entry.key} plural", resource.plural))
            yield from ((f"{entry.key} section", one.title) for one in (*resource.sections, *resource.detail))
            yield from ((f"{entry.key} related", one.title) for one in resource.related)
            yield from _fields(entry.key, entry.fields)
            for action in resource.actions:
                yield f"{entry.key} {action.name}", action.title
                yield from ((f"{entry.key} {action.name} confirm", one) for one in (action.confirm,) if one)
                yield from _fields(f"{entry.key} {action.name}", action.parameters)


def _fields(where, fields):
    for name, field in fields.items():
        yield f"{where}.{name}", field.label
        yield from ((f"{where}.{name} help", one) for one in (field.help,) if one)
        for one in field.choices:
            if field.kind == "long_text":
                continue  # lines that are offered name what plugins declare
            # An open choice, and one of what is on here, also name what outside plugins declare.
            if one.value.startswith(OWN) or not (field.open or one.here):
                yield f"{where}.{name}={one.value}", one.label or one.words


def test_what_the_core_declares_is_said_in_arabic(app):
    """A label that is a plain text, or none at all, would stay English for everybody."""
    with app.test_request_context(), force_locale("ar"):
        wrong = [
            (where, str(label))
            for where, label in declared(app)
            if label is None or (LATIN.search(str(label)) and not _is_arabic(label))
        ]
    assert wrong == []


def _is_arabic(label):
    """Names of programs may stand in an Arabic sentence."""
    return isinstance(label, LazyString) and re.search("[\u0621-\u064a]", str(label))


@pytest.mark.parametrize("form_class", [SignInForm, ProfileForm, PasswordForm, TokenForm, AccountForm])
@pytest.mark.parametrize("typed", ["", "x" * 3000], ids=["empty", "too long"])
def test_forms_refuse_in_arabic(app, form_class, typed):
    with app.test_request_context(method="POST"), force_locale("ar"):
        form = form_class(meta={"csrf": False})
        if form_class is ProfileForm:
            form.offer_choices()
        form.process(data=dict.fromkeys(form._fields, typed))
        form.validate()
        said_words = [str(message) for messages in form.errors.values() for message in messages]
    assert said_words
    assert english(said_words) == []


# --- the pages --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tenant(house):
    """A tenant that speaks Arabic, its owner too, with a record of every kind: nothing in it is in Latin letters."""
    settings = {"locale": "ar", "country": "SA", "timezone": "Asia/Riyadh", "currency": "SAR"}
    with house.app.app_context():
        made = provision_tenant("noor", "مؤسسة النور", **settings)
    owner = house.people["noor", "owner"] = house.new_person("owner", made)
    with house.app.app_context(), platform_session("a test renames a person") as session:
        session.get_one(Account, owner.id).first_name = "ليلى"
        session.get_one(Account, owner.id).last_name = "الحربي"
        session.query(Membership).filter_by(account_id=owner.id).update({"name": "ليلى الحربي"})
    return made


@pytest.fixture(scope="module")
def ids(house, tenant):
    """The id of a record by the key of its resource; the records are everywhere a value can be shown."""
    company = Company(name="شركة الأفق", industry="تقنية", size="11-50", city="الرياض", country="SA", tags=["مورد"])
    person = Contact(first_name="سالم", last_name="القحطاني", full_name="سالم القحطاني", tags=["مهم"])
    person.company_id, person.birthday = company.id, date(1990, 5, 1)
    person.channels.append(ContactChannel(kind="phone", value="+966501234567", value_normalised="+966501234567"))
    person.addresses.append(ContactAddress(street_address="شارع العليا", city="الرياض", is_default=True))
    gone = Contact(first_name="راحل", full_name="راحل")
    note = Note(target_type="contacts.contact", target_id=person.id, content="يفضّل الاتصال مساءً")
    consent = Consent(contact_id=person.id, channel="sms", purpose="تسويق", state="given", source="نموذج")
    barred = Suppression(channel="any", value="966500000000", reason="dnc")
    label = Tag(name="شريك", colour="orange")
    own = CustomFieldDef(resource="contacts.contact", key="level", label="المستوى", kind="integer")
    rule = AccessRule(role="viewer", resource="contacts.suppression", row_scope="own")
    weight = DuplicateRule(resource="contacts.contact", path="position", points=10)
    plugin = TenantPlugin(plugin_key="contacts", state="read_only")
    view = SavedView(resource="contacts.contact", name="عرضي", query="q=سالم", audience="shared")
    rows = {
        "contacts.company": company, "contacts.contact": person, "contacts.note": note, "contacts.consent": consent,
        "contacts.suppression": barred, "console.tag": label, "console.custom_field": own, "console.access_rule": rule,
        "contacts.zone": Zone(name="شمال الرياض", country="SA", postal_codes="11"),
        "merging.rule": weight, "console.plugin": plugin, "gone": gone, "view": view,
        "console.job": QueuedJob(name="events.purge", title="مهمة"), "console.team": Team(name="المبيعات"),
        **told(person), **mail(), **correspondence(person),
    }  # fmt: skip
    house.add(*rows.values(), tenant=tenant)
    found = {key: row.id for key, row in rows.items()}
    found["contacts.channel"], found["contacts.address"] = person.channels[0].id, person.addresses[0].id
    with house.inside(tenant) as session:
        found["console.member"] = owner = session.query(Membership).one().id
        notice = Notification(
            member_id=owner, kind="messaging.mentioned", title="ذُكرت", target_type="contacts.contact",
            target_id=person.id, due_at=utcnow(),
        )  # fmt: skip
        session.add(notice)
        endpoint = session.get_one(WebhookEndpoint, found["webhooks.endpoint"])
        place = bound_to("webhook_endpoint", "secret", endpoint.id)
        endpoint.secret = seal(house.app.config["TENANTRY"].secret_keys, "secret", place)
        session.flush()
        found["messaging.notification"] = notice.id
        session.commit()
    [place] = house.add(TeamMember(team_id=found["console.team"], membership_id=owner), tenant=tenant)
    found["console.team_member"] = place
    [given] = house.add(UserCapability(membership_id=owner, feature_key="console.audit_log"), tenant=tenant)
    found["console.capability"] = given
    browser = house.browser("owner", tenant)
    assert browser.send(f"/contacts/contact/{gone.id}/delete", {"version": "1"}).status_code in (302, 303)
    return found


def told(person):
    """An event and all that comes of it."""
    name = "contacts.contact_created"
    event = DomainEvent(name=name, aggregate_type="contacts.contact", aggregate_id=person.id, payload={})
    endpoint = WebhookEndpoint(url="https://example.sa/", description="المستودع", events="*", secret="")
    delivery = WebhookDelivery(endpoint_id=endpoint.id, event_name=name, message_id=event.id, body="{}")
    return {
        "events.event": event, "events.handling": EventHandling(event_id=event.id, handler="contacts.timeline"),
        "webhooks.endpoint": endpoint, "webhooks.delivery": delivery,
        "webhooks.attempt": WebhookAttempt(delivery_id=delivery.id, number=1, outcome="200", request_head="POST"),
        "webhooks.received": ReceivedWebhook(source="garage.bills", external_id="1", data={}),
        "contacts.timeline_entry": TimelineEntry(
            target_type="contacts.contact", target_id=person.id, words="أُنشئ سجل", event_name=name, event_id=event.id,
            at=utcnow(),
        ),
    }  # fmt: skip


def mail():
    """An account, a template, and a message that waits."""
    account = EmailAccount(email="a@example.sa", sender_name="المكتب", host="example", port=587)
    template = CommunicationTemplate(key="welcome", language="ar", subject="أهلا", body="مرحبا بك")
    message = OutboundMessage(
        recipient="b@example.sa", subject="موعد", body="نراك غدًا", not_before=utcnow(), message_id="<1@example.sa>",
        dedupe_key="one", account_id=account.id,
    )  # fmt: skip
    return {"messaging.email_account": account, "messaging.template": template, "messaging.outgoing": message}


def correspondence(person):
    """A mail from somebody known in a mailbox of the house, and the conversation that it began."""
    place = {"host": "example", "username": "صندوق", "since": date(2026, 1, 1)}
    box, talk = Mailbox(email="c@example.sa", audience="shared", **place), uuid7()
    come = Mail(
        subject="موعد", from_name="سالم", from_email="s@example.sa", at=utcnow(), people="سالم", body="نراكم غدًا",
        message_id="<2@example.sa>", root="<2@example.sa>", digest="2", conversation=talk,
    )  # fmt: skip
    thread = MailThread(
        mailbox_id=box.id, conversation=talk, contact_id=person.id, subject="موعد", who="سالم", excerpt="نراكم",
        last_at=utcnow(), is_unread=True, is_waiting=True,
    )  # fmt: skip
    return {
        "mailboxes.mailbox": box, "mailboxes.mail": come, "mailboxes.thread": thread,
        "copy": MailCopy(mail_id=come.id, mailbox_id=box.id),
        "party": MailParty(mail_id=come.id, role="from", email="s@example.sa", contact_id=person.id),
    }  # fmt: skip


CODES = """crm suppression level position full SA sa created timeline garage plans bills https example POST xx messaging
mentioned""".split()
"""What the records of this tenant hold in Latin letters: names as in REST, such as a rule's field, among them."""
OF_TESTS = """Bays Depot Diaries Garage Halls Map Market Orchard Parcels Prices Repairs Stalls Trees Vehicles
    Visits""".split()
"""What the plugins of the tests call their records; they speak English alone."""


@cache
def originals() -> frozenset[str]:
    """All that the code of the core says in English, but for the shortest words."""
    messages = (one.id if isinstance(one.id, tuple) else (one.id,) for one in said(places()[0]))
    return frozenset(text for forms in messages for text in forms if len(text) > 3)


def check(answer, *known):
    check_text(answer.text, *known)


def check_text(text, *known):
    said_words = Page(text).said
    assert 'lang="ar"' in text
    assert 'dir="rtl"' in text
    assert english(said_words, *CODES, *OF_TESTS, *COMMON_CURRENCIES, *known) == []
    assert originals() & set(said_words) - set(OF_TESTS) == set()


@pytest.mark.parametrize("path", ["/", "/profile/"])
def test_the_frame_pages_are_in_arabic(house, tenant, path):
    answer = house.browser("owner", tenant).go(path)
    assert answer.status_code == 200
    check(answer, "read")


@pytest.mark.parametrize("path", ["/contacts/contact/00000000-0000-0000-0000-000000000000", "/no/such/page"])
def test_error_pages_are_in_arabic(house, tenant, path):
    answer = house.browser("owner", tenant).go(path)
    assert answer.status_code == 404
    check(answer)


def test_signing_in_is_in_arabic_for_a_browser_that_asks_for_it(app):
    client = app.test_client()
    speaking = {"Accept-Language": "ar-SA,ar;q=0.9,en;q=0.5"}
    check(client.get("/login/", headers=speaking))
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login/", headers=speaking).text)
    refused = client.post(
        "/login/", data={"csrf_token": token.group(1), "username": "", "password": ""}, headers=speaking
    )
    check(refused)


def addresses(app):
    """The pages of every resource of the core: (key, path), `{id}` for the record."""
    for entry in app.extensions["tenantry"].entries.values():
        if entry.plugin.core:
            yield entry, "/"
            yield entry, "/filters"
            yield entry, "/columns"
            yield entry, "/views/new"
            yield entry, "/{id}"
            if entry.resource.timeline:
                yield entry, "/{id}/timeline"
            for verb, path in (("create", "/add"), ("update", "/{id}/edit"), ("delete", "/{id}/delete")):
                if verb in entry.verbs:
                    yield entry, path
            if "delete" in entry.verbs and entry.resource.model.__soft_delete__:
                yield entry, "/trash"
            yield from ((entry, f"/{name}") for name in ("board", "calendar", "tree") if getattr(entry.resource, name))


def test_the_pages_of_every_resource_are_in_arabic(app, house, tenant, ids):
    browser = house.browser("owner", tenant)
    seen = 0
    for entry, path in addresses(app):
        if "{id}" in path and entry.key not in ids:
            assert "create" not in entry.verbs or not entry.resource.menu, f"{entry.key} has no record here"
            continue
        address = entry.path + path.format(id=ids.get(entry.key))
        answer = browser.go(address)
        assert answer.status_code == 200, address
        text = answer.text
        if entry.key == "console.audit_entry":  # an entry keeps the words of when it was written
            text = re.sub("<tbody>.*?</tbody>|<form[^>]*data-filters.*?</form>", "", text, flags=re.DOTALL)
        try:
            check_text(text)
        except AssertionError as error:
            raise AssertionError(f"{address}: {error}") from None
        seen += 1
    assert seen > 60


@pytest.mark.parametrize(
    "path",
    [
        "/contacts/contact/?q=لاأحد",
        "/contacts/contact/?full_name.contains=سالم&sort=-full_name&count=exact",
        "/contacts/contact/?nonsense.is=1",
        "/contacts/contact/views/{view}",
        "/contacts/contact/{contacts.contact}/related/notes",
        "/contacts/contact/trash/{gone}/purge",
        "/contacts/contact/?view={view}",
    ],
)
def test_answers_to_questions_are_in_arabic(house, tenant, ids, path):
    for key, found in ids.items():
        path = path.replace(f"{{{key}}}", str(found))
    answer = house.browser("owner", tenant).go(path)
    assert answer.status_code in (200, 404, 422), path
    check(answer, "nonsense", "is")


@pytest.mark.parametrize("path", ["/contacts/contact/add", "/contacts/company/add", "/console/custom_field/add"])
def test_refused_forms_are_in_arabic(house, tenant, path):
    answer = house.browser("owner", tenant).send(path, {"key": "9"})
    assert answer.status_code == 422
    check(answer)


@pytest.mark.parametrize("name", ["give_role", "take_role", "remove"])
def test_actions_ask_in_arabic(house, tenant, ids, name):
    answer = house.browser("owner", tenant).send(f"/console/member/actions/{name}", {"id": str(ids["console.member"])})
    assert answer.status_code == 200
    check(answer)
