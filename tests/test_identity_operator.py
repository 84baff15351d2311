"""The operator's screens, which nobody else reaches and which no input breaks."""

from __future__ import annotations

import re

import pytest

from app.identity import directory
from app.identity.roles import all_roles
from tests.test_identity_lab import Lab

pytest_plugins = ["tests.test_identity_lab"]


SCREENS = (
    "/users/list/",
    "/users/add",
    "/users/show/1",
    "/users/edit/1",
    "/roles/list/",
    "/roles/show/1",
    "/permissions/list/",
)
SQL_WORDS = re.compile(r"SELECT |INSERT |UPDATE |psycopg|sqlalchemy|Traceback|scrypt:", re.IGNORECASE)


@pytest.fixture
def operator(lab: Lab):
    return lab.browser(lab.person(None, operator=True))


@pytest.mark.parametrize("path", SCREENS)
def test_only_the_operator_gets_in(lab: Lab, path):
    for role in ("owner", "viewer"):
        client = lab.browser(lab.person(role))
        assert client.get(path).status_code == 403
        assert client.get(f"/t/idacme{path}").status_code == 403
        assert lab.post(client, path).status_code in (403, 405)
    assert lab.browser().get(path).status_code == 303


def test_flask_appbuilders_own_views_are_not_there(lab: Lab, operator):
    for path in (
        "/resetmypassword/form",
        "/resetpassword/form?pk=1",
        "/userinfoeditview/form",
        "/users/userinfo/",
        "/lang/en",
        "/back",
        "/groups/list/",
        "/userstatschartview/chart/",
        "/viewmenus/list/",
        "/permissionviews/list/",
        "/users/download/x",
        "/users/action/resetpasswords/1",
        "/users/delete/1",
        "/api/v1/menu/",
        "/api/v1/_openapi",
        "/swagger/v1",
        "/api/v1/security/users/",
        "/api/v1/security/roles/",
        "/api/v1/security/refresh",
    ):
        assert operator.get(path).status_code == 404, path


def test_an_account_is_made_changed_and_switched_off(lab: Lab, operator):
    answer = lab.post(
        operator,
        "/users/add",
        email="Made@Lab.example",
        first_name="Made",
        last_name="Up",
        password="four tall blue trees",
    )
    assert answer.status_code == 303
    pk = int(answer.location.rsplit("/", 1)[1])
    client = lab.browser()
    assert lab.sign_in(client, "made@lab.example", "four tall blue trees").status_code == 303
    saved = lab.post(
        operator, f"/users/edit/{pk}", email="renamed@lab.example", first_name="New", last_name="", active="y"
    )
    assert saved.status_code == 303
    assert client.get("/probe/me").json["account"] == "renamed@lab.example"
    lab.post(operator, f"/users/edit/{pk}", email="renamed@lab.example", first_name="New", last_name="")
    assert client.get("/probe/me").status_code == 303
    lab.sql("DELETE FROM ab_user WHERE id = :id", id=pk)


def test_setting_a_password_and_signing_out_end_sessions(lab: Lab, operator):
    account = lab.person()
    client = lab.browser(account)
    assert lab.post(operator, f"/users/sign-out/{account.id}").status_code == 303
    assert client.get("/probe/me").status_code == 303
    lab.sign_in(client, account.email)
    assert lab.post(operator, f"/users/password/{account.id}", password="short").status_code == 422
    assert lab.post(operator, f"/users/password/{account.id}", password="from the operator").status_code == 303
    assert client.get("/probe/me").status_code == 303
    assert lab.sign_in(client, account.email, "from the operator").status_code == 303


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "taken"},
        {"email": "no address"},
        {"email": ""},
        {"email": "a\0b@lab.example"},
        {"first_name": ""},
        {"first_name": "a\0b"},
        {"last_name": "\x00"},
        {"first_name": "x" * 300},
        {"password": "p\0ssword p\0ssword"},
        {"password": "short"},
        {"email": "x" * 400 + "@lab.example"},
        {"first_name": "'; DROP TABLE ab_user; --" * 4},
    ],
)
def test_wrong_input_comes_back_with_words_and_without_sql(lab: Lab, operator, wrong):
    if wrong.get("email") == "taken":
        wrong = {"email": lab.person().email.upper()}
    good = {"email": "fresh@lab.example", "first_name": "Fresh", "last_name": "", "password": "four tall blue trees"}
    answer = lab.post(operator, "/users/add", **{**good, **wrong})
    assert answer.status_code == 422
    assert not SQL_WORDS.search(answer.text)
    account = lab.person()
    change = {key: value for key, value in {**good, **wrong, "active": "y"}.items() if key != "password"}
    answer = lab.post(operator, f"/users/edit/{account.id}", **change)
    assert answer.status_code == (303 if "password" in wrong else 422)
    assert not SQL_WORDS.search(answer.text)
    lab.sql("DELETE FROM ab_user WHERE email = 'fresh@lab.example'")


