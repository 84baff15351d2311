"""Add, edit, conflict, delete: nothing typed is ever lost, every refusal is at its field."""

from __future__ import annotations

import json
import re

import pytest

from app.contacts.models import Contact
from tests.pages import form_of
from tests.plugins_for_tests.garage.models import Door, Repair, Vehicle

PEOPLE = "/contacts/contact"
CARS = "/garage/vehicle"


@pytest.fixture
def browser(house):
    return house.browser()


def add_person(house, name: str, **more) -> str:
    return str(house.add(Contact(first_name=name, full_name=name, **more))[0])


def test_a_new_record_is_added_and_shown(browser):
    answer = browser.send(PEOPLE + "/add", {"first_name": "Rana", "last_name": "Newcomer", "tags": "vip, الرياض"})
    assert answer.status_code == 303
    page = browser.get(answer.location)
    assert "Rana Newcomer" in page.text
    assert "is added" in page.text
    assert "الرياض" in page.text


def test_what_was_typed_comes_back_with_the_reason_at_its_field(browser):
    typed = {"first_name": 'A "quoted" <b>name</b>', "birthday": "31.12.1999", "channels-0-kind": "email"}
    page = browser.send(PEOPLE + "/add", {**typed, "channels-0-value": "no address", "channels-0-label": "work"})
    assert page.status_code == 422
    again = form_of(page)
    assert again["first_name"] == typed["first_name"]
    assert again["birthday"] == "31.12.1999"
    assert again["channels-0-label"] == "work"
    birthday = re.search(r"<input id=\"f-birthday\"[^>]*>", page.text).group(0)
    assert 'aria-invalid="true"' in birthday
    assert 'aria-describedby="f-birthday-error' in birthday
    assert 'href="#f-birthday"' in page.text


def test_open_and_save_changes_nothing(browser, house, samples):
    with house.inside() as session:
        car_id = samples.record(session, Vehicle).id
        session.commit()
        before = dict(session.execute(Vehicle.__table__.select().where(Vehicle.id == car_id)).mappings().one())
    page = browser.go(f"{CARS}/{car_id}/edit")
    assert browser.send(f"{CARS}/{car_id}/edit", form_of(page)).status_code == 303
    with house.inside() as session:
        after = dict(session.execute(Vehicle.__table__.select().where(Vehicle.id == car_id)).mappings().one())
    assert after == before


def test_a_row_is_added_without_scripts(browser):
    page = browser.send(PEOPLE + "/add", {"first_name": "Zoe", "add_row": "channels"})
    assert page.status_code == 200
    assert "channels-0-value" in form_of(page)
    page = browser.send(
        PEOPLE + "/add", {**form_of(page), "channels-0-value": "zoe@rows.example", "add_row": "channels"}
    )
    assert form_of(page)["channels-0-value"] == "zoe@rows.example"
    assert "channels-1-value" in form_of(page)
    assert 'role="alert"' not in page.text


def test_a_doubt_is_asked_once_and_can_be_confirmed(browser):
    page = browser.send(CARS + "/add", {"plate": "strange"})
    assert page.status_code == 409
    assert "A strange plate." in page.text
    assert form_of(page)["plate"] == "strange"
    assert browser.send(CARS + "/add", {"plate": "strange", "_confirmed": "1"}).status_code == 303


def test_a_rule_of_the_resource_speaks_at_its_field(browser):
    page = browser.send(CARS + "/add", {"plate": "refused"})
    assert page.status_code == 422
    assert re.search(r'id="f-plate-error">.*This plate is refused\.', page.text)


def test_a_unique_value_is_refused_in_words(browser):
    assert browser.send(CARS + "/add", {"plate": "TWICE 1"}).status_code == 303
    page = browser.send(CARS + "/add", {"plate": "TWICE 1", "history": "kept"})
    assert page.status_code == 422
    assert "Another record already has this" in page.text
    assert form_of(page)["history"] == "kept"
    assert "INSERT" not in page.text


