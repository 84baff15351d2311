"""The board over a relation: lanes of a scope, totals that are right, cards that move, and what a lane asks for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.data import Money, utcnow
from app.testing.counting import count_statements
from tests.plugins_for_tests.garage.visits import Bay, Hall, Visit

JSON = {"Accept": "application/json"}
FRAGMENT = {"X-Fragment": "1"}
BOARD = "/garage/visit/board"


class Workshop:
    """A tenant with two halls; the first has four bays, one of them closed and one in the archive."""

    def __init__(self, house):
        self.house, self.tenant = house, house.new_tenant()
        with house.inside(self.tenant) as session:
            north, south = Hall(name="North", position=1), Hall(name="South", position=2)
            session.add_all([north, south])
            session.flush()
            self.halls = {"north": north.id, "south": south.id}
            bays = [
                Bay(name="Door", hall_id=north.id, position=2, share=10, colour="blue"),
                Bay(name="Lift", hall_id=north.id, position=3, share=50, needs=["fee", "reason"]),
                Bay(name="Gate", hall_id=north.id, position=1, colour="green"),
                Bay(name="Closed", hall_id=north.id, position=4, needs=["closed"]),
                Bay(name="Old", hall_id=north.id, position=5, archived_at=utcnow()),
                Bay(name="Pit", hall_id=south.id, position=1),
            ]
            session.add_all(bays)
            session.flush()
            self.bays = {bay.name: bay.id for bay in bays}
            session.commit()
        self.browser = house.browser("owner", self.tenant)

    def add(self, bay, title="A visit", **values):
        """A visit; its id."""
        with self.house.inside(self.tenant) as session:
            visit = Visit(title=title, bay_id=self.bays.get(bay), **values)
            session.add(visit)
            session.flush()
            made = str(visit.id)
            session.commit()
        return made

    def move(self, visit, to, version=1, browser=None):
        browser = browser or self.browser
        value = str(self.bays.get(to, to)) if to is not None else None
        headers = {"X-CSRFToken": browser.csrf(), **JSON}
        return browser.post(
            f"{browser.prefix}{BOARD}/{visit}", json={"value": value, "version": version}, headers=headers
        )

    def bay_of(self, visit):
        with self.house.inside(self.tenant) as session:
            found = session.get(Visit, visit).bay_id
        return next((name for name, key in self.bays.items() if key == found), None)


@pytest.fixture
def workshop(house):
    return Workshop(house)


def lanes_of(page):
    return re.findall(r'<section class="lane" data-lane="([^"]*)" aria-label="([^"]+)"', page.text)


def names_of(page):
    return [name for _key, name in lanes_of(page)]


def test_lanes_stand_in_their_order_with_their_colours(workshop):
    page = workshop.browser.go(BOARD)
    assert names_of(page) == ["Gate", "Door", "Lift", "Closed"]
    assert '<span class="badge badge-green">Gate</span>' in page.text
    assert '<span class="badge badge-blue">Door</span>' in page.text


def test_an_archived_lane_and_the_unset_one_are_shown_while_they_hold_cards(workshop):
    workshop.add("Old")
    workshop.add(None)
    assert names_of(workshop.browser.go(BOARD)) == ["Not set", "Gate", "Door", "Lift", "Closed", "Old"]


def test_the_scope_is_chosen_above_the_board_and_remembered(workshop):
    south = workshop.halls["south"]
    workshop.add("Pit", "Down there")
    page = workshop.browser.go(BOARD)
    assert f"{BOARD}?lanes={south}" in page.text
    assert "Down there" not in page.text
    assert names_of(workshop.browser.go(f"{BOARD}?lanes={south}")) == ["Pit"]
    again = workshop.browser.go(BOARD)
    assert names_of(again) == ["Pit"]
    assert "Down there" in again.text
    other = workshop.house.browser("owner", workshop.tenant, fresh=True)
    assert "Gate" in names_of(other.go(BOARD)), "it is this browser's memory"
    for wrong in ("x", "01890000-0000-7000-8000-000000000000", workshop.bays["Pit"]):
        assert names_of(other.go(f"{BOARD}?lanes={wrong}")) == ["Gate", "Door", "Lift", "Closed"]


def test_a_board_without_lanes_says_so(house):
    page = house.browser("owner", house.new_tenant()).go(BOARD)
    assert page.status_code == 200
    assert "There are no lanes yet" in page.text


def test_totals_are_of_everything_that_meets_the_filters(workshop):
    for n in range(35):
        workshop.add("Door", f"Visit {n}", fee=Money(1001, "EUR"), seats=2)
    workshop.add("Door", "Far", fee=Money(5, "JPY"))
    workshop.add("Lift", "Up", fee=Money(333, "EUR"))
    workshop.add("Pit", "Elsewhere", fee=Money(99_999, "EUR"))
    found = totals_of(workshop.browser.go(f"{BOARD}/totals", headers=FRAGMENT))
    door, lift, everything = (found[key] for key in (str(workshop.bays["Door"]), str(workshop.bays["Lift"]), "all"))
    assert door["count"] == "36"
    assert door["plain"] == ["€350.35", "¥5", "70"]
    assert door["weighted"] == ["€35.04", "¥0", "7"]  # 35.035 and 0.5: to the nearest, a half to the even
    assert lift["plain"] == ["€3.33"]
    assert lift["weighted"] == ["€1.66"]  # 1.665
    assert everything["plain"] == ["€353.68", "¥5", "70"]
    assert everything["weighted"] == ["€36.70", "¥0", "7"]
    few = totals_of(workshop.browser.go(f"{BOARD}/totals?title.is=Visit 7", headers=FRAGMENT))
    assert few[str(workshop.bays["Door"])]["plain"] == ["€10.01", "2"]
    page = workshop.browser.go(f"{BOARD}?totals=1")
    assert "€350.35" in page.text, "without scripts"
    assert 'data-totals=""' in page.text


def test_totals_larger_than_any_amount_are_exact(workshop):
    for _n in range(3):
        workshop.add("Gate", fee=Money(2**63 - 1, "EUR"))
    found = totals_of(workshop.browser.go(f"{BOARD}/totals", headers=FRAGMENT))
    exact = f"€{Decimal(3 * (2**63 - 1)).scaleb(-2):,f}"
    assert found[str(workshop.bays["Gate"])]["plain"] == [exact]


def totals_of(page):
    assert page.status_code == 200, page.text
    found = {}
    line = re.compile(r'<dd data-total-of="([^"]*)" data-count="([^"]*)">(.*?)</dd>', re.DOTALL)
    for key, count, html in line.findall(page.text):
        weighted = " ".join(re.findall(r'class="weighted">(.*?)</span>\s*</span>', html, re.DOTALL))
        plain = re.sub(r'class="weighted">.*?</span>\s*</span>', "", html, flags=re.DOTALL)
        found[key] = {"count": count, "plain": amounts(plain), "weighted": amounts(weighted)}
    return found


def amounts(html):
    return re.findall(r"<bdi>(.*?)</bdi>", html)


def test_who_may_not_see_an_amount_sees_no_sum_of_it(workshop, house):
    from app.features.access_rules import AccessRule

    workshop.add("Door", fee=Money(1001, "EUR"), seats=3)
    house.add(AccessRule(role="viewer", resource="garage.visit", hidden=["fee"]), tenant=workshop.tenant)
    viewer = house.browser("viewer", workshop.tenant)
    found = totals_of(viewer.go(f"{BOARD}/totals", headers=FRAGMENT))
    assert found["all"]["plain"] == ["3"]
    assert "10.01" not in viewer.go(BOARD).text


def test_sums_and_counts_are_of_the_rows_within_reach(workshop, house):
    from app.features.access_rules import AccessRule

    workshop.add("Door", "Not mine", fee=Money(1001, "EUR"))
    house.add(AccessRule(role="agent", resource="garage.visit", row_scope="own"), tenant=workshop.tenant)
    agent = house.browser("agent", workshop.tenant)
    found = totals_of(agent.go(f"{BOARD}/totals", headers=FRAGMENT))
    assert found["all"] == {"count": "0", "plain": [], "weighted": []}
    assert "Not mine" not in agent.go(BOARD).text


def test_further_cards_of_a_lane_are_loaded(workshop):
    for n in range(95):
        workshop.add("Door", f"Visit {n:03}")
    page = workshop.browser.go(BOARD)
    seen = re.findall(r"<bdi>(Visit \d+)</bdi>", page.text)
    assert seen == [f"Visit {n:03}" for n in range(94, 74, -1)]
    while (more := re.search(r'data-more><a class="button plain" href="([^"]+)"', page.text)) is not None:
        page = workshop.browser.get(more.group(1).replace("&amp;", "&"), headers=FRAGMENT)
        seen += re.findall(r"<bdi>(Visit \d+)</bdi>", page.text)
    assert seen == [f"Visit {n:03}" for n in range(94, -1, -1)]
    assert workshop.browser.go(f"{BOARD}/lane?lane=nothing").status_code == 404


def test_a_card_moves_to_another_lane_and_back(workshop):
    visit = workshop.add("Door")
    moved = workshop.move(visit, "Gate")
    assert moved.status_code == 200, moved.text
    assert moved.json["version"] == 2
    assert f'data-card="{visit}" data-version="2"' in moved.json["card"]
    assert workshop.bay_of(visit) == "Gate"
    assert workshop.move(visit, "Door", moved.json["version"]).json["version"] == 3
    assert workshop.move(visit, None, 3).status_code == 200
    assert workshop.bay_of(visit) is None


def test_moving_to_where_it_is_changes_nothing(workshop):
    visit = workshop.add("Door")
    assert workshop.move(visit, "Door").json["version"] == 1


def test_a_move_that_was_overtaken_says_where_the_card_is(workshop):
    visit = workshop.add("Door")
    workshop.move(visit, "Gate")
    late = workshop.move(visit, "Lift", version=1)
    assert late.status_code == 409
    assert late.json["lane"] == str(workshop.bays["Gate"])
    assert late.json["version"] == 2
    assert "Somebody else" in late.json["detail"]
    assert workshop.bay_of(visit) == "Gate"


@pytest.mark.parametrize("lane", ["nonsense", "01890000-0000-7000-8000-000000000000", "Pit", "", 7, ["x"], {}])
def test_there_is_no_such_lane(workshop, lane):
    visit = workshop.add("Door")
    browser = workshop.browser
    value = str(workshop.bays[lane]) if lane == "Pit" else lane
    body = {"value": value, "version": 1}
    path = f"{browser.prefix}{BOARD}/{visit}"
    answer = browser.post(path, json=body, headers={"X-CSRFToken": browser.csrf(), **JSON})
    if lane == "":
        assert answer.status_code == 200, "the lane of cards without a bay"
    else:
        assert answer.status_code == 422
        assert answer.json["detail"]
        assert workshop.bay_of(visit) == "Door"


def test_what_a_lane_asks_for_is_asked_in_a_form_that_completes_the_move(workshop):
    visit = workshop.add("Door", "The big one")
    asked = workshop.move(visit, "Lift")
    assert asked.status_code == 422
    form = asked.json["form"]
    names = re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', form)
    assert set(names) == {"csrf_token", "bay", "_version", "fee", "fee-currency", "reason"}
    assert "The big one: Lift" in form
    assert workshop.bay_of(visit) == "Door"
    path = f"{BOARD}/{visit}"
    half = {"bay": str(workshop.bays["Lift"]), "_version": "1", "fee": "12.50", "fee-currency": "EUR", "reason": ""}
    again = workshop.browser.send(path, half, headers=JSON)
    assert again.status_code == 422
    assert "Lift needs it." in again.json["form"]
    assert workshop.bay_of(visit) == "Door"
    whole = workshop.browser.send(path, {**half, "reason": "Brakes"}, headers=JSON)
    assert whole.status_code == 200, whole.text
    assert workshop.bay_of(visit) == "Lift"
    with workshop.house.inside(workshop.tenant) as session:
        stored = session.get(Visit, visit)
        assert (stored.fee, stored.reason) == (Money(1250, "EUR"), "Brakes")


def test_a_field_that_may_not_be_changed_is_not_asked_for(workshop, house):
    from app.features.access_rules import AccessRule

    house.add(AccessRule(role="agent", resource="garage.visit", readonly=["fee"]), tenant=workshop.tenant)
    visit = workshop.add("Door")
    refused = workshop.move(visit, "Lift", browser=house.browser("agent", workshop.tenant))
    assert refused.status_code == 422
    assert "form" not in refused.json
    assert "Fee: Lift needs it." in refused.json["detail"]


def test_a_move_that_is_not_allowed_is_refused_in_words(workshop):
    visit = workshop.add("Door")
    refused = workshop.move(visit, "Closed")
    assert refused.status_code == 422
    assert refused.json == {"detail": "Closed is closed."}


def test_who_may_only_look_cannot_move(workshop, house):
    visit = workshop.add("Door")
    viewer = house.browser("viewer", workshop.tenant)
    page = viewer.go(BOARD).text
    assert 'data-board=""' in page
    assert "data-move " not in page
    assert workshop.move(visit, "Gate", browser=viewer).status_code == 403


def test_a_board_of_many_lanes_and_cards_stays_bounded(workshop, statements):
    with workshop.house.inside(workshop.tenant) as session:
        bays = [Bay(name=f"Bay {n}", hall_id=workshop.halls["south"], position=n + 2) for n in range(60)]
        session.add_all(bays)
        session.flush()
        for bay in bays:
            session.add_all(
                Visit(title=f"{bay.name} visit {n}", bay_id=bay.id, fee=Money(100, "EUR"), seats=n) for n in range(12)
            )
        session.commit()
    path = f"{BOARD}?lanes={workshop.halls['south']}"
    workshop.browser.go(path)
    for extra in ("", "&totals=1", "&title.starts=Bay"):
        statements.clear()
        page = workshop.browser.go(path + extra)
        assert len(statements) <= 8, statements.report()
        assert len(lanes_of(page)) == 40
        assert len(page.data) < 250_000


def test_the_detail_page_shows_the_lane(workshop):
    visit = workshop.add("Gate")
    page = workshop.browser.go(f"/garage/visit/{visit}")
    assert '<span class="badge badge-green">Gate</span>' in page.text.split("</h1>")[0]


def test_the_calendar_shows_time_and_colour(workshop):
    workshop.add("Gate", "In the morning", due_at=datetime(2026, 3, 4, 7, 30, tzinfo=UTC))
    page = workshop.browser.go("/garage/visit/calendar?month=2026-03").text
    cell = page.split('datetime="2026-03-04"')[1].split("</td>")[0]
    assert 'class="badge-green"' in cell
    assert "7:30" in cell


def test_every_day_of_a_calendar_has_its_first_few_and_their_number(workshop):
    for day, many in ((3, 130), (27, 6), (28, 4)):
        for n in range(many):
            workshop.add("Gate", f"On {day} {n:03}", due_at=datetime(2027, 5, day, 6, 0, n % 60, tzinfo=UTC))
    workshop.browser.go("/")  # the tenant's configuration is known to the process
    with count_statements() as seen:
        page = workshop.browser.go("/garage/visit/calendar?month=2027-05").text
    assert len(seen) <= 8, seen.report()
    cells = {day: page.split(f'datetime="2027-05-{day:02}"')[1].split("</td>")[0] for day in (3, 27, 28, 29)}
    assert [cells[day].count("<li><a href=") for day in (3, 27, 28, 29)] == [4, 4, 4, 0]
    assert "96+ more" in cells[3], "counted up to a hundred"
    assert "2 more" in cells[27]
    assert "more" not in cells[28]


def test_a_board_stays_within_the_budget_when_what_one_may_do_is_read_anew(workshop, statements):
    workshop.add("Gate", "First of the day")
    workshop.browser.go("/")  # the tenant's brand is known to the process
    workshop.house.forget_permissions()
    statements.clear()
    page = workshop.browser.go(BOARD)
    assert "First of the day" in page.text
    assert len(statements) <= 8, statements.report()
