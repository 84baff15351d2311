"""One timeline of a record: everything that plugins tell about it, within the reader's reach, a page at a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from app.contacts.models import Contact, Note
from app.data import utcnow
from app.features.access_rules import AccessRule
from app.testing.pumping import pump
from tests.plugins_for_tests.garage.models import Diary
from tests.plugins_for_tests.garage.visits import Visit, VisitStep

FRAGMENT = {"X-Fragment": "1"}
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


@pytest.fixture
def visit(house, tenant):
    return str(house.add(Visit(title="A visit"), tenant=tenant)[0])


def note(visit, words, minutes=0, **more):
    at = NOON + timedelta(minutes=minutes)
    return Note(target_type="garage.visit", target_id=visit, content=words, created_at=at, **more)


def step(visit, what, minutes=0):
    return VisitStep(visit_id=visit, what=what, created_at=NOON + timedelta(minutes=minutes))


def timeline(browser, visit, query="", kind="garage/visit"):
    page = browser.go(f"/{kind}/{visit}/timeline{query}", headers=FRAGMENT)
    assert page.status_code == 200, page.text
    return page


def told(page):
    """The entries: what each says, and the text below."""
    found = []
    for entry in page.text.split('<li class="entry">')[1:]:
        words = re.search(r'class="entry-words">.*?<bdi>(.*?)</bdi>', entry, re.DOTALL).group(1)
        body = re.search(r'<div class="prose" dir="auto">(.*?)</div>', entry, re.DOTALL)
        found.append((words, body.group(1) if body else ""))
    return found


def test_everything_stands_in_one_line_newest_first(house, tenant, browser, visit):
    house.add(note(visit, "First"), step(visit, "wash", 1), note(visit, "Last", 2, pinned=True), tenant=tenant)
    assert told(timeline(browser, visit)) == [("Pinned note", "Last"), ("Did: wash", ""), ("Note", "First")]


def test_the_page_of_a_record_fetches_it(browser, visit):
    page = browser.go(f"/garage/visit/{visit}").text
    assert f'data-timeline="{browser.prefix}/garage/visit/{visit}/timeline"' in page
    whole = browser.go(f"/garage/visit/{visit}/timeline")
    assert "<h1>" in whole.text, "a page of its own without scripts"
    assert browser.go("/garage/repair/01890000-0000-7000-8000-000000000000/timeline").status_code == 404


def test_one_kind_alone_can_be_shown(house, tenant, browser, visit):
    house.add(note(visit, "First"), step(visit, "wash", 1), tenant=tenant)
    page = timeline(browser, visit)
    assert f"/garage/visit/{visit}/timeline?kind=garage.steps" in page.text
    assert told(timeline(browser, visit, "?kind=garage.steps")) == [("Did: wash", "")]
    assert told(timeline(browser, visit, "?kind=contacts.notes")) == [("Note", "First")]
    assert len(told(timeline(browser, visit, "?kind=nonsense"))) == 2


def test_pages_follow_each_other_without_gap_or_overlap(house, tenant, browser, visit):
    rows = [note(visit, f"n{n}", n // 7) if n % 2 else step(visit, f"s{n}", n // 7) for n in range(95)]
    house.add(*rows, tenant=tenant)
    page, seen = timeline(browser, visit), []
    while True:
        seen += [body or words for words, body in told(page)]
        older = re.search(r'data-older><a class="button plain" href="([^"]+)"', page.text)
        if older is None:
            break
        page = browser.get(older.group(1).replace("&amp;", "&"), headers=FRAGMENT)
        assert "write-box" not in page.text
    assert len(seen) == len(set(seen)) == 95
    minutes = [int(re.sub(r"\D", "", one)) // 7 for one in seen]
    assert minutes == sorted(minutes, reverse=True)


@pytest.mark.parametrize("mark", ["x", "~", "2026-01-01~x", "2026-01-01T00:00:00~" + "0" * 32, "9" * 500])
def test_a_broken_mark_is_the_first_page(house, tenant, browser, visit, mark):
    house.add(note(visit, "First"), tenant=tenant)
    assert told(timeline(browser, visit, f"?before={mark}")) == [("Note", "First")]


def test_nobody_sees_what_is_out_of_their_reach(house, tenant, visit):
    agent, owner = house.browser("agent", tenant), house.browser("owner", tenant)
    person = house.people[tenant.slug, "agent"]
    house.add(
        Diary(title="A visit", created_by=person.uid),
        Diary(title="A visit", created_by=house.people[tenant.slug, "owner"].uid),
        note(visit, "For all"),
        note("01890000-0000-7000-8000-000000000000", "Of another"),
        note(visit, "Gone", deleted_at=utcnow()),
        tenant=tenant,
    )
    assert len([one for one in told(timeline(agent, visit)) if one[0] == "Wrote: A visit"]) == 1
    assert [body for _words, body in told(timeline(owner, visit)) if body] == ["For all"]
    house.add(AccessRule(role="agent", resource="contacts.note", row_scope="own"), tenant=tenant)
    assert "For all" not in timeline(agent, visit).text
    house.add(AccessRule(role="agent", resource="garage.visit", row_scope="own"), tenant=tenant)
    assert agent.go(f"/garage/visit/{visit}/timeline").status_code == 404


def test_another_tenants_record_has_none(house, visit):
    assert house.browser("owner").go(f"/garage/visit/{visit}/timeline").status_code == 404


@pytest.mark.parametrize("title", ["Broken in Python", "Broken in SQL"])
def test_a_timeline_that_fails_is_named_and_the_others_are_shown(house, tenant, browser, title):
    broken = str(house.add(Visit(title=title), tenant=tenant)[0])
    house.add(note(broken, "Sound"), step(broken, "wash", 1), tenant=tenant)
    page = timeline(browser, broken)
    assert told(page) == [("Did: wash", ""), ("Note", "Sound")]
    assert "“Broken” cannot be shown at the moment." in page.text
    assert "cannot be shown" not in timeline(browser, broken, "?kind=contacts.notes").text


def test_a_note_is_written_from_there(house, tenant, browser, visit):
    page = timeline(browser, visit)
    box = page.text.split('class="write-box"')[1].split("</form>")[0]
    sent = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', box))
    assert sent["target_id"] == visit
    saved = browser.send("/contacts/note/add", {**sent, "content": "Call <b>back</b>"})
    assert saved.location.endswith(f"/garage/visit/{visit}")
    assert told(timeline(browser, visit))[0] == ("Note", "Call &lt;b&gt;back&lt;/b&gt;")
    viewer = house.browser("viewer", tenant)
    assert "write-box" not in timeline(viewer, visit).text


def test_files_are_on_it_and_told_once(app, house, tenant, browser, visit):
    data = {"target_type": "garage.visit", "target_id": visit, "file": (BytesIO(b"Hello"), "hello.txt")}
    assert browser.send("/files/add", data).status_code == 303
    pump(app)
    page = timeline(browser, visit)
    assert not [words for words, _body in told(page) if "File" in words], "an event tells of it no second time"
    assert ("hello.txt", "") in told(page)
    assert re.search(rf'href="{browser.prefix}/files/[0-9a-f-]{{36}}"><bdi>hello.txt', page.text)


def test_a_long_note_is_shortened(house, tenant, browser, visit):
    house.add(*(note(visit, "x" * 20_000, n) for n in range(20)), tenant=tenant)
    page = timeline(browser, visit)
    assert len(page.data) < 60_000
    assert told(page)[0][1].endswith("x…")


def test_it_costs_a_fixed_number_of_statements(house, tenant, browser, visit, statements):
    house.add(
        *(note(visit, f"n{n}", n, created_by=house.people[tenant.slug, "agent"].uid) for n in range(50)), tenant=tenant
    )
    timeline(browser, visit)
    statements.clear()
    page = timeline(browser, visit)
    assert len(statements) <= 8, statements.report()
    assert "Agent" in page.text


# --- events -----------------------------------------------------------------------------------------------------------


def test_events_are_told_of_every_record_with_a_timeline(app, house, tenant):
    api = house.api("owner", tenant)
    visit = api.post("/garage/visit", {"title": "Told"}).json["id"]
    api.patch(f"/garage/visit/{visit}", {"title": "Told again"})
    pump(app)
    entries = told(timeline(house.browser("owner", tenant), visit))
    assert entries == [("Visit added", "")], "its own changes are in its history"


# --- mentions ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def people(house, tenant):
    """Members by name, beside those of the roles: Owner, Admin, Manager, Agent and Viewer “A tenant”."""
    from app.tenancy.models import Membership

    with house.inside(tenant) as session:
        return {one.name: one for one in session.query(Membership).all()}


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("Nothing at all", []),
        ("@Agent A tenant please call", ["Agent"]),
        ("@agent a tenant, @OWNER A TENANT.", ["Agent", "Owner"]),
        ("Ask @manager!", ["Manager"]),
        ("(@viewer)", ["Viewer"]),
        ("@nobody and mail@agent.example", []),
        ("@Agent @Agent @agent", ["Agent"]),
        ("@", []),
        ("@ Agent", []),
        ("سلام @Agent، شكرا", ["Agent"]),
    ],
)
def test_members_are_named(house, tenant, people, words, names):
    from app.contacts.mentions import named_in

    with house.inside(tenant):
        found = named_in(words)
    by_id = {one.id: name for name, one in people.items()}
    assert [by_id[key].split()[0] for key in found] == names


def test_a_first_name_of_several_names_nobody(house, tenant, people):
    from app.contacts.mentions import named_in

    house.new_person("agent", tenant)
    with house.inside(tenant):
        assert named_in("@Agent and @Agents and @Agentur") == {}


def test_an_address_names_too(house, tenant, people):
    from app.contacts.mentions import named_in

    someone = next(iter(people.values()))
    with house.inside(tenant):
        assert list(named_in(f"Hello @{someone.email}.")) == [someone.id]
        assert list(named_in(f"Hello @{someone.email.partition('@')[0]}?")) == [someone.id]


def test_who_is_named_is_kept_told_once_and_shown(app, house, tenant, people):
    from app.contacts.mentions import NoteMention
    from app.events.models import DomainEvent

    api, browser = house.api("owner", tenant), house.browser("owner", tenant)
    zoe = str(house.add(Contact(full_name="Zoë"), tenant=tenant)[0])
    body = {"target_type": "contacts.contact", "target_id": zoe, "content": "@Agent, see this"}
    made = api.post("/contacts/note", body).json["id"]
    pump(app)
    api.patch(f"/contacts/note/{made}", {"content": "@Agent and @Manager, see this"})
    pump(app)

    def kept():
        with house.inside(tenant) as session:
            mentions = {str(one.member_id): one.said for one in session.query(NoteMention)}
            events = session.query(DomainEvent).filter_by(name="contacts.member_mentioned").all()
            return mentions, sorted(one.payload["member_id"] for one in events)

    ids = {name: str(one.id) for name, one in people.items()}
    agent, manager = ids["Agent A tenant"], ids["Manager A tenant"]
    assert kept() == ({agent: "Agent", manager: "Manager"}, sorted([agent, manager]))
    page = timeline(browser, zoe, kind="contacts/contact")
    assert (
        '<b class="mention"><bdi>@Agent</bdi></b> and <b class="mention"><bdi>@Manager</bdi></b>, see this' in page.text
    )
    api.patch(f"/contacts/note/{made}", {"content": "@Manager, see this"})
    pump(app)
    assert kept() == ({manager: "Manager"}, sorted([agent, manager]))


def test_a_note_names_nobody_of_another_tenant(house, people):
    from app.contacts.mentions import named_in

    here = {one.id for one in people.values()}
    with house.inside(house.new_tenant(name="Elsewhere")):
        assert here.isdisjoint(named_in("@Owner A tenant and @Agent"))
