"""However common the words of a search are, and so whichever way is taken, the same records are found."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from app.contacts.models import Contact
from app.host import registry
from app.screens.reading import Surface, parse_list, read_list
from app.search import index

FIRST = ("Zubaida", "Zuhair", "Zulfa")
LAST = ("Qandil", "Qasem", "Qutb")


@pytest.fixture(scope="module")
def people(house):
    """Nine people, each of three first names with each of three family names, and their tenant."""
    tenant = house.new_tenant()
    made = [Contact(first_name=first, last_name=last, full_name=f"{first} {last}") for first in FIRST for last in LAST]
    house.add(*made, tenant=tenant)
    return tenant


@pytest.fixture(params=["looked up", "intersected after a second count", "probed row by row"])
def way(request, monkeypatch):
    rare, together = {"l": (10_000, 40_000), "i": (1, 40_000), "p": (1, 1)}[request.param[0]]
    monkeypatch.setattr(index, "RARE", rare)
    monkeypatch.setattr(index, "RARE_TOGETHER", together)
    monkeypatch.setattr(index, "_common", {})


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("zub", {"Zubaida Qandil", "Zubaida Qasem", "Zubaida Qutb"}),
        ("zu qan", {"Zubaida Qandil", "Zuhair Qandil", "Zulfa Qandil"}),
        ("zulfa qu", {"Zulfa Qutb"}),
        ("zulfa qa zu", {"Zulfa Qandil", "Zulfa Qasem"}),
        ("zulfa nobody", set()),
    ],
)
def test_the_same_is_found_whichever_way_is_taken(house, people, words, found):
    with house.inside(people) as session:
        surface = Surface(registry().by_model[Contact], session())
        listing = read_list(surface, parse_list(surface, MultiDict({"q": words, "columns": "full_name"})))
        assert {line.values[0] for line in listing.lines} == found
        assert listing.count.value == len(found)


def test_a_first_page_that_is_whole_is_not_counted_again(house, people, statements):
    with house.inside(people) as session:
        surface = Surface(registry().by_model[Contact], session())
        request = parse_list(surface, MultiDict({"q": "zuhair"}))
        statements.clear()
        assert read_list(surface, request).count.value == 3
        assert not any("count(*)" in one and "contact" in one for one in statements if "search_token" not in one)


def test_later_pages_count_the_whole_list(house, people):
    with house.inside(people) as session:
        surface = Surface(registry().by_model[Contact], session())
        first = read_list(surface, parse_list(surface, MultiDict({"size": "4", "sort": "full_name"})))
        asked = MultiDict({"size": "4", "sort": "full_name", "cursor": first.next_cursor})
        second = read_list(surface, parse_list(surface, asked))
    assert (first.count.value, second.count.value) == (9, 9)
    assert not {line.id for line in first.lines} & {line.id for line in second.lines}


def test_a_common_word_is_not_counted_again_at_once(house, people, statements, monkeypatch):
    monkeypatch.setattr(index, "RARE", 1)
    monkeypatch.setattr(index, "_common", {})
    with house.inside(people) as session:
        surface = Surface(registry().by_model[Contact], session())
        counted = []
        for words in ("zu", "zu", "zulfa"):
            statements.clear()
            assert read_list(surface, parse_list(surface, MultiDict({"q": words}))).lines
            counted.append(sum("search_token" in one and "contact." not in one for one in statements))
    assert counted == [1, 0, 1]
