"""The tree: what is on top, what is below what, what is sought in it; and that nothing ever is below itself."""

from __future__ import annotations

import re

import pytest

from app.data import utcnow
from app.features.access_rules import AccessRule
from app.host import FieldError
from app.screens.views.tree.levels import SIZE
from app.screens.writing import NotAllowed
from app.testing.counting import count_statements
from app.testing.pages import page_of
from tests.merging_house import merge_now, undo_now
from tests.plugins_for_tests.garage.parts import Part
from tests.test_console import member_of
from tests.test_merging_parallel import together
from tests.transfer_house import bring, take_back

FRAGMENT = {"X-Fragment": "1"}
TREE = "/garage/part/tree"
REFUSED = "cannot be below itself"


class Yard:
    """A tenant with a car: Car > (Engine > (Piston, Valve), Body > Door > Handle)."""

    CAR = "Car: Engine:Car Body:Car Piston:Engine Valve:Engine Door:Body Handle:Door"

    def __init__(self, house):
        self.house, self.tenant, self.ids = house, house.new_tenant(), {}
        for pair in self.CAR.split():
            self.add(*pair.split(":"))
        self.browser = house.browser("owner", self.tenant)

    def add(self, name, above="", **values):
        part = Part(name=name, part_of_id=self.ids.get(above), **values)
        self.house.add(part, tenant=self.tenant)
        self.ids[name] = part.id

    def change(self, name, **values):
        with self.house.inside(self.tenant) as session:
            part = session.get_one(Part, self.ids[name])
            for key, value in values.items():
                setattr(part, key, value)
            session.commit()

    def above(self, name):
        with self.house.inside(self.tenant) as session:
            found = session.get_one(Part, self.ids[name]).part_of_id
        return next((one for one, key in self.ids.items() if key == found), None)

    def go(self, path="", browser=None, **extra):
        page = (browser or self.browser).go(f"{TREE}{path}", **extra)
        assert page.status_code == 200, page.text
        return page.text


@pytest.fixture
def yard(house):
    return Yard(house)


def shown(html):
    """The records as (depth, name, how many are below)."""
    found, depth = [], 0
    parts = re.compile(
        r'<ul class="nodes">(?P<down>)|</ul>(?P<up>)|<span class="node-count"[^>]*>(?P<count>.*?)</span>'
        r'|class="node-title"[^>]*><bdi>(?P<name>.*?)</bdi>'
    )
    count = ""
    for one in parts.finditer(html.partition("data-tree>")[2]):
        if one["down"] is not None:
            depth += 1
        elif one["up"] is not None:
            depth -= 1
            if depth == 0:
                break
        elif one["count"] is not None:
            count = one["count"]
        else:
            found.append((depth - 1, one["name"], count))
            count = ""
    return found


def test_what_is_below_none_is_on_top_with_the_number_of_what_is_below_it(yard):
    yard.add("Bicycle")
    page = yard.go()
    assert shown(page) == [(0, "Bicycle", ""), (0, "Car", "2")]
    assert f'href="{yard.browser.prefix}{TREE}"' in yard.browser.go("/garage/part/").text, "beside the list"


def test_a_branch_is_a_page_with_the_way_up_and_a_fragment(yard):
    page = yard.go(f"/{yard.ids['Door']}")
    assert shown(page) == [(0, "Handle", "")]
    trail = page.split('class="trail"')[1].split("</nav>")[0]
    assert re.findall(r"<bdi>(.*?)</bdi>", trail) == ["Parts", "Car", "Body"]
    assert f"/garage/part/add?part_of={yard.ids['Door']}" in page
    part = yard.go(f"/{yard.ids['Engine']}", headers=FRAGMENT)
    assert shown(part) == [(0, "Piston", ""), (0, "Valve", "")]
    assert "<html" not in part
    assert "Nothing is below it." in yard.go(f"/{yard.ids['Handle']}")