@pytest.mark.parametrize(
    "path",
    [
        "/users/edit/0",
        "/users/edit/-1",
        "/users/edit/x",
        "/users/edit/99999999999999999999",
        "/users/edit/2147483647",
        "/roles/show/0",
        "/roles/show/abc",
        "/roles/show/99999999999999999999",
        "/users/show/1.5",
        "/users/edit/%00",
    ],
)
def test_a_wrong_id_is_not_found(operator, path):
    assert operator.get(path).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "q=%25",
        "q=_",
        "q=%00",
        "q='",
        "q=" + "x" * 5000,
        "after=%00",
        "after=zzz",
        "q=%FF%FE",
        "_oc_x=password",
        "psize=1e9",
    ],
)
def test_the_list_takes_any_query(operator, query):
    answer = operator.get(f"/users/list/?{query}")
    assert answer.status_code == 200
    assert not SQL_WORDS.search(answer.text)


def test_the_list_searches_by_the_start_and_pages(lab: Lab, operator):
    lab.sql("""
        WITH many AS (SELECT 'many' || n || '@page.example' AS email FROM generate_series(100, 219) n),
        made AS (INSERT INTO ab_user (id, first_name, last_name, username, email, active)
                 SELECT nextval('ab_user_id_seq'), 'Many', 'People', email, email, true FROM many RETURNING id)
        INSERT INTO account (id, uid, locale, timezone, is_operator)
        SELECT id, gen_random_uuid(), '', '', false FROM made""")
    seen, path = set(), "/users/list/?q=many"
    for _ in range(5):
        page = operator.get(path).text
        found = set(re.findall(r"many\d+@page\.example(?=</bdi>)", page))
        assert not found & seen
        seen |= found
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if not following:
            break
        path = following.group(1).replace("&amp;", "&")
    assert len(seen) == 120
    lab.sql("DELETE FROM ab_user WHERE email LIKE 'many%@page.example'")


def test_a_role_is_changed_and_the_owner_is_not(lab: Lab, operator):
    with lab.app.app_context():
        ids = {role.name: role.id for role in all_roles()}
    viewer = lab.browser(lab.person("viewer"))
    page = operator.get(f"/roles/show/{ids['viewer']}").text
    held = re.findall(r'name="grant" value="(\d+)" checked', page)
    read = re.search(r'value="(\d+)" checked>read', page.split("probe.thing<")[1]).group(1)
    assert viewer.get("/t/idacme/probe/thing").status_code == 200
    without = [one for one in held if one != read]
    assert lab.post(operator, f"/roles/edit/{ids['viewer']}", grant=without).status_code == 303
    assert viewer.get("/t/idacme/probe/thing").status_code == 403
    assert lab.post(operator, f"/roles/edit/{ids['viewer']}", grant=held).status_code == 303
    assert viewer.get("/t/idacme/probe/thing").status_code == 200
    lab.post(operator, f"/roles/edit/{ids['owner']}", grant=[])
    assert lab.browser(lab.person("owner")).get("/t/idacme/probe/thing").status_code == 200
    for wrong in ("x", "-1", "1.5", "9" * 30, "٣"):
        assert lab.post(operator, f"/roles/edit/{ids['viewer']}", grant=[*held, wrong]).status_code == 422
    assert viewer.get("/t/idacme/probe/thing").status_code == 200


def test_an_operator_cannot_lock_themselves_out(lab: Lab):
    account = lab.person(None, operator=True)
    client = lab.browser(account)
    answer = lab.post(
        client, f"/users/edit/{account.id}", email=account.email, first_name="Me", last_name="", active="y"
    )
    assert answer.status_code == 422
    assert client.get("/probe/operator").status_code == 200


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/tenants/", "/tenants/"),
        ("/users/add", "/users/list/"),
        ("/roles/show/1", "/roles/list/"),
        ("/permissions/list/", "/permissions/list/"),
        ("/operator/jobs/", "/operator/jobs/"),
        ("/operator/quarantine", "/operator/quarantine"),
    ],
)
def test_an_operator_has_a_menu_that_says_where_they_are(lab: Lab, operator, path, place):
    menu = operator.get(path).text.partition("side-menu")[2].partition("</nav>")[0]
    current = re.findall(r'<a href="([^"]+)" aria-current="page"', menu)
    assert current == [place]
    stranger = lab.browser(lab.person(None)).get("/tenants/").text
    assert 'href="/users/list/"' not in stranger


def test_an_operator_finds_organisations(lab: Lab, operator, monkeypatch):
    first, _second = (lab.tenant(slug=f"zz-{n}", name=f"Zebra {n}") for n in (1, 2))
    for _member in range(2):
        lab.person(tenant=first)
    page = operator.get("/tenants/?q=zebra").text
    assert page.index("Zebra 1") < page.index("Zebra 2")
    line = page[page.index("Zebra 1") : page.index("Zebra 2")]
    assert all(words in line for words in (">2<", "Active", "zz-1"))
    assert "Zebra" not in operator.get("/tenants/?q=nobody").text
    monkeypatch.setattr(directory, "PAGE", 1)
    page = operator.get("/tenants/?q=zz-").text
    assert "Zebra 2" not in page
    assert "after=zz-1" in page
    assert "Zebra 2" in operator.get("/tenants/?q=zz-&after=zz-1").text
    assert "Zebra" not in lab.browser(lab.person(None)).get("/tenants/?q=zebra").text