def test_values_are_handed_over_by_the_address(browser, house):
    person = add_person(house, "Handed Over")
    page = browser.go(
        f"/contacts/note/add?target_type=contacts.contact&target_id={person}&next=/t/acme{PEOPLE}/{person}"
    )
    sent = form_of(page)
    assert sent["target_id"] == person
    answer = browser.send("/contacts/note/add", {**sent, "content": "Called"})
    assert answer.location == f"/t/acme{PEOPLE}/{person}"
    notes = browser.go(f"{PEOPLE}/{person}/timeline", headers={"X-Fragment": "1"})
    assert "Called" in notes.text
    assert "<html" not in notes.text


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_away(browser, evil):
    answer = browser.send(f"{PEOPLE}/add", {"first_name": f"Led {hash(evil)}", "next": evil})
    assert answer.location.startswith("/t/acme/")


@pytest.mark.parametrize("path", ["", "/edit", "/delete"])
@pytest.mark.parametrize("children", [1, 12])
def test_a_record_costs_a_fixed_number_of_statements(browser, house, samples, statements, path, children):
    with house.inside() as session:
        car = samples.record(session, Vehicle)
        for _n in range(children):
            samples.record(session, Door, vehicle_id=car.id)
        car_id = car.id
        session.commit()
    browser.go(f"{CARS}/{car_id}{path}")
    statements.clear()
    assert browser.go(f"{CARS}/{car_id}{path}").status_code == 200
    assert len(statements) <= 8, statements.report()


# --- conflicts --------------------------------------------------------------------------------------------------------


def test_two_people_merge_field_by_field(browser, house):
    person = add_person(house, "Con Flict", position="Buyer")
    mine = form_of(browser.go(f"{PEOPLE}/{person}/edit"))
    other = house.browser("admin")
    theirs = form_of(other.go(f"{PEOPLE}/{person}/edit")) | {"position": "Director", "source": "Web"}
    assert other.send(f"{PEOPLE}/{person}/edit", theirs).status_code == 303
    page = browser.send(f"{PEOPLE}/{person}/edit", mine | {"position": "Head", "timezone": "Asia/Riyadh"})
    assert page.status_code == 409
    assert "Somebody else saved first" in page.text
    for words in ("Admin Acme", "Buyer", "Director", "Head", "Time zone", "Source"):
        assert words in page.text
    sent = form_of(page)
    assert "source" not in sent
    assert browser.send(f"{PEOPLE}/{person}/edit", sent | {"_choose.position": "theirs"}).status_code == 303
    with house.inside() as session:
        row = session.get(Contact, person)
        assert (row.position, row.source, row.timezone) == ("Director", "Web", "Asia/Riyadh")


def test_my_side_of_a_conflict_can_win(browser, house):
    person = add_person(house, "Mine Wins", position="Buyer")
    mine = form_of(browser.go(f"{PEOPLE}/{person}/edit"))
    theirs = mine | {"position": "Theirs"}
    house.browser("admin").send(f"{PEOPLE}/{person}/edit", theirs)
    page = browser.send(f"{PEOPLE}/{person}/edit", mine | {"position": "Mine"})
    assert browser.send(f"{PEOPLE}/{person}/edit", form_of(page) | {"_choose.position": "yours"}).status_code == 303
    with house.inside() as session:
        assert session.get(Contact, person).position == "Mine"


def test_a_conflict_about_nothing_is_none(browser, house):
    person = add_person(house, "No Change")
    mine = form_of(browser.go(f"{PEOPLE}/{person}/edit"))
    house.browser("admin").send(f"{PEOPLE}/{person}/edit", mine | {"position": "Theirs"})
    answer = browser.send(f"{PEOPLE}/{person}/edit", mine)
    assert answer.status_code == 303
    with house.inside() as session:
        assert session.get(Contact, person).position == "Theirs"


def test_a_broken_memory_of_the_form_does_no_harm(browser, house):
    person = add_person(house, "Broken Memory")
    mine = form_of(browser.go(f"{PEOPLE}/{person}/edit"))
    house.browser("admin").send(f"{PEOPLE}/{person}/edit", mine | {"position": "Theirs"})
    for memory in ("", "[]", "{", json.dumps({"position": {"a": 1}}), "[" * 5000):
        page = browser.send(f"{PEOPLE}/{person}/edit", mine | {"position": "Mine", "_was": memory})
        assert page.status_code == 409


def test_nothing_typed_is_lost_when_the_record_went_to_the_trash(browser, house):
    person = add_person(house, "Gone Meanwhile")
    mine = form_of(browser.go(f"{PEOPLE}/{person}/edit"))
    house.browser("admin").send(f"{PEOPLE}/{person}/delete")
    page = browser.send(f"{PEOPLE}/{person}/edit", mine | {"position": "Typed for an hour"})
    assert page.status_code == 409
    assert form_of(page)["position"] == "Typed for an hour"