def test_levels_stand_in_the_order_that_is_asked_for(yard):
    assert [name for _depth, name, _n in shown(yard.go(f"/{yard.ids['Engine']}?sort=-name"))] == ["Valve", "Piston"]


def test_what_is_sought_is_shown_below_what_is_above_it(yard):
    page = yard.go("?q=handle")
    assert shown(page) == [(0, "Car", "2"), (1, "Body", "1"), (2, "Door", "1"), (3, "Handle", "")]
    assert page.count('class="node beside"') == 3
    assert "All 2 below" in page, "of the car's two only one is shown"
    assert shown(yard.go("?name.is=Piston&sort=-name")) == [(0, "Car", "2"), (1, "Engine", "2"), (2, "Piston", "")]
    assert "Nothing matches" in yard.go("?q=nothing")


def test_a_match_below_a_match_is_below_it(yard):
    assert shown(yard.go("?name.one_of=Engine,Valve,Car")) == [(0, "Car", "2"), (1, "Engine", "2"), (2, "Valve", "")]


def test_a_saved_view_holds_on_the_tree_too(yard):
    yard.browser.send("/garage/part/views/new", {"name": "Handles", "query": "name.is=Handle", "on": "tree"})
    tabs = re.findall(rf'href="([^"]*{TREE}\?name\.is=Handle[^"]*)"', yard.go())
    page = yard.browser.get(tabs[0].replace("&amp;", "&")).text
    assert [name for _depth, name, _n in shown(page)] == ["Car", "Body", "Door", "Handle"]


def test_what_is_below_something_unseen_is_on_top(yard):
    yard.change("Body", deleted_at=utcnow())
    yard.change("Engine", archived_at=utcnow())
    assert [name for _depth, name, _n in shown(yard.go())] == ["Car", "Door", "Piston", "Valve"]
    assert [name for _depth, name, _n in shown(yard.go("?q=handle"))] == ["Door", "Handle"]
    assert shown(yard.go("?archived=1")) == [(0, "Car", ""), (1, "Engine", "2")]
    trail = yard.go(f"/{yard.ids['Door']}").split('class="trail"')[1].split("</nav>")[0]
    assert re.findall(r"<bdi>(.*?)</bdi>", trail) == ["Parts"]


def test_a_record_whose_parent_is_out_of_reach_is_on_top(yard, house):
    agent = house.browser("agent", yard.tenant)
    me = member_of(house, yard.tenant, "agent")
    for name in ("Engine", "Valve", "Handle"):
        yard.change(name, keeper_id=me)
    house.add(AccessRule(role="agent", resource="garage.part", row_scope="own"), tenant=yard.tenant)
    assert shown(yard.go(browser=agent)) == [(0, "Engine", "1"), (0, "Handle", "")]
    assert shown(yard.go("?q=valve", browser=agent)) == [(0, "Engine", "1"), (1, "Valve", "")]
    assert shown(yard.go("?q=handle", browser=agent)) == [(0, "Handle", "")]
    assert agent.go(f"{TREE}/{yard.ids['Car']}").status_code == 404
    trail = yard.go(f"/{yard.ids['Engine']}", browser=agent).split('class="trail"')[1].split("</nav>")[0]
    assert "Car" not in trail


def test_who_does_not_see_the_relation_sees_no_tree(yard, house):
    house.add(AccessRule(role="agent", resource="garage.part", hidden=["part_of"]), tenant=yard.tenant)
    agent = house.browser("agent", yard.tenant)
    assert agent.go(TREE).status_code == 404
    assert agent.go(f"{TREE}/{yard.ids['Car']}").status_code == 404
    assert TREE not in agent.go("/garage/part/").text


def test_names_are_words_and_nothing_else(yard):
    yard.add('"><script>alert(1)</script>')
    yard.add("& below", '"><script>alert(1)</script>', number="<b>7")
    for path in ("", "?q=below"):
        page = yard.go(path)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b&gt;7" in page


