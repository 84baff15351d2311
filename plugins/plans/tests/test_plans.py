"""What a plan opens and closes for a tenant, on every way in; and what the operator does at the shell."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app.host.lifecycle import states_here, switch
from app.messaging.models import Notification
from app.sdk import Contact, FieldError, Member, in_tenant, tenant_slugs, utcnow
from app.tenancy.models import Tenant
from plugins.plans.catalogue import BadCatalogue, read
from plugins.plans.commands import apply_catalogue, give_plan, show_plans
from plugins.plans.models import Plan
from plugins.plans.trials import look_at_trial

CATALOGUE = """
[basic]
name = "Basic"
plugins = []
limits = { "contacts.contacts" = 2 }

[sales]
name = "Sales"
plugins = ["crm"]
limits = { "crm.leads" = 1 }

[pro]
name = "Pro"
plugins = ["*"]
trial_days = 14
"""


@pytest.fixture
def tenant(house):
    return house.new_tenant(name="Planned")


@pytest.fixture
def catalogue(tmp_path):
    path = tmp_path / "plans.toml"
    path.write_text(CATALOGUE)
    return path


@pytest.fixture
def run(app):
    """A command of `tenantry plans`, as its exit status and what it says."""

    def command(what, *words):
        with app.app_context():
            done = CliRunner().invoke(what, [str(word) for word in words])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return command


@pytest.fixture
def give(run, tenant, catalogue):
    def given(plan, *more):
        code, said = run(give_plan, tenant.slug, plan, "--from", catalogue, *more)
        assert code == 0, said
        return said

    return given


@pytest.fixture
def lead(house, tenant):
    return house.api("owner", tenant).post("/crm/lead", {"title": "Written before"}).json["id"]


def why(house, tenant, verb):
    with house.inside(tenant) as session:
        key = session.scalars(select(Member.id).where(Member.is_owner)).one()
    query = {"member": str(key), "resource": "crm.lead", "verb": verb}
    return house.api("owner", tenant).get("/console/why", query_string=query).json


def look(house, tenant):
    """The nightly job."""
    with house.inside(tenant) as session:
        said = look_at_trial(None)
        session.commit()
    return said


def test_without_a_plan_everything_is_there(house, tenant):
    api = house.api("owner", tenant)
    for number in range(3):
        assert api.post("/crm/lead", {"title": f"Lead {number}"}).status_code == 201
    assert "None yet" not in house.browser("owner", tenant).go("/plans/plan/").text


def test_what_is_not_in_the_plan_can_be_read_and_not_changed(house, tenant, give, lead):
    said = give("basic")
    assert "crm is on and not in it: its records can be read and taken out, and not changed." in said
    owner, api = house.browser("owner", tenant), house.api("owner", tenant)
    assert "Written before" in owner.go("/crm/lead/").text
    assert owner.go(f"/crm/lead/{lead}").status_code == 200
    assert owner.go("/crm/lead/add").status_code == 403
    refused = api.patch(f"/crm/lead/{lead}", {"title": "Changed"})
    assert refused.status_code == 403
    assert "does not have this part. The operator of the platform can change your plan." in refused.text
    data = {"resource": "crm.lead", "query": "", "columns": ["title"], "format": "json"}
    assert "Written before" in owner.send("/transfer/exports/new", data).text, "nobody's records are held back"
    assert api.post("/contacts/contact", {"first_name": "Ann"}).status_code == 201, "the house itself is in every plan"


def test_why_names_the_plan_and_who_can_change_it(house, tenant, give):
    give("basic")
    said = why(house, tenant, "create")
    assert said["refused_by"] == "entitled"
    assert "“Basic”" in said["checks"][-1]["reason"]
    assert why(house, tenant, "read")["allowed"] is True


def test_what_is_off_cannot_be_switched_on_without_its_plan(house, tenant, give):
    with house.inside(tenant) as session:
        switch(tenant, "lead_ads", "off")
        switch(tenant, "crm", "off")
        session.commit()
    give("basic")
    assert "does not have this part" in house.browser("owner", tenant).go("/console/plugins/").text
    with house.inside(tenant), pytest.raises(FieldError, match="does not have this part"):
        switch(tenant, "crm", "on")
    give("sales")
    with house.inside(tenant) as session:
        switch(session.get_one(Tenant, tenant.id), "crm", "on")
        session.commit()
    assert house.browser("owner", tenant).go("/crm/lead/add").status_code == 200


def test_a_plan_has_room_for_so_many(house, tenant, give, lead):
    give("sales")
    api = house.api("owner", tenant)
    refused = api.post("/crm/lead", {"title": "One too many"})
    assert refused.status_code == 422
    assert "has room for 1: Leads" in refused.text
    assert api.patch(f"/crm/lead/{lead}", {"title": "Changed"}).status_code == 200, "what is there can be worked with"
    assert house.api("owner").post("/crm/lead", {"title": "Of another tenant"}).status_code == 201


def test_a_smaller_plan_deletes_nothing(house, tenant, give, run, catalogue):
    house.add(*(Contact(first_name=name, full_name=name) for name in ("Ann", "Ben", "Cleo")), tenant=tenant)
    words = "contacts.contacts: 3 there, room for 2: none can be added until there are fewer."
    assert words in give("basic", "--check")
    assert "no plan, so everything" in run(show_plans, tenant.slug)[1], "it only looked"
    assert words in give("basic")
    with house.inside(tenant) as session:
        assert session.query(Contact).count() == 3
    assert house.api("owner", tenant).post("/contacts/contact", {"first_name": "Dan"}).status_code == 422


def test_admins_see_their_plan_and_what_they_use(house, tenant, give, lead):
    give("sales")
    owner = house.browser("owner", tenant)
    with house.inside(tenant) as session:
        key = session.query(Plan.id).scalar()
    assert "Sales" in owner.go("/plans/plan/").text
    panel = owner.go(f"/plans/plan/{key}/related/plans__room").text
    assert "1 of 1" in panel
    assert "Leads" in panel
    assert "CRM" in panel
    assert house.browser("agent", tenant).go("/plans/plan/").status_code == 403
    assert owner.go(f"/plans/plan/{key}/edit").status_code == 404, "nobody writes a plan on a screen"
    assert house.api("owner", tenant).patch(f"/plans/plan/{key}", {"limits": {}}).status_code in (403, 404, 405)


def test_a_trial_begins_is_told_and_ends(house, tenant, give, lead):
    assert "(Pro), a trial until" in give("pro")
    with house.inside(tenant) as session:
        plan = session.query(Plan).one()
        assert plan.trial_until - plan.created_at.date() == timedelta(days=14)
    assert look(house, tenant) == "goes on"
    with house.inside(tenant) as session:
        session.query(Plan).one().trial_until = utcnow().date() + timedelta(days=3)
        session.commit()
    assert [look(house, tenant), look(house, tenant)] == ["told", "told"]
    with house.inside(tenant) as session:
        told = session.query(Notification).filter(Notification.kind == "plans.trial_ends").all()
        assert len(told) == 2, "the owner and the admin, once each"
        assert "“Pro”" in told[0].title
        session.query(Plan).one().trial_until = utcnow().date() - timedelta(days=2)
        session.commit()
    assert look(house, tenant) == "ended"
    api = house.api("owner", tenant)
    refused = api.post("/crm/lead", {"title": "After the trial"})
    assert refused.status_code == 403
    assert "The trial of the plan “Pro” has ended." in refused.text
    assert api.get(f"/crm/lead/{lead}").status_code == 200
    assert "trial that ended" in give("pro"), "nobody tries the same plan twice"
    assert "trial" not in give("pro", "--for-good")
    assert api.post("/crm/lead", {"title": "Paid"}).status_code == 201
    assert look(house, tenant) == "no trial"


def test_a_day_of_the_operators(give):
    day = utcnow().date() + timedelta(days=90)
    assert f"the plan sales (Sales), a trial until {day}" in give("sales", "--trial-until", day)


def test_admins_do_not_leave_their_plan(house, tenant, give):
    give("sales")
    api, owner = house.api("owner", tenant), house.browser("owner", tenant)
    answer = owner.send("/console/plugins/plans/state", {"state": "off"}, follow_redirects=True)
    assert "who alone can switch this off" in answer.text
    [row] = api.get("/console/plugin?plugin_key.is=plans").json["data"]
    assert api.patch(f"/console/plugin/{row['id']}", {"state": "off"}).status_code == 422
    with house.app.app_context(), in_tenant(tenant.slug) as found:
        switch(found, "plans", "off")
        assert states_here()["plans"] == "off"
    assert owner.go("/plans/plan/").status_code == 404
    assert api.post("/crm/lead", {"title": "The one"}).status_code == 201
    assert api.post("/crm/lead", {"title": "One too many"}).status_code == 422, "its limits hold on"


def test_a_changed_catalogue_holds_when_it_is_applied(house, tenant, give, run, catalogue):
    give("sales")
    catalogue.write_text(CATALOGUE.replace('"crm.leads" = 1', '"crm.leads" = 2'))
    api = house.api("owner", tenant)
    assert api.post("/crm/lead", {"title": "The first"}).status_code == 201
    assert api.post("/crm/lead", {"title": "The second"}).status_code == 422
    assert f"{tenant.slug}: the terms of sales change." in run(apply_catalogue, "--from", catalogue, "--check")[1]
    assert api.post("/crm/lead", {"title": "The second"}).status_code == 422
    run(apply_catalogue, "--from", catalogue)
    assert api.post("/crm/lead", {"title": "The second"}).status_code == 201
    assert tenant.slug not in run(apply_catalogue, "--from", catalogue)[1], "once is enough"


@pytest.mark.parametrize(
    ("slug", "plan", "words"),
    [
        ("nowhere", "pro", "There is no tenant “nowhere”."),
        ("", "gold", "no plan “gold” in this file: basic, pro, sales"),
    ],
)
def test_slips_are_said(run, tenant, catalogue, slug, plan, words):
    code, said = run(give_plan, slug or tenant.slug, plan, "--from", catalogue)
    assert code == 1
    assert words in said


def test_names_that_nothing_bears_are_told(give, catalogue):
    catalogue.write_text('[x]\nname = "X"\nplugins = ["crn"]\nlimits = { "crm.lead" = 3 }\n')
    said = give("x", "--check")
    assert "Nothing installed is called so: plugin crn." in said
    assert "Nothing installed is called so: limit crm.lead." in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "plans.toml"),
        ("pro = 1", "“pro” is no plan"),
        ('[Pro]\nname = "x"\nplugins = []', "“Pro” is no plan"),
        ("[pro]\nplugins = []", "needs a name"),
        ('[pro]\nname = "Pro"', "plugins is a list"),
        ('[pro]\nname = "Pro"\nplugins = "crm"', "plugins is a list"),
        ('[pro]\nname = "Pro"\nplugins = []\nlimits = { "crm.leads" = -1 }', "limits are whole numbers"),
        ('[pro]\nname = "Pro"\nplugins = []\nlimits = { "crm.leads" = true }', "limits are whole numbers"),
        ('[pro]\nname = "Pro"\nplugins = []\ntrial_days = 1.5', "trial_days"),
        ('[pro]\nname = "Pro"\nplugins = []\nprice = 3', "“price” is not known here"),
    ],
)
def test_a_catalogue_that_cannot_be_used_says_why(tmp_path, text, words):
    path = tmp_path / "plans.toml"
    path.write_text(text)
    with pytest.raises(BadCatalogue, match=words):
        read(path)


def test_no_request_chooses_its_tenant(house, tenant):
    with house.app.test_request_context(), pytest.raises(RuntimeError, match="for commands"), in_tenant(tenant.slug):
        pass
    with house.app.test_request_context(), pytest.raises(RuntimeError, match="for commands"):
        tenant_slugs()


def test_what_a_plan_says_costs_one_statement_until_it_changes(house, tenant, give, statements):
    give("sales")
    api = house.api("owner", tenant)
    api.get("/crm/lead")
    statements.clear()
    api.get("/crm/lead")
    assert "plans.plan" not in statements.report()
