"""Role x permission: every resource and verb, on screen and over REST, for everybody, as the declarations say."""

from __future__ import annotations

from typing import Any

import pytest

from app.host import Entry, Registry
from app.tenancy.models import ROLES, Tenant
from app.testing.house import Browser, House
from app.testing.pages import page_of, text_of
from app.testing.samples import Samples

NOBODY, STRANGER = "anonymous", "a member of another tenant"
ABSENT = "01890000-0000-7000-8000-000000000000"


class Matrix:
    """A tenant with one record of each resource that everybody may reach, and what the declarations grant."""

    def __init__(self, house: House, samples: Samples, registry: Registry, entries: list[Entry]) -> None:
        self.house, self.registry, self.entries = house, registry, entries
        self.tenant: Tenant = house.new_tenant()
        self.other: Tenant = house.new_tenant()
        self.granted = {(one.resource, one.verb, role) for one in registry.declared_permissions() for role in one.roles}
        self.brought = [role for role in registry.roles if any(self._reaches(role, entry) for entry in entries)]
        self.records: dict[tuple[str, str], str] = {}
        for role in self.brought:
            house.people[self.tenant.slug, role] = house.new_person(role, self.tenant)
        for role in (*ROLES, *self.brought):
            with house.inside(self.tenant, house.people[self.tenant.slug, role].uid) as session:
                for entry in entries:
                    self.records[entry.key, role] = str(samples.record(session, entry.model).id)
                session.commit()

    def _reaches(self, role: str, entry: Entry) -> bool:
        return any((entry.key, verb, role) in self.granted for verb in entry.verbs)

    def browser(self, who: str) -> Browser:
        if who == NOBODY:
            self.house.app.test_client_class = Browser
            client: Any = self.house.app.test_client()
            client.prefix = f"/t/{self.tenant.slug}"
            return client  # type: ignore[no-any-return]
        if who == STRANGER:
            intruder = self.house.browser("owner", self.other, fresh=True)
            intruder.prefix = f"/t/{self.tenant.slug}"
            return intruder
        return self.house.browser(who, self.tenant)

    def may(self, who: str, entry: Entry, verb: str) -> bool:
        return (entry.key, verb, who) in self.granted

    def record(self, who: str, entry: Entry) -> str:
        return self.records[entry.key, who if who in (*ROLES, *self.brought) else "owner"]


@pytest.fixture(scope="module")
def matrix(house: House, samples: Samples, installed: Registry, entries: list[Entry]) -> Matrix:
    return Matrix(house, samples, installed, entries)


def screen_requests(entry: Entry, some: str) -> list[tuple[str, str, str]]:
    """(verb, method, path); the POST of a verb goes to a record that is not there, so that nothing changes."""
    found = [
        ("read", "GET", f"{entry.path}/"), ("read", "GET", f"{entry.path}/{some}"),
        ("read", "GET", f"{entry.path}/filters"),
        ("create", "GET", f"{entry.path}/add"), ("update", "GET", f"{entry.path}/{some}/edit"),
        ("update", "POST", f"{entry.path}/{ABSENT}/edit"), ("delete", "GET", f"{entry.path}/{some}/delete"),
        ("delete", "POST", f"{entry.path}/{ABSENT}/delete"), ("delete", "POST", f"{entry.path}/bulk-delete"),
    ]  # fmt: skip
    found += [(name, "POST", f"{entry.path}/actions/{name}") for name in entry.actions]
    return [one for one in found if one[0] in entry.verbs]


def rest_requests(entry: Entry, some: str) -> list[tuple[str, str, str]]:
    found = [
        ("read", "GET", entry.api_path), ("read", "GET", f"{entry.api_path}/{some}"),
        ("create", "POST", entry.api_path),
        ("create", "POST", f"{entry.api_path}/bulk"), ("update", "PATCH", f"{entry.api_path}/{ABSENT}"),
        ("delete", "DELETE", f"{entry.api_path}/{ABSENT}"),
    ]  # fmt: skip
    for name, action in entry.actions.items():
        on_many = f"{entry.api_path}/actions/{name}"
        found.append((name, "POST", on_many if action.on != "row" else f"{entry.api_path}/{ABSENT}/actions/{name}"))
    return [one for one in found if one[0] in entry.verbs]


