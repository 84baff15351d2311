import re
from dataclasses import replace
from itertools import pairwise

import phonenumbers
import pytest
from email_validator import validate_email

from app.contacts.demo_people import companies, people
from app.contacts.demo_phones import COUNTRIES, MobileNumbers
from app.data.phones import to_e164

ARABIC = re.compile("[\u0621-\u064a]")


def test_the_same_seed_gives_the_same_people_and_another_seed_others():
    assert list(people("acme", 50, 0.5)) == list(people("acme", 50, 0.5))
    assert list(people("acme", 50, 0.5)) != list(people("globex", 50, 0.5))
    assert list(companies("acme", 50)) == list(companies("acme", 50))
    assert [one.name for one in companies("acme", 50)] != [one.name for one in companies("globex", 50)]


def test_a_longer_list_begins_like_the_shorter_one():
    assert list(people("acme", 100, 0.5))[:40] == list(people("acme", 40, 0.5))


def test_no_phone_and_no_email_comes_twice():
    employers = list(companies("acme", 300))
    crowd = list(people("acme", 20_000, 0.4, employers))
    assert len({person.phone for person in crowd}) == len(crowd)
    assert len({person.email for person in crowd}) == len(crowd)


def test_every_phone_is_valid_in_its_country():
    for person in people("acme", 2_000, 0.5):
        number = phonenumbers.parse(person.phone, None)
        assert phonenumbers.is_valid_number(number)
        assert phonenumbers.region_code_for_number(number) == person.country
        assert to_e164(person.phone, "") == person.phone


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_whole_number_plan_of_a_country_is_valid(country):
    numbers = MobileNumbers(7)
    for _turn in range(3_000):
        number = phonenumbers.parse(numbers.take(country), None)
        assert phonenumbers.is_valid_number_for_region(number, country)


def test_a_country_without_numbers_left_says_so():
    numbers = MobileNumbers(0)
    taken = [number for number in (numbers.take("US") for _turn in range(20_000)) if number]
    assert len(set(taken)) == len(taken) < 20_000
    assert numbers.take("US") is None


def test_emails_are_sound_and_belong_to_nobody():
    for person in people("acme", 1_000, 0.5, list(companies("acme", 100))):
        validate_email(person.email, check_deliverability=False)
        assert re.search(r"[@.]example\.(com|org|net)$", person.email)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_arabic_share_is_kept(share):
    crowd = list(people("acme", 2_000, share))
    arabic = [person for person in crowd if ARABIC.search(person.first_name)]
    assert len(arabic) / len(crowd) == pytest.approx(share, abs=0.04)
    assert all(person.locale == "ar" and ARABIC.search(person.position) for person in arabic)


def test_companies_are_distinct_and_employ_people():
    employers = list(companies("acme", 10_000))
    assert len({company.name for company in employers}) == len({company.domain for company in employers}) == 10_000
    workers = [person for person in people("acme", 400, 0.5, employers) if person.company]
    assert len(workers) > 250
    assert all(person.email.endswith(f"@{person.company.domain}") for person in workers)


def test_too_many_companies_are_refused():
    with pytest.raises(ValueError, match="10,000"):
        list(companies("acme", 10_001))


def test_people_differ_in_more_than_their_number():
    crowd = [replace(person, phone="", email="") for person in people("acme", 500, 0.5)]
    assert all(first != second for first, second in pairwise(crowd))
    assert len({person.city for person in crowd}) > 20
    assert any(person.note for person in crowd)
    assert any(person.tags for person in crowd)