def test_the_rest_of_a_level_is_loaded(yard):
    yard.house.add(*(Part(name=f"Bolt {n:03}", part_of_id=yard.ids["Handle"]) for n in range(120)), tenant=yard.tenant)
    where, seen = f"/{yard.ids['Handle']}", []
    for _page in range(3):
        page = yard.go(where, headers=FRAGMENT)
        seen += [name for _depth, name, _n in shown(page)]
        more = re.search(r'data-more><a class="button plain" href="([^"]+)"', page)
        where = more[1].replace("&amp;", "&").split(TREE)[1] if more else None
    assert where is None
    assert seen == [f"Bolt {n:03}" for n in range(120)]
    first = yard.go("?q=bolt")
    assert len(shown(first)) == SIZE + 4
    assert "Load more" in first
    assert shown(yard.go("?cursor=nonsense")) == [(0, "Car", "2")]


def test_a_large_and_deep_tree_costs_no_more(yard):
    with yard.house.inside(yard.tenant) as session:
        above = yard.ids["Handle"]
        for n in range(60):
            part = Part(name=f"Deep {n:02}", part_of_id=above)
            session.add(part)
            session.flush()
            above = part.id
        session.add_all(Part(name=f"Wide {n:03}") for n in range(300))
        session.commit()
    yard.go()
    for path in ("", "?q=wide", "?q=deep", "?name.is=Deep 59", f"/{above}"):
        with count_statements() as seen:
            page = yard.go(path)
        assert len(seen) <= 8, seen.report()
        assert len(page) < 250_000


# --- nothing is below itself ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("below", ["Car", "Engine", "Handle"])
def test_a_form_refuses_a_ring(yard, below):
    form = {"name": "Car", "part_of": str(yard.ids[below]), "_version": "1"}
    answer = yard.browser.send(f"/garage/part/{yard.ids['Car']}/edit", form)
    assert answer.status_code == 422
    assert REFUSED in answer.text
    assert yard.above("Car") is None


def test_moving_a_branch_to_another_place_is_a_save(yard):
    form = {"name": "Door", "part_of": str(yard.ids["Engine"]), "_version": "1"}
    assert yard.browser.send(f"/garage/part/{yard.ids['Door']}/edit", form).status_code == 303
    assert yard.above("Door") == "Engine"