# --- deleting ---------------------------------------------------------------------------------------------------------


def test_deleting_says_first_what_it_affects(browser, house, samples):
    with house.inside() as session:
        car_id = samples.record(session, Vehicle).id
        samples.record(session, Repair, vehicle_id=car_id)
        session.commit()
    page = browser.go(f"{CARS}/{car_id}/delete")
    assert "Repairs: 1" in page.text
    assert browser.send(f"{CARS}/{car_id}/delete").status_code == 303
    assert browser.go(f"{CARS}/{car_id}").status_code == 200
    assert "This is in the trash." in browser.go(f"{CARS}/{car_id}").text
    assert house.browser("viewer").go(f"{CARS}/{car_id}").status_code == 404
    purge = browser.go(f"{CARS}/trash/{car_id}/purge")
    assert "cannot be deleted while other records need it" in purge.text
    answer = browser.send(f"{CARS}/trash/{car_id}/purge")
    assert "cannot be deleted" in browser.get(answer.location).text
    assert browser.send(f"{CARS}/trash/{car_id}/restore").status_code == 303
    assert "is restored" in browser.go(f"{CARS}/{car_id}").text


def test_deleting_for_good(browser, house):
    person = add_person(house, "For Good")
    browser.send(f"{PEOPLE}/{person}/delete")
    assert "For Good" in browser.go(f"{PEOPLE}/trash").text
    assert browser.send(f"{PEOPLE}/trash/{person}/purge").status_code == 303
    assert browser.go(f"{PEOPLE}/{person}").status_code == 404


# --- actions ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def repairs(house, samples):
    with house.inside() as session:
        car = samples.record(session, Vehicle)
        rows = [samples.record(session, Repair, vehicle_id=car.id, status="booked", remark=None) for _n in range(3)]
        ids = [str(row.id) for row in rows]
        session.commit()
        return ids


def test_an_action_asks_for_its_parameters_and_keeps_what_was_typed(browser, house, repairs):
    page = browser.send("/garage/repair/actions/finish", {"id": repairs})
    assert page.status_code == 200
    assert page.text.count('name="id"') == 3
    page = browser.send("/garage/repair/actions/finish", {"id": repairs, "_run": "1", "remark": "", "hours": "many"})
    assert page.status_code == 422
    assert form_of(page)["hours"] == "many"
    answer = browser.send("/garage/repair/actions/finish", {"id": repairs, "_run": "1", "remark": "ok", "hours": "2"})
    assert "3 finished." in browser.get(answer.location).text
    with house.inside() as session:
        assert {session.get(Repair, one).hours for one in repairs} == {2}


def test_an_action_that_refuses_says_why_and_changes_nothing(browser, house, repairs):
    with house.inside() as session:
        session.get(Repair, repairs[2]).status = "done"
        session.commit()
    answer = browser.send("/garage/repair/actions/finish", {"id": repairs, "_run": "1", "remark": "ok"})
    assert "done already" in browser.get(answer.location).text
    with house.inside() as session:
        assert [session.get(Repair, one).status for one in repairs] == ["booked", "booked", "done"]


def test_all_that_match_are_deleted_in_one_go(browser, house, statements):
    names = [f"Bulk{n} Throwaway" for n in range(40)]
    house.add(*(Contact(first_name=name, full_name=name) for name in names))
    asked = browser.send(f"{PEOPLE}/bulk-delete", {"all": "1", "query": "q=throwaway"})
    assert "40" in re.search(r"<h1>.*?</h1>", asked.text, re.DOTALL).group(0)
    statements.clear()
    answer = browser.send(f"{PEOPLE}/bulk-delete", form_of(asked))
    assert answer.status_code == 303
    assert len([one for one in statements if one.lstrip().startswith("SELECT contact.")]) == 1, statements.report()
    assert "Nothing matches" in browser.go(f"{PEOPLE}/?q=throwaway").text


def test_an_agent_may_not_delete_in_bulk(house):
    person = add_person(house, "Kept Safe")
    agent = house.browser("agent")
    assert agent.send(f"{PEOPLE}/bulk-delete", {"id": person, "_run": "1"}).status_code == 403
    assert "bulk-delete" not in agent.go(f"{PEOPLE}/").text
