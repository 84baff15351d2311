"""Which territory a lead belongs to: the most specific rule, unless somebody chose; and what changes it later."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.host.custom_fields import CustomFieldDef
from app.sdk import Company, Contact, ContactAddress
from plugins.crm.models import Lead, TerritoryCondition, TerritoryRule
from tests.transfer_house import bring, problems


def test_the_deepest_territory_with_a_rule_for_it_wins(market):
    market.usual_rules()
    places = {
        "Bavaria": {"country": "DE", "postal_code": "80331"},
        "Germany": {"country": "DE", "postal_code": "10115"},
        "DACH": {"country": "CH"},
        "EMEA": {"country": "FR"},
        None: {"city": "Nowhere"},
    }
    assert {name: market.territory_of(market.lead_in(**place)) for name, place in places.items()} == {
        name: name for name in places
    }


def test_of_two_equally_deep_the_tenants_order_decides(market):
    market.rule("DACH", ("source", "is", "fair"))
    market.rule("Gulf", ("source", "is", "fair"))
    assert market.territory_of(market.lead(source="fair")) == "DACH"
    market.set("DACH", position=9)
    assert market.territory_of(market.lead(source="fair")) == "Gulf"


@pytest.mark.parametrize(
    ("condition", "meets", "fails"),
    [
        (("source", "is", "web"), {"source": "Web"}, {"source": "fair"}),
        (("value", "at_least", "1000 USD"), {"value": {"amount": "1000.00", "currency": "USD"}},
         {"value": {"amount": "999.00", "currency": "USD"}}),
        (("tags", "one_of", "vip, hot"), {"tags": ["Hot"]}, {"tags": ["cold"]}),
        (("priority", "is", "high"), {"priority": "high"}, {"priority": "low"}),
    ],
)  # fmt: skip
def test_conditions_on_the_lead(market, condition, meets, fails):
    market.rule("Gulf", condition)
    assert market.territory_of(market.lead(**meets)) == "Gulf"
    assert market.territory_of(market.lead(**fails)) is None


@pytest.mark.parametrize(
    ("condition", "meets", "fails"),
    [
        (("address.country", "SA"), {"country": "SA"}, {"country": "AE"}),
        (("address.country", "is", "Germany"), {"country": "DE"}, {"country": "SA"}),
        (("address.country", "one_of", "ألمانيا, USA"), {"country": "US"}, {"country": "SA"}),
        (("address.country", "is_not", "SA"), {"country": "DE"}, {"country": "SA"}),
        (("address.state", "is", "Hesse"), {"state": "hesse"}, {"state": "Saxony"}),
        (("address.city", "starts", "Rio"), {"city": "Rio de Janeiro"}, {"city": "São Paulo"}),
        (("address.postal_code", "starts", "80, 81"), {"postal_code": "81541"}, {"postal_code": "10115"}),
        (("address.postal_code", "between", "1000..1299"), {"postal_code": "1299 AB"}, {"postal_code": "1300"}),
        (("address.postal_code", "between", "10..14"), {"postal_code": "14199"}, {"postal_code": "15000"}),
        (("address.postal_code", "between", "999..1200"), {"postal_code": "1100"}, {"postal_code": "1201"}),
    ],
)
def test_conditions_on_the_contacts_address(market, condition, meets, fails):
    market.rule("Gulf", condition)
    assert market.territory_of(market.lead_in(**meets)) == "Gulf"
    assert market.territory_of(market.lead_in(**fails)) is None


def test_one_of_several_alternatives_is_enough(market):
    [rule] = market.add(TerritoryRule(name="Gulf", territory_id=market.ids["Gulf"]))
    for number, source in enumerate(("Fair", "Partner"), 1):
        two = {"rule_id": rule, "alternative": number}
        market.add(TerritoryCondition(field="source", operator="is", value=source, **two))
        market.add(TerritoryCondition(field="tags", operator="contains", value=f"t{number}", **two))
    assert market.territory_of(market.lead(source="Fair", tags=["t1"])) == "Gulf"
    assert market.territory_of(market.lead(source="Partner", tags=["t2"])) == "Gulf"
    assert market.territory_of(market.lead(source="Fair", tags=["t2"])) is None


def test_conditions_on_contact_company_and_own_fields(market):
    market.add(CustomFieldDef(resource="crm.lead", key="zone", label="Zone", kind="text"))
    market.add(CustomFieldDef(resource="contacts.company", key="tier", label="Tier", kind="text"))
    [company] = market.add(
        Company(name="Acme", country="SA", industry="Oil", size="51-200", custom_fields={"tier": "A"})
    )
    speaks = market.add(Contact(first_name="N", full_name="N", locale="pt-BR"))[0]
    market.rule("Gulf", ("company.industry", "is", "oil"), ("company.size", "is", "51-200"))
    market.rule("DACH", ("contact.locale", "is", "pt"))
    [rule] = market.add(TerritoryRule(name="Zone", territory_id=market.ids["Bavaria"]))
    market.add(TerritoryCondition(rule_id=rule, field="custom", custom_key="zone", operator="is", value="south"))
    [tier] = market.add(TerritoryRule(name="Tier", territory_id=market.ids["Germany"]))
    market.add(TerritoryCondition(rule_id=tier, field="company.custom", custom_key="tier", operator="is", value="b"))
    assert market.territory_of(market.lead(company=str(company))) == "Gulf"
    assert market.territory_of(market.lead(contact=str(speaks))) == "DACH"
    zoned = market.lead(company=str(company), **{"custom.zone": "South"})
    assert market.territory_of(zoned) == "Bavaria"
    with market.house.inside(market.tenant) as session:
        session.get(Company, company).custom_fields = {"tier": "B"}
        session.commit()
    market.pump()
    assert market.territory_of(zoned) == "Bavaria", "deeper"
    market.api.patch(f"/crm/lead/{zoned['id']}", {"custom.zone": None})
    assert market.territory_of(zoned) == "Germany"


def test_a_contact_without_a_country_counts_by_its_company(market):
    market.usual_rules()
    [company] = market.add(Company(name="Acme", country="CH", city="Bern"))
    lead = market.lead(contact=str(market.contact(city="Bern")), company=str(company))
    assert market.territory_of(lead) == "DACH"


def test_what_no_lead_could_meet_is_refused(market):
    rule = str(market.rule("Gulf"))
    for body, field in (
        ({"field": "address.country", "operator": "is", "value": "Atlantis"}, "value"),
        ({"field": "address.postal_code", "operator": "between", "value": "80000"}, "value"),
        ({"field": "title", "operator": "between", "value": "a..b"}, "operator"),
        ({"field": "custom", "operator": "is", "value": "x"}, "custom_key"),
        ({"field": "source", "operator": "is"}, "value"),
    ):
        answer = market.api.post("/crm/territory_condition", {"rule": rule, **body})
        assert answer.status_code == 422, body
        assert field in answer.json["errors"], answer.json


def test_what_somebody_chose_stays_until_it_is_given_back(market):
    market.usual_rules()
    lead = market.lead_in(country="DE", postal_code="10115")
    chosen = market.api.patch(f"/crm/lead/{lead['id']}", {"territory": str(market.ids["Gulf"])})
    assert chosen.json["territory_by_hand"] is True
    contact = market.stored(lead).contact_id
    other = market.contact(country="CH")
    market.api.patch(f"/crm/lead/{lead['id']}", {"contact": str(other), "source": "web"})
    assert market.territory_of(lead) == "Gulf"
    answer = market.api.post("/crm/lead/actions/find_territories", {"ids": [lead["id"]]})
    assert answer.status_code == 200, answer.text
    assert market.territory_of(lead) == "Gulf"
    assert contact
    assert "EMEA > DACH" in market.act("to_the_rules", lead).json["message"]
    assert market.territory_of(lead) == "DACH"
    assert market.stored(lead).territory_by_hand is False
    assert market.moves(lead) == [("Germany", "Gulf", True), ("Gulf", "DACH", False)]
    told = [payload for _name, payload in market.told("crm.lead_territory_changed")]
    assert [(one["from_territory"], one["to_territory"], one["by_hand"]) for one in told] == market.moves(lead)


def test_emptied_it_is_the_rules_again(market):
    market.usual_rules()
    lead = market.lead(territory=str(market.ids["Gulf"]), contact=str(market.contact(country="CH")))
    assert market.territory_of(lead) == "Gulf"
    assert market.stored(lead).territory_by_hand
    market.api.patch(f"/crm/lead/{lead['id']}", {"territory": None})
    assert market.territory_of(lead) == "DACH"
    assert not market.stored(lead).territory_by_hand


def test_a_save_that_changes_nothing_a_rule_looks_at_moves_nothing(market):
    lead = market.lead_in(country="CH")
    market.usual_rules()
    market.api.patch(f"/crm/lead/{lead['id']}", {"title": "Another", "priority": "high"})
    assert market.territory_of(lead) is None


def test_leads_follow_their_contacts_address(market):
    market.usual_rules()
    contact = market.contact(country="CH")
    lead = market.lead(contact=str(contact))
    closed = market.lead(contact=str(contact), title="Won already")
    market.act("win", closed)
    with market.house.inside(market.tenant) as session:
        address = session.scalars(select(ContactAddress).where(ContactAddress.contact_id == contact)).one().id
    answer = market.api.patch(f"/contacts/address/{address}", {"country": "DE", "postal_code": "80331"})
    assert answer.status_code == 200, answer.text
    market.pump()
    assert market.territory_of(lead) == "Bavaria"
    assert market.territory_of(closed) == "DACH", "what was won there was won there"
    page = market.browser.go(f"/contacts/contact/{contact}/edit")
    assert page.status_code == 200
    assert market.api.delete(f"/contacts/address/{address}").status_code in (200, 204)
    market.pump()
    assert market.territory_of(lead) is None


def test_leads_follow_a_company_and_a_merge_of_contacts_and_its_undo(market):
    market.usual_rules()
    [company] = market.add(Company(name="Acme", country="CH"))
    lead = market.lead(company=str(company))
    market.api.patch(f"/contacts/company/{company}", {"country": "DE"})
    market.pump()
    assert market.territory_of(lead) == "Germany"
    stays, goes = market.contact(country="DE", postal_code="80331"), market.contact(country="FR")
    theirs = market.lead(contact=str(goes))
    assert market.territory_of(theirs) == "EMEA"
    body = {"resource": "contacts.contact", "survivor": str(stays), "ids": [str(goes)]}
    merged = market.api.post("/merging/merges", body)
    assert merged.status_code == 201, merged.text
    market.pump()
    assert market.territory_of(theirs) == "Bavaria"
    undone = market.api.post(f"/merging/merges/{merged.json['id']}/undo", {})
    assert undone.status_code == 200, undone.text
    market.pump()
    assert market.territory_of(theirs) == "EMEA"


def test_merged_leads_keep_the_territory_of_the_one_that_stays_and_come_apart_again(market):
    market.usual_rules()
    stays = market.lead_in(country="CH")
    goes = market.lead(territory=str(market.ids["Gulf"]))
    body = {"resource": "crm.lead", "survivor": stays["id"], "ids": [goes["id"]]}
    merged = market.api.post("/merging/merges", body)
    assert merged.status_code == 201, merged.text
    assert market.territory_of(stays) == "DACH"
    assert market.api.post(f"/merging/merges/{merged.json['id']}/undo", {}).status_code == 200
    assert (market.territory_of(stays), market.territory_of(goes)) == ("DACH", "Gulf")
    assert market.stored(goes).territory_by_hand


def test_converting_to_another_company_asks_the_rules(market):
    market.rule("Gulf", ("company.country", "SA"))
    [company] = market.add(Company(name="Acme", country="SA"))
    lead = market.lead()
    assert market.act("convert", lead, company=str(company)).status_code == 200
    assert market.territory_of(lead) == "Gulf"


def test_a_file_says_territories_by_name_and_by_the_way_to_them(app, market):
    market.usual_rules()
    second = market.api.post("/crm/territory", {"name": "Bavaria", "part_of": str(market.ids["Gulf"])})
    assert second.status_code == 201, second.text
    rows = (
        "One,Gulf", "Two,EMEA > DACH > Germany > Bavaria", "Three,gulf>bavaria", "Four,Bavaria", "Five,EMEA > Bavaria",
        "Six,",
    )  # fmt: skip
    record = bring(app, market.tenant, "crm.lead", "\n".join(("Title,Territory", *rows)).encode())
    assert (record.created, record.failed) == (4, 2)
    with market.house.inside(market.tenant) as session:
        rows = session.execute(select(Lead.title, Lead.territory_id, Lead.territory_by_hand).order_by(Lead.id))
        found = {title: (key, by_hand) for title, key, by_hand in rows}
    assert found["One"] == (market.ids["Gulf"], True)
    assert found["Two"] == (market.ids["Bavaria"], True)
    assert str(found["Three"][0]) == second.json["id"]
    assert found["Six"] == (None, False)
    words = [reason for found in problems(app, market.tenant, record).values() for _column, reason in found]
    assert "Several" in words[0]
    assert "There is no" in words[1]


def test_a_lead_of_a_file_finds_its_territory(app, market):
    market.rule("Gulf", ("source", "is", "fair"))
    bring(app, market.tenant, "crm.lead", b"Title,Source\nOne,Fair\nTwo,Web\n")
    assert market.in_each() == {"Gulf": 1, None: 1}


def test_trying_a_rule_says_what_would_happen(market):
    market.usual_rules()
    wide = market.rule("EMEA", ("address.country", "AT"), ("source", "is", "web"))
    lead = market.lead_in(country="DE", postal_code="80331")

    def tried(rule):
        return market.api.post(f"/crm/territory_rule/{rule}/actions/try", {"lead": lead["id"]}).json["message"]

    assert "Austria" in tried(wide)
    assert "Source is web" in tried(wide)
    with market.house.inside(market.tenant) as session:
        rules = {row.territory_id: row.id for row in session.scalars(select(TerritoryRule)) if row.id != wide}
    assert "EMEA > DACH > Germany > Bavaria" in tried(rules[market.ids["Bavaria"]])
    assert "more specific" in tried(rules[market.ids["DACH"]])


def test_an_archived_territory_takes_no_leads_and_keeps_what_it_has(market):
    market.usual_rules()
    kept = market.lead_in(country="DE", postal_code="80331")
    refused = market.api.post(f"/crm/territory/{market.ids['DACH']}/actions/archive")
    assert refused.status_code == 409
    assert "Germany" in refused.text
    said = market.api.post(f"/crm/territory/{market.ids['Bavaria']}/actions/archive")
    assert "1 leads stay" in said.json["message"]
    assert market.territory_of(kept) == "Bavaria"
    assert market.territory_of(market.lead_in(country="DE", postal_code="80331")) == "Germany"
    answer = market.api.post("/crm/lead", {"title": "x", "territory": str(market.ids["Bavaria"])})
    assert answer.status_code == 422
    assert "territory" in answer.json["errors"]


def test_deleting_says_what_stands_in_the_way_or_moves_it(market):
    market.usual_rules()
    found, put = market.lead_in(country="DE"), market.lead(territory=str(market.ids["Germany"]))
    path = f"/crm/territory/{market.ids['Germany']}"
    assert market.api.delete(path).status_code in (409, 422)
    page = market.browser.go(f"{path}/delete")
    assert "Leads" in page.text
    removed = market.api.post(f"{path}/actions/remove", {})
    assert removed.status_code == 200, removed.text
    assert (market.territory_of(found), market.territory_of(put)) == ("DACH", "DACH")
    assert market.api.get(path).status_code == 404
    bavaria = market.api.get(f"/crm/territory/{market.ids['Bavaria']}").json
    assert bavaria["part_of"] == str(market.ids["DACH"])


def test_no_territory_comes_to_be_below_itself(market):
    answer = market.api.patch(f"/crm/territory/{market.ids['EMEA']}", {"part_of": str(market.ids["Bavaria"])})
    assert answer.status_code == 422
