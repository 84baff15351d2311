"""Who is asking in which tenant: one statement, the right tenant, the roles of now."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.data import Scope, db, platform_session, scope, utcnow
from app.identity.problems import IdentityError
from app.identity.services import remove_member, set_active
from app.identity.sync import bump_version
from app.tenancy.models import Membership
from app.testing.counting import count_statements
from tests.test_identity_lab import PASSWORD, RESOURCE, Lab

pytest_plugins = ["tests.test_identity_lab"]


def test_two_tabs_in_two_tenants_never_mix(lab: Lab):
    account = lab.person("agent")
    lab.join(account, lab.globex, "viewer")
    client = lab.browser(account)
    for _ in range(3):
        acme = client.get("/t/idacme/probe/thing").json
        globex = client.get("/t/idglobex/probe/thing").json
        assert (acme["tenant"], acme["roles"], acme["scope"]) == ("idacme", ["agent"], str(lab.acme.id))
        assert (globex["tenant"], globex["roles"], globex["scope"]) == ("idglobex", ["viewer"], str(lab.globex.id))
    assert lab.post(client, "/t/idacme/probe/thing").status_code == 200
    assert lab.post(client, "/t/idglobex/probe/thing").status_code == 403


@pytest.mark.parametrize("path", ["/t/idglobex/probe/thing", "/t/no-such-tenant/probe/thing", "/t/idglobex/probe/me"])
def test_a_tenant_one_does_not_belong_to_is_not_there(lab: Lab, path):
    client = lab.browser(lab.person())
    assert client.get(path).status_code == 404
    api = client.get(path.replace("/probe/thing", "/api/v1/probe/thing").replace("/probe/me", "/api/v1/probe/thing"))
    assert api.status_code == 404
    assert api.mimetype == "application/problem+json"


def test_nobody_is_led_to_sign_in_on_screens_and_told_401_over_the_api(lab: Lab):
    client = lab.browser()
    for path in ("/t/idacme/probe/thing", "/t/no-such-tenant/probe/thing", "/probe/me", "/"):
        answer = client.get(path)
        assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/login/")
    answer = client.get("/t/idacme/api/v1/probe/thing")
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.post("/t/idacme/probe/thing").status_code == 303


def test_a_view_without_an_access_rule_is_closed_to_everybody(lab: Lab):
    assert lab.browser(lab.person("owner")).get("/t/idacme/probe/unmarked").status_code == 403
    assert lab.browser(lab.person(None, operator=True)).get("/probe/unmarked").status_code == 403
    assert lab.browser().get("/probe/unmarked").status_code == 303


def test_a_temporary_role_ends_by_itself(lab: Lab):
    account = lab.person("viewer")
    lab.join(account, lab.acme, "agent", expires_at=utcnow() + timedelta(hours=1))
    client = lab.browser(account)
    assert client.get("/t/idacme/probe/thing").json["roles"] == ["agent", "viewer"]
    assert lab.post(client, "/t/idacme/probe/thing").status_code == 200
    lab.join(account, lab.acme, "agent", expires_at=utcnow() - timedelta(seconds=1))
    assert client.get("/t/idacme/probe/thing").json["roles"] == ["viewer"]
    assert lab.post(client, "/t/idacme/probe/thing").status_code == 403


def test_one_statement_finds_out_everything_and_two_on_a_cold_cache(lab: Lab):
    client = lab.browser(lab.person("owner"))
    lab.forget_permissions()
    with count_statements() as cold:
        assert client.get("/t/idacme/probe/thing").status_code == 200
    with count_statements() as warm:
        assert client.get("/t/idacme/probe/thing").status_code == 200
    assert len(cold) == 2
    assert len(warm) == 1


def test_nobody_costs_no_statement(lab: Lab):
    client = lab.browser()
    with count_statements() as seen:
        client.get("/t/idacme/probe/thing")
        client.get("/login/")
        client.get("/probe/open")
        client.get("/probe/open", headers={"Authorization": "Bearer something-else"})
    assert seen == []


def test_a_changed_permission_counts_from_the_next_request_of_every_process(lab: Lab):
    client = lab.browser(lab.person("viewer"))
    assert lab.post(client, "/t/idacme/probe/thing").status_code == 403
    grant = """
        INSERT INTO ab_permission_view_role (id, permission_view_id, role_id)
        SELECT nextval('ab_permission_view_role_id_seq'), pv.id, r.id FROM ab_permission_view pv
        JOIN ab_permission p ON p.id = pv.permission_id AND p.name = 'can_update'
        JOIN ab_view_menu v ON v.id = pv.view_menu_id AND v.name = :resource
        JOIN ab_role r ON r.name = 'viewer'"""
    lab.sql(grant, resource=RESOURCE)
    with lab.app.app_context(), platform_session("test") as session:
        bump_version(session)
    assert lab.post(client, "/t/idacme/probe/thing").status_code == 200
    lab.sql("""DELETE FROM ab_permission_view_role g USING ab_role r, ab_permission_view pv, ab_permission p
               WHERE g.role_id = r.id AND r.name = 'viewer' AND pv.id = g.permission_view_id
                 AND p.id = pv.permission_id AND p.name = 'can_update'""")
    with lab.app.app_context(), platform_session("test") as session:
        bump_version(session)
    assert lab.post(client, "/t/idacme/probe/thing").status_code == 403


def test_a_verified_host_name_leads_to_its_tenant(lab: Lab):
    lab.sql("DELETE FROM tenant_domain WHERE domain = 'crm.lab.example'")
    lab.sql(
        "INSERT INTO tenant_domain (id, tenant_id, domain, verify_token, verified_at)"
        " VALUES (gen_random_uuid(), :t, 'crm.lab.example', 'x', NULL)",
        t=lab.acme.id,
    )
    account = lab.person()
    client = lab.browser()
    at = {"base_url": "http://crm.lab.example/"}
    page = client.get("/login/", **at).text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]

    assert (
        client.post(
            "/login/", data={"username": account.email, "password": PASSWORD, "csrf_token": token}, **at
        ).status_code
        == 303
    )
    assert client.get("/probe/thing", **at).status_code == 404, "an unproved host name leads nowhere"
    lab.sql("UPDATE tenant_domain SET verified_at = now() WHERE domain = 'crm.lab.example'")
    assert client.get("/probe/thing", **at).json["tenant"] == "idacme"
    assert client.get("/probe/thing", base_url="http://CRM.lab.example:80/").json["tenant"] == "idacme"


def test_a_resource_outside_every_tenant_is_not_there(lab: Lab):
    assert lab.browser(lab.person()).get("/probe/thing").status_code == 404


def test_the_operator_stands_outside_the_tenants(lab: Lab):
    client = lab.browser(lab.person(None, operator=True))
    assert client.get("/probe/operator").status_code == 200
    assert client.get("/t/idacme/probe/thing").status_code == 404
    assert lab.browser(lab.person("owner")).get("/probe/operator").status_code == 403
    assert lab.browser(lab.person("owner")).get("/t/idacme/probe/operator").status_code == 403


def test_the_start_page_leads_into_the_only_tenant_or_offers_a_choice(lab: Lab):
    account = lab.person()
    client = lab.browser(account)
    assert client.get("/").location == "/t/idacme/"
    assert client.get("/t/idacme/").status_code == 200
    lab.join(account, lab.globex, "viewer")
    page = client.get("/")
    assert page.status_code == 200
    assert "/t/idacme/" in page.text
    assert "/t/idglobex/" in page.text
    assert lab.browser(lab.person(None)).get("/").status_code == 200


def test_the_last_owner_stays(lab: Lab):
    tenant = lab.tenant("idowners", "Owners")
    first = lab.person("owner", tenant=tenant)
    with lab.app.app_context(), pytest.raises(IdentityError):
        remove_member(first.id, tenant.id)
    second = lab.person("owner", tenant=tenant)
    with lab.app.app_context():
        remove_member(first.id, tenant.id)
        with pytest.raises(IdentityError):
            remove_member(second.id, tenant.id)


def test_removal_joins_the_session_that_already_holds_the_row(lab: Lab):
    account = lab.person()
    client = lab.browser(account)
    with lab.app.test_request_context(), scope(Scope(lab.acme.id, via="system")):
        db.session.scalars(select(Membership).where(Membership.account_id == account.id).with_for_update()).one()
        remove_member(account.id, lab.acme.id, session=db.session())
        db.session.commit()
    assert client.get("/probe/me").status_code == 303


def test_two_owners_who_remove_each_other_at_once_leave_one(lab: Lab):
    with lab.app.app_context():
        tenant = lab.tenant("idrace", "Race")
    people = [lab.person("owner", tenant=tenant) for _ in range(2)]
    refused = []

    def remove(account):
        with lab.app.app_context():
            try:
                remove_member(account.id, tenant.id)
            except IdentityError as error:
                refused.append(error)

    threads = [threading.Thread(target=remove, args=(account,)) for account in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1


def test_the_only_owner_of_a_tenant_cannot_be_switched_off(lab: Lab):
    tenant = lab.tenant("idsole", "Sole")
    first = lab.person("owner", tenant=tenant)
    with lab.app.app_context(), pytest.raises(IdentityError, match="Sole"):
        set_active(first.id, False)
    second = lab.person("owner", tenant=tenant)
    with lab.app.app_context():
        set_active(first.id, False)
        with pytest.raises(IdentityError):
            set_active(second.id, False)


def test_a_former_member_comes_back_without_the_old_roles(lab: Lab):
    account = lab.person("agent")
    with lab.app.app_context():
        remove_member(account.id, lab.acme.id)
    lab.join(account, lab.acme, "viewer")
    assert lab.browser(account).get("/t/idacme/probe/thing").json["roles"] == ["viewer"]


def test_a_closed_tenant_is_not_there(lab: Lab):
    tenant = lab.tenant("idclosed", "Closed")
    client = lab.browser(lab.person("owner", tenant=tenant))
    assert client.get("/t/idclosed/probe/thing").status_code == 200
    lab.sql("UPDATE tenant SET deleted_at = now() WHERE slug = 'idclosed'")
    assert client.get("/t/idclosed/probe/thing").status_code == 404
    lab.sql("UPDATE tenant SET deleted_at = NULL WHERE slug = 'idclosed'")


def test_the_scope_does_not_outlive_the_request(lab: Lab):
    from app.data import current_scope

    lab.browser(lab.person()).get("/t/idacme/probe/thing")
    assert current_scope().tenant_id is None
