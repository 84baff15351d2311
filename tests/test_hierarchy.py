"""Who reports to whom: who may say so, whom it gives reach to, what moves and leavers do to it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.contacts.models import Contact
from app.features.access_rules import SCOPES, AccessRule
from app.identity.services import remove_member
from app.tenancy.models import Membership
from app.testing.counting import count_statements

CONTACTS = "contacts.contact"
PEOPLE = ("head", "manager", "seller", "rival")


class Firm:
    """A tenant in which `seller` reports to `manager`, who reports to `head`; `rival` reports to nobody. All are
    agents, and everybody has a contact of their own, called like them."""

    def __init__(self, house):
        self.house, self.tenant = house, house.new_tenant()
        accounts = {name: house.new_person("agent", self.tenant) for name in PEOPLE}
        for name, account in accounts.items():
            house.people[self.tenant.slug, name] = account
        with house.inside(self.tenant) as session:
            ids = dict(session.execute(select(Membership.account_id, Membership.id)).all())
        self.ids = {name: ids[account.id] for name, account in accounts.items()}
        house.add(
            *(Contact(first_name=name, full_name=name, assigned_to_id=key) for name, key in self.ids.items()),
            Contact(first_name="nobody", full_name="nobody"), tenant=self.tenant,
        )  # fmt: skip
        self.admin = house.api("admin", self.tenant)
        self.put("seller", "manager")
        self.put("manager", "head")

    def put(self, who, above, status=200):
        """Let somebody report to another one, as an admin over REST."""
        values = {"reports_to": str(self.ids[above]) if above else None}
        answer = self.admin.patch(f"/console/member/{self.ids[who]}", values)
        assert answer.status_code == status, answer.text
        return answer

    def limit(self, scope):
        self.house.add(AccessRule(role="agent", resource=CONTACTS, row_scope=scope), tenant=self.tenant)

    def seen(self, who, path="/contacts/contact"):
        return {row["first_name"] for row in self.house.api(who, self.tenant).get(path).json["data"]}

    def above(self):
        with self.house.inside(self.tenant) as session:
            rows = dict(session.execute(select(Membership.id, Membership.reports_to_id)).all())
        names = {key: name for name, key in self.ids.items()}
        return {name: names.get(rows[key]) for name, key in self.ids.items()}


@pytest.fixture
def firm(house):
    return Firm(house)


@pytest.mark.parametrize("scope", [one for one in SCOPES if one != "all"])
def test_whoever_others_report_to_reaches_what_is_theirs(firm, scope):
    firm.limit(scope)
    extra = {"nobody"} if scope != "own" else set()
    assert firm.seen("head") == {"head", "manager", "seller"} | extra
    assert firm.seen("manager") == {"manager", "seller"} | extra
    assert firm.seen("seller") == {"seller"} | extra
    assert firm.seen("rival") == {"rival"} | extra


def test_a_move_is_seen_by_the_next_request(firm):
    firm.limit("own")
    assert firm.seen("head") == {"head", "manager", "seller"}
    firm.put("manager", "rival")
    assert firm.seen("head") == {"head"}
    assert firm.seen("rival") == {"rival", "manager", "seller"}
    firm.put("manager", None)
    assert firm.seen("rival") == {"rival"}


def test_it_costs_no_statement(firm):
    firm.limit("own")
    browser = firm.house.browser("head", firm.tenant)
    browser.go("/contacts/contact/")
    with count_statements() as alone:
        page = browser.go("/contacts/contact/")
    assert "seller" in page.text
    firm.put("manager", None)
    browser.go("/contacts/contact/")
    with count_statements() as without:
        browser.go("/contacts/contact/")
    assert len(alone) == len(without)
    assert len(alone) <= 8


def test_nobody_comes_to_stand_below_themselves(firm):
    answer = firm.put("head", "seller", status=422)
    assert "cannot be below itself" in answer.json["errors"]["reports_to"]
    assert "cannot be below itself" in firm.put("head", "head", status=422).text
    assert firm.above() == {"head": None, "manager": "head", "seller": "manager", "rival": None}


def test_a_ring_in_the_data_hangs_nothing(firm):
    firm.limit("own")
    with firm.house.inside(firm.tenant) as session:  # past the flush, which would refuse it
        session.connection().exec_driver_sql(
            "update membership set reports_to_id = %s where id = %s", (firm.ids["seller"], firm.ids["head"])
        )
        session.commit()
    firm.put("rival", "seller")  # raises the configuration version
    assert firm.seen("head") == firm.seen("seller") == set(PEOPLE)
    below = f"/contacts/contact?assigned_to.at_or_below={firm.ids['manager']}"
    firm.house.browser("owner", firm.tenant).go("/console/member/tree")
    names = {row["first_name"] for row in firm.house.api("owner", firm.tenant).get(below).json["data"]}
    assert names == set(PEOPLE)


def test_who_reported_to_a_leaver_reports_to_their_superior(firm, app):
    firm.limit("own")
    assert firm.seen("head") == {"head", "manager", "seller"}
    answer = firm.admin.post("/console/member/actions/remove", {"ids": [str(firm.ids["manager"])]})
    assert answer.status_code == 200, answer.text
    assert firm.above() == {"head": None, "manager": "head", "seller": "head", "rival": None}
    assert firm.seen("head") == {"head", "manager", "seller"}, "what the leaver left is still in somebody's reach"
    refused = firm.put("rival", "manager", status=422)
    assert refused.json["errors"] == {"reports_to": "This person has left."}
    with app.app_context():
        remove_member(firm.house.people[firm.tenant.slug, "head"].id, firm.tenant.id)
    assert firm.above() == {"head": None, "manager": None, "seller": None, "rival": None}


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("admin", 200), ("manager", 403), ("agent", 403)])
def test_owners_and_admins_say_who_reports_to_whom(firm, role, status):
    change = {"reports_to": str(firm.ids["head"])}
    answer = firm.house.api(role, firm.tenant).patch(f"/console/member/{firm.ids['rival']}", change)
    assert answer.status_code == status, answer.text
    read = firm.house.api(role, firm.tenant).get(f"/console/member/{firm.ids['seller']}")
    assert read.json["reports_to"] == str(firm.ids["manager"])


def test_several_at_once_on_the_list(firm):
    browser = firm.house.browser("admin", firm.tenant)
    form = {"_run": "1", "change": "reports_to", "reports_to": str(firm.ids["head"])}
    form["id"] = [str(firm.ids[name]) for name in ("seller", "rival")]
    assert browser.send("/console/member/bulk-edit", form).status_code == 303
    assert firm.above() == {"head": None, "manager": "head", "seller": "head", "rival": "head"}


def test_the_chart_of_the_organisation(firm):
    """Names, roles, how many are directly below, down to who has left; roles for those who may know them."""
    firm.admin.post(
        "/console/member/actions/give_role", {"ids": [str(firm.ids["head"])], "role": "manager", "until": None}
    )
    firm.admin.post("/console/member/actions/remove", {"ids": [str(firm.ids["seller"])]})
    browser = firm.house.browser("admin", firm.tenant)
    with count_statements() as statements:
        page = browser.go("/console/member/tree").text
    assert len(statements) <= 8
    line = node(page, firm.ids["head"])
    assert "Manager, Agent" in line
    assert 'aria-label="Below “Agent A tenant”: 1"' in line
    below = browser.go(f"/console/member/tree/{firm.ids['manager']}").text
    assert "Has left" in node(below, firm.ids["seller"])
    line = node(firm.house.browser("rival", firm.tenant).go("/console/member/tree").text, firm.ids["head"])
    assert "Manager" not in line
    assert "Below “Agent A tenant”: 1" in line


def node(page, member):
    """The line of a member on a tree."""
    return page.split(f'data-node="{member}"')[1].split("</li>")[0]