@pytest.mark.parametrize("who", [NOBODY, STRANGER, *ROLES])
def test_screens_open_to_whom_the_declarations_say(matrix: Matrix, who: str) -> None:
    try_screens(matrix, who)


@pytest.mark.parametrize("who", [NOBODY, STRANGER, *ROLES])
def test_rest_opens_to_whom_the_declarations_say(matrix: Matrix, who: str) -> None:
    try_rest(matrix, who)


def test_roles_of_plugins_open_what_they_say(matrix: Matrix) -> None:
    """Somebody who has no other role may do what the role says, and nothing more."""
    for role in matrix.brought:
        try_screens(matrix, role)
        try_rest(matrix, role)


def try_screens(matrix: Matrix, who: str) -> None:
    browser = matrix.browser(who)
    headers = {} if who == NOBODY else {"X-CSRFToken": browser.csrf()}
    for entry in matrix.entries:
        for verb, method, path in screen_requests(entry, matrix.record(who, entry)):
            answer = browser.open(browser.prefix + path, method=method, headers=headers)
            judge(matrix, who, entry, verb, answer, f"{who}: {method} {path}")


def try_rest(matrix: Matrix, who: str) -> None:
    browser = matrix.browser(who)
    headers = {} if who == NOBODY else {"X-CSRFToken": browser.csrf()}
    for entry in matrix.entries:
        for verb, method, path in rest_requests(entry, matrix.record(who, entry)):
            body: dict[str, Any] = {"json": []} if method in ("POST", "PATCH") else {}
            answer = browser.open(browser.prefix + path, method=method, headers=headers, **body)
            judge(matrix, who, entry, verb, answer, f"{who}: {method} {path}")


def judge(matrix: Matrix, who: str, entry: Entry, verb: str, answer: Any, where: str) -> None:
    said = f"{where} -> {answer.status_code} {text_of(answer)[:300]}"
    if who == NOBODY:
        assert answer.status_code in (302, 303, 401), said
        assert answer.status_code == 401 or "/login/" in answer.location, said
    elif who == STRANGER:
        assert answer.status_code == 404, said
    elif matrix.may(who, entry, verb):
        allowed = {200, 302, 303, 422} if ABSENT not in where else {404}
        if who in matrix.brought and "target_id" in entry.fields:
            allowed |= {404}  # what it hangs on is of a kind that the role does not see
        assert answer.status_code in allowed, said
    else:
        assert answer.status_code == 403, said


@pytest.mark.parametrize("role", ROLES)
def test_pages_offer_only_what_the_role_may_do(matrix: Matrix, role: str) -> None:
    """No link or button of a list or a record leads to a refusal."""
    browser = matrix.browser(role)
    for entry in matrix.entries:
        if not matrix.may(role, entry, "read"):
            continue
        for path in (f"{entry.path}/", f"{entry.path}/{matrix.record(role, entry)}"):
            page = page_of(browser.go(path))
            links = {link.partition("?")[0] for link in [*page.links, *(form.action for form in page.forms)]}
            offered = {link for link in links if link.startswith(f"{browser.prefix}{entry.path}/")}
            for verb, words in {"create": "/add", "update": "/edit", "delete": "/delete"}.items():
                shown = any(one.endswith(words) for one in offered)
                assert matrix.may(role, entry, verb) or not shown, f"{role} {path}: offers {words}"
            for name in entry.actions:
                shown = f"{browser.prefix}{entry.path}/actions/{name}" in offered
                assert matrix.may(role, entry, name) or not shown, f"{role} {path}: offers {name}"


@pytest.mark.parametrize("role", ROLES)
def test_a_token_has_at_most_its_scopes(matrix: Matrix, role: str) -> None:
    """A token that may read one resource reads no other and writes nothing, whoever holds it."""
    chosen = next((entry for entry in matrix.entries if matrix.may(role, entry, "read")), None)
    if chosen is None:
        pytest.skip(f"a {role} reads nothing of it")
    others = (one for one in matrix.registry.entries.values() if one is not chosen and matrix.may(role, one, "read"))
    api = matrix.house.api(role, matrix.tenant, scopes=(f"{chosen.key}.read",))
    assert api.get(chosen.path).status_code == 200
    assert api.get(next(others).path).status_code == 403
    assert api.post(chosen.path, {}).status_code == (403 if "create" in chosen.verbs else 405)