def test_one_field_that_is_edited_refuses_a_ring(yard):
    path = f"/garage/part/{yard.ids['Body']}/field/part_of"
    answer = yard.browser.send(path, {"part_of": str(yard.ids["Handle"]), "_version": "1"}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert REFUSED in answer.text
    assert yard.above("Body") == "Car"


def test_rest_refuses_a_ring(yard, house):
    api = house.api("owner", yard.tenant)
    answer = api.patch(f"/garage/part/{yard.ids['Engine']}", json={"part_of": str(yard.ids["Valve"])})
    assert answer.status_code == 422
    assert REFUSED in answer.json["errors"]["part_of"]
    assert yard.above("Engine") == "Car"


def test_many_at_once_are_refused_a_ring(yard):
    edit, ids = "/garage/part/bulk-edit", [str(yard.ids[name]) for name in ("Valve", "Body")]
    form = page_of(yard.browser.send(edit, {"id": ids})).form("/bulk-edit").data(part_of=str(yard.ids["Door"]))
    form.add("change", "part_of")
    answer = yard.browser.post(yard.browser.prefix + edit, data=form)
    assert answer.status_code == 422
    assert REFUSED in answer.text
    assert (yard.above("Valve"), yard.above("Body")) == ("Engine", "Car")


def test_an_import_refuses_a_ring_at_its_line_and_brings_the_others(yard):
    rows = f"Id,Part of\n{yard.ids['Body']},{yard.ids['Handle']}\n{yard.ids['Valve']},{yard.ids['Door']}\n"
    brought = bring(yard.house.app, yard.tenant, "garage.part", rows.encode(), mode="update")
    assert (brought.changed, brought.failed) == (1, 1)
    assert (yard.above("Body"), yard.above("Valve")) == ("Car", "Door")


def test_code_of_a_plugin_is_refused_a_ring_too(yard):
    """By the id or by the record itself; two that turn around at once are as before."""
    with pytest.raises(FieldError, match=REFUSED):
        yard.change("Car", part_of_id=yard.ids["Handle"])
    with yard.house.inside(yard.tenant) as session:
        session.get_one(Part, yard.ids["Body"]).part_of = session.get_one(Part, yard.ids["Handle"])
        with pytest.raises(FieldError, match=REFUSED):
            session.commit()
        session.rollback()
        engine, piston = (session.get_one(Part, yard.ids[name]) for name in ("Engine", "Piston"))
        engine.part_of_id, piston.part_of_id = piston.id, yard.ids["Car"]
        session.commit()
    assert (yard.above("Engine"), yard.above("Piston")) == ("Piston", "Car")


def test_what_is_in_the_trash_is_passed_on_the_way_up(yard):
    yard.change("Door", deleted_at=utcnow())
    with pytest.raises(FieldError, match=REFUSED):
        yard.change("Body", part_of_id=yard.ids["Handle"])


def test_of_two_moves_that_make_a_ring_together_one_is_refused(yard):
    """Both are saved at once, with the other record locked."""
    for _round in range(4):
        yard.change("Engine", part_of_id=yard.ids["Car"])
        yard.change("Body", part_of_id=yard.ids["Car"])
        apis = [yard.house.api("owner", yard.tenant) for _one in range(2)]
        pairs = zip(apis, (("Engine", "Body"), ("Body", "Engine")), strict=True)
        works = [
            lambda api=api, name=name, to=to: api.patch(
                f"/garage/part/{yard.ids[name]}", json={"part_of": str(yard.ids[to])}
            )
            for api, (name, to) in pairs
        ]
        answers = together(*works)
        assert sorted(answer.status_code for answer in answers) == [200, 422], [answer.text for answer in answers]
        assert sorted((yard.above("Engine"), yard.above("Body"))) in (["Body", "Car"], ["Car", "Engine"])


def test_a_merge_that_would_make_a_ring_is_refused_and_the_other_way_round_is_not(yard):
    app, ids = yard.house.app, yard.ids
    with pytest.raises(NotAllowed, match=REFUSED):
        merge_now(app, yard.tenant, [ids["Handle"], ids["Car"]], key="garage.part")
    assert yard.above("Body") == "Car"
    merge_now(app, yard.tenant, [ids["Car"], ids["Door"]], key="garage.part")
    assert yard.above("Handle") == "Car"


def test_a_merge_is_not_taken_back_into_a_ring(yard):
    app, ids = yard.house.app, yard.ids
    yard.add("Wheel")
    merge = merge_now(app, yard.tenant, [ids["Wheel"], ids["Engine"]], key="garage.part")
    assert yard.above("Valve") == "Wheel"
    yard.change("Car", part_of_id=ids["Valve"])  # the engine, which is merged, is below the car
    with pytest.raises(NotAllowed, match=REFUSED):
        undo_now(app, yard.tenant, merge, key="garage.part")
    assert yard.above("Valve") == "Wheel"


def test_an_import_is_not_taken_back_into_a_ring(yard):
    app, rows = yard.house.app, f"Id,Part of\n{yard.ids['Body']},{yard.ids['Engine']}\n"
    brought = bring(app, yard.tenant, "garage.part", rows.encode(), mode="update")
    assert yard.above("Body") == "Engine"
    yard.change("Engine", part_of_id=None)
    yard.change("Car", part_of_id=yard.ids["Handle"])  # the body was below the car
    take_back(app, yard.tenant, brought)
    assert yard.above("Body") == "Engine"
